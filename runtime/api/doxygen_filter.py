#!/usr/bin/env python3
"""Shows Doxygen the comments of a public header, which are plain ones: doxygen_filter.py HEADER, to standard output.

A comment on lines of its own belongs to the declaration right below it; one behind code, to what that line declares. What
the head of octet.h says once for all (struct_size, octet_X_free, the `user` of hooks) is repeated at each such declaration.
"""

import re
import sys

RULER = re.compile(r"^/\* -{5,} (?P<title>[\w ]+?) \*/$")
TRAILING_C = re.compile(r"^(?P<code>\s*[^\s/*].*?[;,\w)]) {1,}/\* (?P<text>.*?)\s*\*/$")
TRAILING_CPP = re.compile(r"^(?P<code>\s*[^\s/].*?[;,{]) {1,}// (?P<text>.*)$")
CONVENTIONS = [
    (re.compile(r"^  size_t struct_size;$"), "Set by OCTET_INIT."),
    (re.compile(r"^  void\* \w+_user;$"), "Passed to the functions above as `user`."),
    (re.compile(r"^OCTET_API void octet_\w+_free\(\w+\* \w+\);$"), "Frees it; NULL is fine."),
]


def convert(lines):
    documented = False  # the line above ends a comment
    for line in mark(lines):
        if not documented:
            for pattern, text in CONVENTIONS:
                line = re.sub(pattern, lambda match: f"{match.group()} /**< {text} */", line)
        documented = line.rstrip().endswith("*/") and "/**<" not in line
        yield line


def mark(lines):
    in_comment = False  # within a block of /* */
    after_cpp = False  # within a block of // lines
    for number, line in enumerate(lines):
        bare = line.strip()
        if in_comment:
            in_comment = "*/" not in line
            yield line
        elif number == 0 and bare.startswith(("/*", "//")):
            yield re.sub(r"^(/\*|//)", lambda match: "/** @file\n *" if match.group(1) == "/*" else "/// @file\n///", line)
            in_comment = bare.startswith("/*") and "*/" not in bare
            after_cpp = not in_comment
        elif match := RULER.match(bare):
            yield f"/* {match.group('title')} */"
        elif bare.startswith("/* "):
            in_comment = "*/" not in bare
            yield line.replace("/* ", "/** ", 1)
        elif bare.startswith("// "):
            after_cpp = True
            yield line.replace("// ", "/// ", 1)
        elif bare == "//" and after_cpp:
            yield line.replace("//", "///", 1)
        else:
            after_cpp = False
            if match := TRAILING_C.match(line):
                yield f"{match.group('code')} /**< {match.group('text')} */"
            elif match := TRAILING_CPP.match(line):
                yield f"{match.group('code')} ///< {match.group('text')}"
            else:
                yield line


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        print("\n".join(convert(file.read().splitlines())))


if __name__ == "__main__":
    main()
