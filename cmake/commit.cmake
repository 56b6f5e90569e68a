# Writes version.cc with the commit of the source tree; rewritten only when it changed.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12
                OUTPUT_VARIABLE STEELYARD_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT STEELYARD_COMMIT)
  set(STEELYARD_COMMIT unknown)
endif()
set(PROJECT_VERSION ${VERSION})
configure_file(${SOURCE}/app/version.cc.in ${OUTPUT} @ONLY)
