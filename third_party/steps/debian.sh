# Debian: the packages that are needed, and upstream tarballs out of Debian's source packages. Sourced by bootstrap.

missing_debian_packages() {
  local package
  grep -v '^#' "$third_party/debian-packages.txt" | while read -r package; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

require_debian_packages() {
  command -v dpkg-query >/dev/null || fail "this is no Debian system; Octet's build is made for Debian 12 or newer"
  local missing
  mapfile -t missing < <(missing_debian_packages)
  if ((${#missing[@]} > 0)); then
    if ((EUID != 0)); then
      say "these Debian packages are missing; install them and run this again:"
      echo "  sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
      exit 1
    fi
    local start=$SECONDS
    say "installing ${#missing[@]} Debian packages (${missing[*]}) ..."
    export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes
    apt-get -qq update || fail "apt-get update failed; are the package sources reachable?"
    apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "${missing[@]}" >/dev/null
    say "installing Debian packages: done in $((SECONDS - start)) s"
  fi
  local found
  found=$(protoc --version)
  [[ $found == "libprotoc $protobuf_version" ]] ||
    fail "protoc says \"$found\" but the library is $protobuf_version; the two must be the same version"
}

# The archive that this machine installs Debian's own packages from.
debian_mirror() {
  if [[ -n ${OCTET_DEBIAN_MIRROR:-} ]]; then
    echo "$OCTET_DEBIAN_MIRROR"
    return
  fi
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v codename="$codename" \
      '!found && ($1 == codename || $1 == "stable" || $1 == "oldstable") && $2 == "main" { print $3; found = 1 }'
}

# apt with a package list and a state of its own: the machine's own configuration (mirror, proxy, keys) is read, nothing
# of the system is changed, root is not needed.
private_apt() {
  local state=$cache/apt
  apt-get -q \
    -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=- \
    -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status=/var/lib/dpkg/status \
    -o Dir::Cache="$state/cache" -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

update_private_apt() { # MIRROR
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg option='' suite
  [[ -f $keyring ]] && option="[signed-by=$keyring] "
  mkdir -p "$cache/apt/lists/partial" "$cache/apt/cache/archives/partial"
  for suite in bookworm trixie; do
    echo "deb-src $option$1 $suite main"
  done >"$cache/apt/sources.list"
  private_apt update
}

download_debian_source() { # PACKAGE SUITE TARBALL
  local work=$cache/tmp/source
  mkdir -p "$work"
  (cd "$work" && private_apt source --download-only "$1/$2")
  [[ -f $work/$3 ]] || { echo "the source package $1 of $2 has no $3 any more" >&2; return 1; }
  mv "$work/$3" "$cache/downloads/$3"
  rm -rf "$work"
}

# fetch_debian_source PACKAGE SUITE TARBALL SHA256: afterwards $cache/downloads/TARBALL is there and has this hash.
debian_lists_fresh=no
fetch_debian_source() {
  require_building "$1"
  local file=$cache/downloads/$3
  if sha256_is "$file" "$4"; then return 0; fi
  rm -f "$file"
  if [[ $debian_lists_fresh == no ]]; then
    local mirror
    mirror=$(debian_mirror)
    [[ -n $mirror ]] || fail "no Debian mirror among this machine's package sources; set OCTET_DEBIAN_MIRROR"
    timed "reading the lists of Debian's source packages" update_private_apt "$mirror"
    debian_lists_fresh=yes
  fi
  timed "fetching $3 from Debian's source package" download_debian_source "$1" "$2" "$3"
  sha256_is "$file" "$4" || fail "$file: the hash differs from the pinned one ($4); not used"
}
