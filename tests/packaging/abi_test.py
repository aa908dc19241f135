#!/usr/bin/env python3
"""Compares the binary interface that octet.h declares with the snapshots in abi/: programs that were compiled against an older
octet.h must go on working with a newer library.

  functions.txt  every function's and function type's declaration
  layouts.txt    size of every struct, offset and size of every field, value of every constant
  octet.abi      the same as libabigail sees it; compared with abidiff where that is installed

What is in a snapshot may not change or go away; what is new must be added to it on purpose, together with a higher
OCTET_API_VERSION: abi_test.py ... --update writes the snapshots anew (and octet.abi where abidw is installed).
"""

import argparse
import difflib
import pathlib
import re
import shutil
import subprocess
import sys


def declarations(header):
    """The header's text without comments, preprocessor lines and C++ parts."""
    text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"#ifdef __cplusplus\n.*?#(?:else|endif)[^\n]*\n", "", text, flags=re.DOTALL)
    return re.sub(r"^[ \t]*#.*(?:\\\n.*)*$", "", text, flags=re.MULTILINE)


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def functions(text):
    found = re.findall(r"^OCTET_API ([^;{}]*\([^;{}]*\));", text, flags=re.MULTILINE)
    types = re.findall(r"^typedef ([^;{}]*\(\*\w+\)\s*\([^;{}]*\));", text, flags=re.MULTILINE)
    return sorted(squeeze(entry) for entry in found) + sorted("typedef " + squeeze(entry) for entry in types)


def structs(text):
    """{name: [fields]}"""
    result = {}
    for body, name in re.findall(r"typedef struct \w+ \{(.*?)\} (\w+);", text, flags=re.DOTALL):
        result[name] = [re.search(r"\(\*(\w+)\)\s*\(", field) or re.search(r"(\w+)\s*(?:\[\w+\])?$", squeeze(field))
                        for field in body.split(";") if field.strip()]
        result[name] = [match.group(1) for match in result[name]]
    return result


def constants(text):
    names = [name for body in re.findall(r"\benum\s*\{(.*?)\}", text, flags=re.DOTALL)
             for name in re.findall(r"\b(OCTET_\w+)\s*=", body)]
    return names + ["OCTET_MAX_RANK"]


def layouts(arguments, text):
    """The layouts as the compiler has them."""
    lines = ["#include <stdio.h>", "#include <octet/octet.h>", "int main(void) {"]
    for name, fields in structs(text).items():
        lines.append(f'  printf("{name} size %zu\\n", sizeof({name}));')
        lines += [f'  printf("{name}.{field} at %zu size %zu\\n", offsetof({name}, {field}), sizeof((({name}*)0)->{field}));'
                  for field in fields]
    lines += [f'  printf("{name} = %d\\n", (int){name});' for name in constants(text)]
    source, program = arguments.work / "layouts.c", arguments.work / "layouts"
    source.write_text("\n".join(lines + ["  return 0;", "}", ""]), encoding="utf-8")
    subprocess.run([arguments.cc, "-std=c99", "-I", arguments.header.parent.parent, "-o", program, source], check=True)
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()


def interface_library(arguments, text):
    """A library with debug information whose functions do nothing: the interface as the header says, whatever the build."""
    lines = ["#include <octet/octet.h>"]
    for declaration in functions(text):
        if not declaration.startswith("typedef"):
            returns = "" if re.match(r"void \w", declaration) else "return 0; "
            lines.append(f"{declaration} {{ {returns}}}")
    source, library = arguments.work / "interface.c", arguments.work / "liboctet-interface.so"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    subprocess.run([arguments.cc, "-std=c99", "-g", "-O0", "-w", "-shared", "-fPIC", "-Wl,-soname,liboctet.so",
                    "-I", arguments.header.parent.parent, "-o", library, source], check=True)
    return library


def compare(name, found, path):
    """Problems, as text."""
    stored = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    gone = [line for line in stored if line not in found]
    new = [line for line in found if line not in stored]
    problems = [f"{name}: changed or gone, which breaks compiled programs: {line}" for line in gone]
    problems += [f"{name}: not in the snapshot: {line}" for line in new]
    if problems:
        problems += difflib.unified_diff(stored, found, f"stored {name}", "header", lineterm="", n=0)
    return problems


def compare_abi(arguments, library):
    if not (shutil.which("abidiff") and shutil.which("abidw")):
        print("abidiff: skipped, not installed (apt-get install abigail-tools)")
        return []
    result = subprocess.run(["abidiff", arguments.snapshots / "octet.abi", library], capture_output=True, text=True)
    return [] if result.returncode == 0 else ["abidiff finds differences:", result.stdout + result.stderr]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cc", required=True)
    for name in ("--header", "--snapshots", "--work"):
        parser.add_argument(name, type=pathlib.Path, required=True)
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)

    text = declarations(arguments.header)
    found = {"functions.txt": functions(text), "layouts.txt": layouts(arguments, text)}
    library = interface_library(arguments, text)
    if arguments.update:
        for name, lines in found.items():
            (arguments.snapshots / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        subprocess.run(["abidw", "--no-corpus-path", "--no-comp-dir-path", "--short-locs", "--no-show-locs", "--out-file",
                        arguments.snapshots / "octet.abi", library], check=True)
        return 0

    problems = [problem for name, lines in found.items() for problem in compare(name, lines, arguments.snapshots / name)]
    problems += compare_abi(arguments, library)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(f"If the change is meant and compatible (additions at the end), raise OCTET_API_VERSION and run\n  {sys.executable} "
              f"{' '.join(sys.argv)} --update", file=sys.stderr)
    print(f"{len(found['functions.txt'])} functions, {len(found['layouts.txt'])} layout entries")
    return 1 if problems or not all(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
