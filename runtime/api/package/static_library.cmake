# liboctet.a: one relocatable object with everything inside (ONNX, protobuf, Highway, oneDNN), whose only global symbols are
# the C API's. A program may link it beside libraries of its own with the same names inside.

set(OCTET_STATIC_LIBRARY AUTO CACHE STRING "Build liboctet.a: ON, OFF, or AUTO for where oneDNN is static")
set(octet_builds_archive OFF)
if(NOT OCTET_STATIC_LIBRARY STREQUAL "AUTO" AND NOT OCTET_STATIC_LIBRARY)
  # not wanted
elseif(OCTET_SANITIZE)
  if(NOT OCTET_STATIC_LIBRARY STREQUAL "AUTO")
    message(FATAL_ERROR "OCTET_STATIC_LIBRARY=${OCTET_STATIC_LIBRARY}, but liboctet.a is not built with sanitizers and "
      "OCTET_SANITIZE=${OCTET_SANITIZE}; leave one of the two out")
  endif()
elseif(OCTET_ONEDNN_KIND STREQUAL "source")
  set(octet_builds_archive ON)
elseif(NOT OCTET_STATIC_LIBRARY STREQUAL "AUTO")
  message(FATAL_ERROR "OCTET_STATIC_LIBRARY=${OCTET_STATIC_LIBRARY}, but oneDNN is a shared library here "
    "(\"${OCTET_ONEDNN_KIND}\"), which no archive can contain; run `make package`, or third_party/bootstrap with "
    "OCTET_ONEDNN=source before cmake")
endif()

if(octet_builds_archive)
  # An "executable" that is a relocatable object: so CMake hands every layer and library to the linker.
  # --force-group-allocation dissolves COMDAT groups: a group that a user's object has too would otherwise be thrown away
  # here, and the symbols that are local by then with it.
  add_executable(octet_object $<TARGET_OBJECTS:octet_api>)
  set_target_properties(octet_object PROPERTIES
    OUTPUT_NAME octet.o
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/static"
    LINKER_LANGUAGE CXX)
  target_link_libraries(octet_object PRIVATE octet_session octet_onnx_loader octet_program octet_passes)
  target_link_options(octet_object PRIVATE -r -Wl,--force-group-allocation)

  set(octet_static_library "${PROJECT_BINARY_DIR}/static/liboctet.a")
  set(octet_local_object "${PROJECT_BINARY_DIR}/static/liboctet.o")
  add_custom_command(
    OUTPUT "${octet_static_library}"
    COMMAND "${CMAKE_COMMAND}" -E rm -f "${octet_static_library}"
    COMMAND "${Python3_EXECUTABLE}" -B "${CMAKE_CURRENT_LIST_DIR}/plain_symbols.py" $<TARGET_FILE:octet_object>
      "${octet_local_object}"
    COMMAND "${CMAKE_OBJCOPY}" --wildcard "--keep-global-symbol=octet_*" $<$<NOT:$<CONFIG:Debug>>:--strip-unneeded>
      "${octet_local_object}"
    COMMAND "${CMAKE_AR}" qcD "${octet_static_library}" "${octet_local_object}"
    COMMAND "${CMAKE_COMMAND}" -E rm -f "${octet_local_object}"
    DEPENDS octet_object "${CMAKE_CURRENT_LIST_DIR}/plain_symbols.py"
    COMMENT "Making liboctet.a"
    VERBATIM COMMAND_EXPAND_LISTS)
  add_custom_target(octet_static ALL DEPENDS "${octet_static_library}")
endif()
