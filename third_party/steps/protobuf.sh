# protobuf's lite library. Debian's own libprotobuf-lite.a is not position-independent and cannot go into liboctet.so.
# Sourced by bootstrap.

install_protobuf() { # STAGE WORK
  tar -xf "$cache/downloads/$protobuf_tarball" -C "$2"
  local source=$2/protobuf-$protobuf_version
  "$venv_cmake" -S "$source" -B "$2/build" "${cmake_build_flags[@]}" \
    -Dprotobuf_BUILD_TESTS=OFF -Dprotobuf_BUILD_PROTOC_BINARIES=OFF -Dprotobuf_WITH_ZLIB=OFF
  "$venv_cmake" --build "$2/build" --target libprotobuf-lite -j "$jobs"
  mkdir -p "$1/lib" "$1/include"
  cp "$2/build/libprotobuf-lite.a" "$1/lib/"
  (cd "$source/src" && find google/protobuf -path '*/compiler' -prune -o \( -name '*.h' -o -name '*.inc' \) -print0 |
    xargs -0 cp --parents -t "$1/include")
  cp "$source/LICENSE" "$1/"
}

prepare_protobuf() {
  protobuf_dir=$cache/protobuf-lite-$protobuf_version-$(recipe_key "$third_party"/steps/{flags,protobuf}.sh)
  if ! entry_complete "$protobuf_dir"; then
    fetch_debian_source protobuf "$protobuf_suite" "$protobuf_tarball" "$protobuf_sha256"
  fi
  build_entry "$protobuf_dir" "building protobuf-lite $protobuf_version" install_protobuf
}
