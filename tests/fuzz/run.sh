#!/bin/sh
# Runs one fuzz target: run.sh BUILD_FOLDER NAME SECONDS          for a time; the corpus grows in BUILD_FOLDER/corpus/NAME
#                       run.sh BUILD_FOLDER NAME --mutations N    the same N mutations of the seeds each time
#
# A crash stops the run; its input is minimised and kept in BUILD_FOLDER/crashes, ready to become a test in tests/regression.
set -u
build=$1 name=$2 amount=$3
crashes=$build/crashes seeds=$build/tests/fuzz/seeds/$name
mkdir -p "$crashes"
if [ "$amount" = --mutations ]; then
  corpus=$(mktemp -d)
  trap 'rm -rf "$corpus"' EXIT
  set -- -seed=1 -runs="$4"
else
  corpus=$build/corpus/$name
  mkdir -p "$corpus"
  set -- -max_total_time="$amount"
fi
echo "== $name: $*"
if "$build/bin/fuzz_$name" "$@" -timeout=60 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$crashes/$name-" "$corpus" "$seeds"; then
  exit 0
fi
for input in "$crashes/$name"-crash-*; do
  [ -e "$input" ] && [ ! -e "$input.minimised" ] &&
    "$build/bin/fuzz_$name" -minimize_crash=1 -max_total_time=60 -exact_artifact_path="$input.minimised" "$input" >/dev/null 2>&1
done
echo "$name: found $(ls "$crashes")" >&2
exit 1
