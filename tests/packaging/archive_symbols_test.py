#!/usr/bin/env python3
"""Checks that liboctet.a defines the C API and nothing else that others can see: archive_symbols_test.py NM ARCHIVE HEADER."""

import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from exported_symbols_test import declared  # noqa: E402

# What may be missing in the archive: the C and C++ run-times. Anything of a third-party library must be inside.
INSIDE = re.compile(r"dnnl|protobuf|octet|onnx|hwy|GOMP|omp_")


def symbols(nm, archive, *options):
    text = subprocess.run([nm, *options, "--format=posix", archive], check=True, capture_output=True, text=True).stdout
    return [line.split()[:2] for line in text.splitlines() if line and not line.endswith(":")]


def main():
    nm, archive, header = sys.argv[1:]
    found = {name for name, _ in symbols(nm, archive, "--extern-only", "--defined-only")}
    expected = declared(header)
    problems = [f"visible, but no function of octet.h: {name}" for name in sorted(found - expected)[:20]]
    problems += [f"declared in octet.h, but not in the archive: {name}" for name in sorted(expected - found)]
    problems += [f"not inside: {name}" for name, kind in symbols(nm, archive, "--undefined-only")
                 if kind == "U" and INSIDE.search(name)][:20]
    for text in problems:
        print(text, file=sys.stderr)
    print(f"{len(found)} symbols visible, {len(expected)} functions declared")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
