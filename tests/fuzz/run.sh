#!/bin/sh
# Runs one fuzz target for a time: run.sh BUILD_FOLDER NAME SECONDS
# FUZZ_SEED=N makes the same mutations each time; 0, the default, others.
#
# The corpus grows in BUILD_FOLDER/corpus/NAME. A crash stops the run; its input is minimised and kept in
# BUILD_FOLDER/crashes, ready to become a test in tests/regression.
set -u
build=$1 name=$2 seconds=$3
corpus=$build/corpus/$name crashes=$build/crashes
mkdir -p "$corpus" "$crashes"
echo "== $name for $seconds s"
if "$build/bin/fuzz_$name" -seed="${FUZZ_SEED:-0}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$crashes/$name-" "$corpus" "$build/tests/fuzz/seeds/$name"; then
  exit 0
fi
for input in "$crashes/$name"-crash-*; do
  [ -e "$input" ] && [ ! -e "$input.minimised" ] &&
    "$build/bin/fuzz_$name" -minimize_crash=1 -max_total_time=60 -exact_artifact_path="$input.minimised" "$input" >/dev/null 2>&1
done
echo "$name: found $(ls "$crashes")" >&2
exit 1
