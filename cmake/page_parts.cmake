# Writes PARTS, the source of what report.html is made of: style and scripts of WEB, and the libraries that draw
# figures. npm fetches those once into FETCHED, as WEB/package-lock.json pins them. Without npm or a registry they stay
# out, the build goes on, and the program says why.
cmake_minimum_required(VERSION 3.25)
set(names vega vega-lite vega-embed)
file(READ ${WEB}/package-lock.json lock)
string(SHA256 wanted "${lock}")
set(have "")
if(EXISTS ${FETCHED}/have)
  file(READ ${FETCHED}/have have)
endif()
set(why_not "")
if(NOT have STREQUAL wanted)
  find_program(NPM npm)
  if(NOT NPM)
    set(why_not "npm, which fetches the libraries that draw figures, was not there when it was built")
  else()
    file(MAKE_DIRECTORY ${FETCHED})
    file(COPY ${WEB}/package.json ${WEB}/package-lock.json DESTINATION ${FETCHED})
    message(STATUS "Fetching the libraries that draw figures")
    execute_process(COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000
                            --loglevel=error
                    WORKING_DIRECTORY ${FETCHED} RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE said TIMEOUT 300)
    if(failed)
      set(why_not "npm could not fetch the libraries that draw figures when it was built")
      message(WARNING "${why_not}: ${said}")
    else()
      file(WRITE ${FETCHED}/have ${wanted})
    endif()
  endif()
endif()

# A literal of limited length each: compilers join them.
function(literals variable)
  set(text "")
  foreach(file ${ARGN})
    file(READ ${file} part)
    string(REGEX REPLACE "//# sourceMappingURL=[^\n]*" "" part "${part}")  # what would be asked for is not there
    string(APPEND text "${part}\n")
  endforeach()
  string(LENGTH "${text}" length)
  set(code "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 12000 piece)
    string(APPEND code "R\"page_part(${piece})page_part\"\n")
    math(EXPR at "${at} + 12000")
  endwhile()
  set(${variable} "${code}" PARENT_SCOPE)
endfunction()

literals(style ${WEB}/page.css)
literals(script ${WEB}/figures.js ${WEB}/page.js)
set(libraries "\"\"")
if(NOT why_not)
  # Their licences go where they go, each text once; one file of code holds many packages.
  file(GLOB licences ${FETCHED}/node_modules/*/LICENSE*)
  set(seen "")
  set(texts "")
  foreach(licence ${licences})
    file(READ ${licence} text)
    string(SHA256 hash "${text}")
    if(NOT hash IN_LIST seen)
      list(APPEND seen ${hash})
      string(REPLACE "*/" "* /" text "${text}")
      get_filename_component(package ${licence} DIRECTORY)
      get_filename_component(package ${package} NAME)
      string(APPEND texts "${package}:\n${text}\n")
    endif()
  endforeach()
  file(WRITE ${FETCHED}/licences.js "/*! Licences of the libraries below and of what they contain.\n\n${texts}*/")
  set(files ${FETCHED}/licences.js)
  foreach(name ${names})
    list(APPEND files ${FETCHED}/node_modules/${name}/build/${name}.min.js)
  endforeach()
  literals(libraries ${files})
endif()
set(source "// Made by cmake/page_parts.cmake.
#include \"report/page.hpp\"
namespace chandelier {
namespace {
constexpr char kStyle[] = ${style};
constexpr char kScript[] = ${script};
constexpr char kLibraries[] = ${libraries};
}  // namespace
PageParts page_parts() {
  return {{kStyle, sizeof kStyle - 1}, {kScript, sizeof kScript - 1}, {kLibraries, sizeof kLibraries - 1},
          \"${why_not}\"};
}
}  // namespace chandelier
")
set(before "")
if(EXISTS ${PARTS})
  file(READ ${PARTS} before)
endif()
if(NOT before STREQUAL source)
  file(WRITE ${PARTS} "${source}")
endif()
