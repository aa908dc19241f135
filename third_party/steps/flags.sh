# How third-party code is built; part of every recipe. Sourced by bootstrap.

# Alike for all: static, position-independent (it ends in liboctet.so), nothing visible outside.
# The compiler launcher stays out: an entry is built once.
cmake_build_flags=(
  -G Ninja
  -DCMAKE_BUILD_TYPE=Release
  -DBUILD_SHARED_LIBS=OFF
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON
  -DCMAKE_CXX_VISIBILITY_PRESET=hidden
  -DCMAKE_C_VISIBILITY_PRESET=hidden
  -DCMAKE_VISIBILITY_INLINES_HIDDEN=ON
  -DCMAKE_POLICY_DEFAULT_CMP0063=NEW
  -DCMAKE_INSTALL_LIBDIR=lib
)
