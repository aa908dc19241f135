# Highway: SIMD with run-time dispatch. Debian 12's 1.0.3 has neither int8 nor bf16 dot products. Sourced by bootstrap.

install_highway() { # STAGE WORK
  tar -xf "$cache/downloads/$highway_tarball" -C "$2"
  local source=$2/highway-$highway_version
  "$venv_cmake" -S "$source" -B "$2/build" "${cmake_build_flags[@]}" \
    -DHWY_ENABLE_CONTRIB=OFF -DHWY_ENABLE_EXAMPLES=OFF -DHWY_ENABLE_TESTS=OFF -DHWY_ENABLE_INSTALL=OFF
  "$venv_cmake" --build "$2/build" --target hwy -j "$jobs"
  mkdir -p "$1/lib" "$1/include"
  cp "$2/build/libhwy.a" "$1/lib/"
  (cd "$source" && find hwy \( -path '*/tests' -o -path '*/examples' \) -prune -o -name '*.h' -print0 |
    xargs -0 cp --parents -t "$1/include")
  cp "$source"/LICENSE "$source"/LICENSE-BSD3 "$1/"
}

prepare_highway() {
  highway_dir=$cache/highway-$highway_version-$(recipe_key "$third_party"/steps/{flags,highway}.sh)
  if ! entry_complete "$highway_dir"; then
    fetch_debian_source highway "$highway_suite" "$highway_tarball" "$highway_sha256"
  fi
  build_entry "$highway_dir" "building Highway $highway_version" install_highway
}
