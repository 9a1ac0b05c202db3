# `make package`: the program as a Debian package for the release of Debian that built it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME chandelier)
set(CPACK_PACKAGE_CONTACT "The Chandelier developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Study how inhibitory circuits help neural networks learn")
set(CPACK_PACKAGE_DESCRIPTION
    "Chandelier trains networks of separate excitatory and inhibitory populations on images under variable luminosity, and
compares where inhibition-mediated normalization acts: on activity alone, or also on back-propagated error signals.")
set(CPACK_COMPONENTS_ALL program)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS dataset-fashion-mnist)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS bash-completion)
include(CPack)
