#!/usr/bin/env python3
"""Checks that octet.hpp reaches every function of octet.h: hpp_complete_test.py FOLDER_OF_HEADERS."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from exported_symbols_test import declared  # noqa: E402


def main():
    folder = pathlib.Path(sys.argv[1])
    text = "".join(re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8")) for path in folder.glob("*.hpp"))
    used = set(re.findall(r"\boctet_\w+", text))
    missing = sorted(declared(folder / "octet.h") - used)
    for name in missing:
        print(f"octet.hpp does not use {name}", file=sys.stderr)
    return 1 if missing or not used else 0


if __name__ == "__main__":
    sys.exit(main())
