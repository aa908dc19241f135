# ONNX's C++ library: parser types, checker, shape inference, function bodies. Its namespace and protobuf package are
# octet_onnx, because two copies of onnx-ml.proto in one process abort it. Sourced by bootstrap.

install_onnx() { # STAGE WORK
  fetch_sdist "$third_party/requirements-onnx-sdist.txt" "$2"
  tar -xf "$2/onnx-$onnx_version.tar.gz" -C "$2"
  "$venv_cmake" -S "$third_party/cmake/onnx" -B "$2/build" "${cmake_build_flags[@]}" \
    -DCMAKE_INSTALL_PREFIX="$1" -DOCTET_ONNX_SOURCE="$2/onnx-$onnx_version" -DOCTET_PROTOBUF_DIR="$protobuf_dir" \
    -DPython3_EXECUTABLE="$venv/bin/python"
  "$venv_cmake" --build "$2/build" -j "$jobs"
  "$venv_cmake" --install "$2/build"
  cp "$2/onnx-$onnx_version/LICENSE" "$1/"
}

prepare_onnx() {
  local key
  key=$(recipe_key "$third_party"/steps/{flags,protobuf,onnx}.sh "$third_party/cmake/onnx/CMakeLists.txt")
  onnx_dir=$cache/onnx-$onnx_version-$key
  build_entry "$onnx_dir" "building ONNX $onnx_version (one to three minutes)" install_onnx
}
