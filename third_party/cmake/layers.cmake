# What a layer's CMakeLists.txt is written with: octet_add_layer, octet_library, octet_test, octet_benchmark.

# -Wno-psabi: g++ notes an ABI change of GCC 4.6 wherever vector types are passed. -Wno-restrict: g++ 12 warns of
# `"text" + std::string` in its own header (GCC bug 105651).
add_library(octet_compile_options INTERFACE)
target_compile_options(octet_compile_options INTERFACE
  -Wall -Wextra -Wundef -Wconversion -Wno-psabi
  $<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${OCTET_WERROR}>:-Werror>)
target_include_directories(octet_compile_options INTERFACE "${PROJECT_SOURCE_DIR}")

# octet_add_layer(PATH): add_subdirectory, in the order of the layers.
function(octet_add_layer path)
  if(EXISTS "${PROJECT_SOURCE_DIR}/${path}/CMakeLists.txt")
    add_subdirectory("${PROJECT_SOURCE_DIR}/${path}" "${PROJECT_BINARY_DIR}/${path}")
  endif()
endfunction()

# octet_library(NAME [SOURCES file...] [DEPS target...] [PRIVATE_DEPS target...])
# The static library octet_NAME, position-independent and hidden, as every layer is one. DEPS are the layers whose headers
# its own headers include; PRIVATE_DEPS (third-party libraries) stay out of sight of the layers above. Without SOURCES
# it takes every .cc file of the folder; a layer of headers alone becomes an interface library.
function(octet_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;PRIVATE_DEPS")
  set(target "octet_${name}")
  if(NOT arg_SOURCES)
    file(GLOB_RECURSE arg_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  endif()
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    set_target_properties(${target} PROPERTIES
      POSITION_INDEPENDENT_CODE ON
      CXX_VISIBILITY_PRESET hidden
      C_VISIBILITY_PRESET hidden
      VISIBILITY_INLINES_HIDDEN ON)
    target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${target} PUBLIC ${arg_DEPS} PRIVATE octet_compile_options ${arg_PRIVATE_DEPS})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${target} INTERFACE ${arg_DEPS})
  endif()
endfunction()

# GoogleTest's headers are a third of what compiling a test costs: they are compiled once, for all tests.
function(octet_precompile_test_headers)
  file(WRITE "${PROJECT_BINARY_DIR}/octet_test_headers.cc" "// Only its precompiled headers count.\n")
  add_library(octet_test_headers OBJECT "${PROJECT_BINARY_DIR}/octet_test_headers.cc")
  target_link_libraries(octet_test_headers PRIVATE octet_compile_options GTest::gtest GTest::gmock)
  target_precompile_headers(octet_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
endfunction()

# octet_test(NAME SOURCES file... [DEPS target...] [LABELS label...])
# A GoogleTest executable; ctest asks it for its tests when ctest runs, so building needs no run.
function(octet_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;LABELS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE octet_compile_options ${arg_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  if(NOT TARGET octet_test_headers)
    octet_precompile_test_headers()
  endif()
  target_precompile_headers(${name} REUSE_FROM octet_test_headers)
  # GCC bug 105651 again, by another name: what comes from a precompiled header is no system header to g++ 12.
  target_compile_options(${name} PRIVATE
    "$<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-stringop-overflow;-Wno-array-bounds>")
  gtest_discover_tests(${name}
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    TEST_PREFIX "${name}."
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 600)
endfunction()

# octet_benchmark(NAME SOURCES file... [DEPS target...])
function(octet_benchmark name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE
    octet_compile_options ${arg_DEPS} benchmark::benchmark_main benchmark::benchmark)
endfunction()
