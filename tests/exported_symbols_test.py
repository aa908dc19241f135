#!/usr/bin/env python3
"""Checks that liboctet.so exports the functions of the C API and nothing else: exported_symbols_test.py NM LIBRARY HEADER."""

import re
import subprocess
import sys


def exported(nm, library):
    lines = subprocess.run([nm, "--dynamic", "--defined-only", "--format=posix", library],
                           check=True, capture_output=True, text=True).stdout.splitlines()
    return {line.split("@")[0].split()[0] for line in lines}


def declared(header):
    """The functions that the header declares: octet_name( outside of comments, no function type."""
    with open(header, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", file.read(), flags=re.DOTALL)
    return set(re.findall(r"^OCTET_\w+[^;{}()]*?\b(octet_\w+)\s*\(", text, flags=re.MULTILINE))


def main():
    nm, library, header = sys.argv[1:]
    found, expected = exported(nm, library), declared(header)
    problems = [f"exported, but no function of octet.h: {name}" for name in sorted(found - expected)]
    problems += [f"declared in octet.h, but not exported: {name}" for name in sorted(expected - found)]
    if not expected:
        problems.append(f"{header}: no function declaration recognised")
    for text in problems:
        print(text, file=sys.stderr)
    print(f"{len(found)} symbols exported, {len(expected)} functions declared")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
