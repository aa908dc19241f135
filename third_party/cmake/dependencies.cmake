# Defines the third-party targets: octet::onednn, octet::onnx, octet::highway, CLI11::CLI11, nlohmann_json::nlohmann_json,
# fmt::fmt-header-only, GTest::gtest, benchmark::benchmark. third_party/bootstrap must have run.

set(OCTET_PATHS_FILE "third_party/paths.cmake" CACHE STRING "Written by third_party/bootstrap: where the libraries are")
get_filename_component(octet_paths "${OCTET_PATHS_FILE}" ABSOLUTE BASE_DIR "${PROJECT_SOURCE_DIR}")
if(NOT EXISTS "${octet_paths}")
  message(FATAL_ERROR "${octet_paths} is missing; run third_party/bootstrap (or `make build`) first")
endif()
include("${octet_paths}")

foreach(octet_dir IN ITEMS "${OCTET_PROTOBUF_DIR}" "${OCTET_ONNX_DIR}" "${OCTET_HIGHWAY_DIR}" "${OCTET_ONEDNN_DIR}")
  if(octet_dir AND NOT EXISTS "${octet_dir}/.manifest")
    message(FATAL_ERROR "${octet_dir} is gone; run third_party/bootstrap again")
  endif()
endforeach()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

add_library(octet::protobuf_lite STATIC IMPORTED GLOBAL)
set_target_properties(octet::protobuf_lite PROPERTIES
  IMPORTED_LOCATION "${OCTET_PROTOBUF_DIR}/lib/libprotobuf-lite.a"
  INTERFACE_INCLUDE_DIRECTORIES "${OCTET_PROTOBUF_DIR}/include"
  INTERFACE_LINK_LIBRARIES Threads::Threads)

# The definitions are the ones the library was built with (third_party/cmake/onnx).
add_library(octet::onnx STATIC IMPORTED GLOBAL)
set_target_properties(octet::onnx PROPERTIES
  IMPORTED_LOCATION "${OCTET_ONNX_DIR}/lib/libonnx.a"
  INTERFACE_INCLUDE_DIRECTORIES "${OCTET_ONNX_DIR}/include"
  INTERFACE_COMPILE_DEFINITIONS "ONNX_NAMESPACE=octet_onnx;ONNX_ML=1;ONNX_USE_LITE_PROTO=1"
  INTERFACE_LINK_LIBRARIES octet::protobuf_lite)

add_library(octet::highway STATIC IMPORTED GLOBAL)
set_target_properties(octet::highway PROPERTIES
  IMPORTED_LOCATION "${OCTET_HIGHWAY_DIR}/lib/libhwy.a"
  INTERFACE_INCLUDE_DIRECTORIES "${OCTET_HIGHWAY_DIR}/include")

# A shared oneDNN is found at run time by the build RPATH, which CMake derives from IMPORTED_LOCATION.
if(OCTET_ONEDNN_KIND STREQUAL "system")
  find_package(dnnl 3.2 CONFIG REQUIRED)
  add_library(octet::onednn INTERFACE IMPORTED GLOBAL)
  set_target_properties(octet::onednn PROPERTIES INTERFACE_LINK_LIBRARIES "DNNL::dnnl;gomp")
elseif(OCTET_ONEDNN_KIND STREQUAL "wheel")
  add_library(octet::onednn SHARED IMPORTED GLOBAL)
  set_target_properties(octet::onednn PROPERTIES
    IMPORTED_LOCATION "${OCTET_ONEDNN_DIR}/lib/libdnnl.so.3"
    IMPORTED_SONAME libdnnl.so.3
    INTERFACE_INCLUDE_DIRECTORIES "${OCTET_ONEDNN_DIR}/include"
    # Built with GNU OpenMP: kernels/cpu/onednn tells it to stay on one thread.
    INTERFACE_LINK_LIBRARIES gomp)
else()
  add_library(octet::onednn STATIC IMPORTED GLOBAL)
  set_target_properties(octet::onednn PROPERTIES
    IMPORTED_LOCATION "${OCTET_ONEDNN_DIR}/lib/libdnnl.a"
    INTERFACE_INCLUDE_DIRECTORIES "${OCTET_ONEDNN_DIR}/include"
    INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS}")
endif()

find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
if(OCTET_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(OCTET_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
