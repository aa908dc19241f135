# What all steps of third_party/bootstrap share: messages, the lock, downloads, cache entries. Sourced, never run.

say() { printf 'octet: %s\n' "$*" >&2; }

fail() {
  printf 'octet: error: %s\n' "$*" >&2
  exit 1
}

# timed TEXT COMMAND...: says what starts, runs it with its output in a log, says how long it took. The log is shown
# when the command fails.
timed() {
  local text=$1 start=$SECONDS log
  shift
  log=$(mktemp "$cache/tmp/log.XXXXXX")
  say "$text ..."
  local status=0
  # A subshell that is no condition keeps `set -e` working inside shell functions.
  set +e
  (set -e; "$@") >"$log" 2>&1
  status=$?
  set -e
  if ((status != 0)); then
    tail -n 60 "$log" >&2
    fail "$text: failed with status $status; the whole log is $log"
  fi
  rm -f "$log"
  say "$text: done in $((SECONDS - start)) s"
}

# One bootstrap at a time per cache; the lock goes when this process ends, however it ends.
lock_cache() {
  exec 9>"$cache/.lock"
  if ! flock --nonblock 9; then
    say "another bootstrap is using $cache; waiting for it"
    flock 9
  fi
  # Leftovers of an interrupted run: nobody else can be writing here now.
  rm -rf "$cache/tmp"
  mkdir -p "$cache/tmp" "$cache/downloads"
}

sha256_is() { # FILE HASH
  [[ -f $1 && $(sha256sum "$1" | cut -d' ' -f1) == "$2" ]]
}

# recipe_key FILE...: short hash of the recipe (these files, the compiler), part of an entry's folder name: a changed
# recipe is a new entry.
recipe_key() {
  {
    cat "$@"
    c++ -dumpfullversion -dumpversion
  } | sha256sum | cut -c1-10
}

# An entry counts as present only if every file in it is still what was written.
entry_complete() { # DIR
  [[ -f $1/.manifest ]] && (cd "$1" && sha256sum --quiet --status --check .manifest) 2>/dev/null
}

# Ends a run that was told to take what the cache has.
require_building() { # WHAT
  if [[ ${OCTET_CACHED_ONLY:-} == 1 ]]; then
    say "$1 is not in the cache, and OCTET_CACHED_ONLY=1"
    exit 3
  fi
}

# build_entry DIR TEXT FUNCTION: makes the cache entry DIR unless it is complete. FUNCTION gets two folders: the one to
# install into, and one to work in.
build_entry() {
  local dir=$1 text=$2 function=$3
  if entry_complete "$dir"; then return 0; fi
  require_building "$(basename "$dir")"
  if [[ -e $dir ]]; then
    say "$dir is damaged; making it anew"
    rm -rf "$dir"
  fi
  local work=$cache/tmp/work stage=$cache/tmp/stage
  rm -rf "$work" "$stage"
  mkdir -p "$work" "$stage"
  timed "$text" "$function" "$stage" "$work"
  (cd "$stage" && find . -type f ! -name .manifest -print0 | sort -z | xargs -0 sha256sum >.manifest)
  mv "$stage" "$dir"
  rm -rf "$work"
}
