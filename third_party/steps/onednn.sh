# oneDNN: an installed one, the prebuilt wheel, or built from source; OCTET_ONEDNN chooses. Sourced by bootstrap.

# Prints the version of the installed oneDNN when it is new enough and kernels/cpu/onednn can keep it on one thread.
installed_onednn() {
  local macros version
  macros=$(printf '#include <oneapi/dnnl/dnnl_version.h>\n#include <oneapi/dnnl/dnnl_config.h>\n' |
    c++ -x c++ -E -dM - 2>/dev/null) || return 0
  version=$(awk '$2 == "DNNL_VERSION_MAJOR" { major = $3 } $2 == "DNNL_VERSION_MINOR" { minor = $3 }
                 END { print major "." minor }' <<<"$macros")
  grep -qE 'DNNL_CPU_RUNTIME DNNL_RUNTIME_(SEQ|OMP)$' <<<"$macros" || return 0
  if [[ $(printf '%s\n' "$onednn_minimum_version" "$version" | sort -V | head -n 1) == "$onednn_minimum_version" ]]; then
    echo "$version"
  fi
}

# The wheels carry the library three times under its three names; one file and two links do.
install_onednn_wheel() { # STAGE WORK
  fetch_wheels "$third_party/requirements-onednn.txt" "$2"
  local wheel
  for wheel in "$2"/*.whl; do
    "$venv/bin/python" -m zipfile -e "$wheel" "$2/unpacked"
  done
  mkdir -p "$1/lib" "$1/include"
  cp -r "$2"/unpacked/onednn_devel_cpu_gomp-*.data/data/include/. "$1/include/"
  local data=("$2"/unpacked/onednn_cpu_gomp-*.data/data)
  cp "$data/lib/libdnnl.so.3.2" "$1/lib/"
  ln -s libdnnl.so.3.2 "$1/lib/libdnnl.so.3"
  ln -s libdnnl.so.3 "$1/lib/libdnnl.so"
  cp "$data/share/doc/onednn/LICENSE" "$data/share/doc/onednn/THIRD-PARTY-PROGRAMS" "$1/"
}

# SEQ: Octet's executor owns all parallelism, so no OpenMP run-time is wanted. Static and hidden: a host process with a
# oneDNN of its own is not disturbed. Of its primitives the ones that kernels/cpu/onednn makes, which keeps liboctet small.
install_onednn_source() { # STAGE WORK
  tar -xf "$cache/downloads/$onednn_tarball" -C "$2"
  local source=$2/oneDNN-$onednn_source_version
  "$venv_cmake" -S "$source" -B "$2/build" "${cmake_build_flags[@]}" -DCMAKE_INSTALL_PREFIX="$1" \
    -DONEDNN_CPU_RUNTIME=SEQ -DONEDNN_LIBRARY_TYPE=STATIC -DONEDNN_BUILD_GRAPH=OFF -DONEDNN_ENABLE_WORKLOAD=INFERENCE \
    -DONEDNN_ENABLE_PRIMITIVE='CONVOLUTION;DECONVOLUTION;MATMUL;POOLING;REORDER' \
    -DONEDNN_BUILD_TESTS=OFF -DONEDNN_BUILD_EXAMPLES=OFF -DONEDNN_BUILD_DOC=OFF
  "$venv_cmake" --build "$2/build" -j "$jobs"
  "$venv_cmake" --install "$2/build"
  cp "$source/LICENSE" "$source/THIRD-PARTY-PROGRAMS" "$1/"
}

prepare_onednn() {
  onednn_kind=${OCTET_ONEDNN:-auto}
  onednn_dir=''
  if [[ $onednn_kind == auto ]]; then
    onednn_kind=wheel
    [[ -z $(installed_onednn) ]] || onednn_kind=system
  fi
  case $onednn_kind in
    system)
      [[ -n $(installed_onednn) ]] ||
        fail "OCTET_ONEDNN=system: no installed oneDNN >= $onednn_minimum_version with a CPU engine; use wheel or source"
      ;;
    wheel)
      onednn_dir=$cache/onednn-wheel-$onednn_wheel_version-$(recipe_key \
        "$third_party/requirements-onednn.txt" "$third_party"/steps/{flags,onednn}.sh)
      build_entry "$onednn_dir" "fetching oneDNN's prebuilt wheel" install_onednn_wheel
      ;;
    source)
      onednn_dir=$cache/onednn-source-$onednn_source_version-$(recipe_key "$third_party"/steps/{flags,onednn}.sh)
      if ! entry_complete "$onednn_dir"; then
        fetch_debian_source onednn "$onednn_suite" "$onednn_tarball" "$onednn_sha256"
      fi
      build_entry "$onednn_dir" "building oneDNN $onednn_source_version (about 18 minutes on two cores)" \
        install_onednn_source
      ;;
    *) fail "OCTET_ONEDNN=\"$onednn_kind\"; it is one of auto, system, wheel, source" ;;
  esac
}
