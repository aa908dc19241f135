# What `cmake --install` puts where: components runtime (liboctet.so, licences), development (headers, liboctet.a, package
# files) and tools (run_model). Nothing installed knows where it was built or installed: the prefix may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# A shared oneDNN that no system path has is installed beside liboctet, in a folder of its own: a libdnnl.so.3 of the system
# or of another program is neither used nor hidden by it.
if(OCTET_ONEDNN_KIND STREQUAL "wheel")
  install(FILES "${OCTET_ONEDNN_DIR}/lib/libdnnl.so.3.2" RENAME libdnnl.so.3
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/octet" COMPONENT runtime)
  set_target_properties(octet PROPERTIES INSTALL_RPATH "$ORIGIN/octet")
  file(RELATIVE_PATH octet_bin_to_lib "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}/octet")
  set_target_properties(run_model PROPERTIES INSTALL_RPATH "$ORIGIN/${octet_bin_to_lib}")
endif()

install(TARGETS octet
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime NAMELINK_COMPONENT development)
install(TARGETS run_model RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tools)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/NOTICE"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT runtime)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/third_party/licenses/"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}/licenses" COMPONENT runtime FILES_MATCHING PATTERN "*.txt")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/runtime/include/octet"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")

set(octet_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/octet")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/octet-config.cmake.in"
  "${PROJECT_BINARY_DIR}/package/octet-config.cmake"
  INSTALL_DESTINATION "${octet_package_dir}"
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/octet-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/package/octet-config.cmake" "${PROJECT_BINARY_DIR}/package/octet-config-version.cmake"
  DESTINATION "${octet_package_dir}" COMPONENT development)

file(RELATIVE_PATH octet_pc_to_prefix "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" octet_pc_to_prefix "${octet_pc_to_prefix}")
configure_file("${CMAKE_CURRENT_LIST_DIR}/octet.pc.in" "${PROJECT_BINARY_DIR}/package/octet.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/package/octet.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)

if(TARGET octet_static)
  install(FILES "${PROJECT_BINARY_DIR}/static/liboctet.a" DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
  configure_file("${CMAKE_CURRENT_LIST_DIR}/octet-static.pc.in" "${PROJECT_BINARY_DIR}/package/octet-static.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/package/octet-static.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
endif()
