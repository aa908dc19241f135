#!/usr/bin/env python3
"""Checks that the README shows the example that is compiled and run: readme_example_test.py README.md readme_example.c."""
import re
import sys


def main():
    readme, example = (open(path, encoding="utf-8").read() for path in sys.argv[1:3])
    shown = re.search(r"<!-- example -->\n```c\n(.*?)```\n<!-- /example -->", readme, re.DOTALL)
    if not shown:
        sys.exit(f"{sys.argv[1]}: no C example between <!-- example --> and <!-- /example -->")
    if shown.group(1).strip() != example.strip():
        sys.exit(f"{sys.argv[1]}: its C example is not {sys.argv[2]}; copy the file between the markers")


if __name__ == "__main__":
    main()
