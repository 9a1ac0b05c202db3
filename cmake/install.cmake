# `cmake --install`: the program, the library, and what belongs to both. The files of each are a component, so that the
# Debian package (package.cmake) can take the program alone.
include(CMakePackageConfigHelpers)

# The program: its manual pages exist where help2man is installed.
install(TARGETS chandelier RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(FILES cmake/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME chandelier
        COMPONENT program)
install(DIRECTORY studies/ DESTINATION ${CMAKE_INSTALL_DATADIR}/chandelier/studies COMPONENT program
        FILES_MATCHING PATTERN "*.toml")
install(FILES LICENSE CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

find_program(HELP2MAN help2man)
if(HELP2MAN)
  set(MANUAL ${CMAKE_BINARY_DIR}/manual)
  add_custom_command(OUTPUT ${MANUAL}/chandelier.1 DEPENDS chandelier ${CMAKE_SOURCE_DIR}/scripts/manual.sh
                     COMMAND bash ${CMAKE_SOURCE_DIR}/scripts/manual.sh $<TARGET_FILE:chandelier> ${HELP2MAN} ${MANUAL}
                     COMMENT "Writing the manual pages" VERBATIM)
  add_custom_target(chandelier_manual DEPENDS ${MANUAL}/chandelier.1)
  install(DIRECTORY ${MANUAL}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program OPTIONAL)
else()
  add_custom_target(chandelier_manual COMMENT "No manual pages: help2man is not installed")
endif()

# The library: `find_package(chandelier)`, then link with chandelier::chandelier.
install(TARGETS chandelier_library chandelier_flags EXPORT chandelier ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        COMPONENT library)
install(DIRECTORY src/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/chandelier COMPONENT library
        FILES_MATCHING PATTERN "*.hpp" PATTERN program EXCLUDE PATTERN web EXCLUDE)
set(CONFIG_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/chandelier)
install(EXPORT chandelier NAMESPACE chandelier:: FILE chandelier-targets.cmake DESTINATION ${CONFIG_FOLDER}
        COMPONENT library)
configure_package_config_file(cmake/chandelier-config.cmake.in ${CMAKE_BINARY_DIR}/generated/chandelier-config.cmake
                              INSTALL_DESTINATION ${CONFIG_FOLDER} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/generated/chandelier-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/generated/chandelier-config.cmake
              ${CMAKE_BINARY_DIR}/generated/chandelier-config-version.cmake
        DESTINATION ${CONFIG_FOLDER} COMPONENT library)
