# The local virtual environment .venv with the pinned wheels of requirements.txt. Sourced by bootstrap.

venv=$root/.venv
venv_cmake=$venv/bin/cmake

# Debian's own interpreter where it is new enough: python3-venv belongs to that one.
choose_python() {
  local candidate
  for candidate in /usr/bin/python3 python3; do
    if command -v "$candidate" >/dev/null &&
      "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}

make_venv() { # PYTHON
  rm -rf "$venv"
  "$1" -m venv "$venv"
  "$venv/bin/python" -m pip install --no-input --disable-pip-version-check --require-hashes --no-deps \
    --only-binary :all: -r "$third_party/requirements.txt"
}

prepare_python() {
  local python stamp
  python=$(choose_python)
  [[ -n $python ]] || fail "Python 3.11 or newer with the venv module is needed (Debian: python3-venv)"
  # The venv holds absolute paths, so a moved tree needs a new one.
  stamp=$({
    echo "$venv"
    "$python" -c 'import sys; print(sys.executable, sys.version)'
    cat "$third_party/requirements.txt"
  } | sha256sum | cut -d' ' -f1)
  if [[ -x $venv/bin/python && $(cat "$venv/.octet-stamp" 2>/dev/null) == "$stamp" ]]; then return 0; fi
  timed "making the virtual environment .venv (fetches about 200 MB of wheels)" make_venv "$python"
  echo "$stamp" >"$venv/.octet-stamp"
}

# fetch_wheels REQUIREMENTS DIR: downloads exactly what the file pins.
fetch_wheels() {
  "$venv/bin/python" -m pip download --no-input --disable-pip-version-check --require-hashes --no-deps \
    --only-binary :all: -r "$1" -d "$2"
}

# Asked for a source archive, pip also wants its metadata and runs the archive's build backend: the pinned one in .venv
# (--no-build-isolation), after it has checked the archive's hash.
fetch_sdist() { # REQUIREMENTS DIR
  PATH="$venv/bin:$PATH" "$venv/bin/python" -m pip download --no-input --disable-pip-version-check \
    --require-hashes --no-deps --no-binary :all: --no-build-isolation -r "$1" -d "$2"
}
