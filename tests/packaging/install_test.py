#!/usr/bin/env python3
"""Installs the build into a prefix, moves the prefix, and checks what is in it; the consumer tests then build against it.

Checked: every component installs what it should and nothing else; no text file and no dynamic section names a folder of
the build; SONAME and RUNPATH; the licence texts that NOTICE names; run_model runs from the new place.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

COMPONENTS = {
    "runtime": [r"lib/liboctet\.so\.\d+", r"lib/liboctet\.so\.\d+\.\d+\.\d+", r"lib/octet/libdnnl\.so\.3",
                r"share/doc/octet/(LICENSE|NOTICE)", r"share/doc/octet/licenses/[\w-]+\.txt"],
    "development": [r"lib/liboctet\.so", r"lib/liboctet\.a", r"include/octet/\w+\.(h|hpp)",
                    r"lib/cmake/octet/octet-config(-version)?\.cmake", r"lib/pkgconfig/octet(-static)?\.pc"],
    "tools": [r"bin/run_model"],
}
OPTIONAL = {r"lib/octet/libdnnl\.so\.3", r"lib/liboctet\.a"}


def files_of(prefix):
    return {str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_symlink() or path.is_file()}


def dynamic(path):
    """The NEEDED, SONAME and RUNPATH entries of a library or program."""
    text = subprocess.run(["readelf", "-dW", path], check=True, capture_output=True, text=True).stdout
    entries = {}
    for name, value in re.findall(r"\((NEEDED|SONAME|RUNPATH|RPATH)\).*\[(.*)\]", text):
        entries.setdefault(name, []).append(value)
    return entries


def wants_executable_stack(path):
    """Of a library or program by its segment; of an archive's objects by their section."""
    if path.suffix == ".a":
        text = subprocess.run(["readelf", "-SW", path], check=True, capture_output=True, text=True).stdout
        return re.search(r"\.note\.GNU-stack\s+PROGBITS(\s+[0-9a-f]+){4}\s+\w*X", text) or ".note.GNU-stack" not in text
    text = subprocess.run(["readelf", "-lW", path], check=True, capture_output=True, text=True).stdout
    return re.search(r"GNU_STACK.*RWE", text) or "GNU_STACK" not in text


def install(arguments, stage):
    """Installs component by component; returns problems."""
    problems, seen = [], set()
    for component, patterns in COMPONENTS.items():
        subprocess.run([arguments.cmake, "--install", arguments.build, "--prefix", stage, "--component", component],
                       check=True, stdout=subprocess.DEVNULL)
        added = files_of(stage) - seen
        seen |= added
        problems += [f"component {component} installs {name}, which is in no list of this test"
                     for name in sorted(added) if not any(re.fullmatch(pattern, name) for pattern in patterns)]
        problems += [f"component {component} installs nothing like {pattern}" for pattern in patterns
                     if pattern not in OPTIONAL and not any(re.fullmatch(pattern, name) for name in added)]
    return problems


def check_paths(prefix, foreign):
    problems = []
    for name in sorted(files_of(prefix)):
        path = prefix / name
        if path.is_symlink():
            if pathlib.PurePath(path.readlink()).is_absolute():
                problems.append(f"{name} is a link to the absolute {path.readlink()}")
        elif name.endswith((".cmake", ".pc", ".h", ".hpp")):
            text = path.read_text(encoding="utf-8")
            problems += [f"{name} names {folder}" for folder in foreign if folder in text]
        elif name.startswith(("lib/", "bin/")) and "octet/" not in name and wants_executable_stack(path):
            problems.append(f"{name} asks for an executable stack")
        elif name.startswith(("lib/", "bin/")) and not name.endswith(".a"):
            entries = dynamic(path)
            runpath = entries.get("RUNPATH", []) + entries.get("RPATH", [])
            problems += [f"{name} looks for libraries in {folder}, which is not relative to itself"
                         for entry in runpath for folder in entry.split(":") if not folder.startswith("$ORIGIN/")]
    return problems


def check_contents(prefix, archive, model):
    problems = []
    libraries = [name for name in files_of(prefix) if re.fullmatch(r"lib/liboctet\.so\.\d+\.\d+\.\d+", name)]
    soname = dynamic(prefix / libraries[0]).get("SONAME", ["none"])[0]
    if soname != "liboctet.so." + libraries[0].split(".so.")[1].split(".")[0]:
        problems.append(f"{libraries[0]} has the SONAME {soname}")
    if archive != (prefix / "lib/liboctet.a").exists():
        problems.append(f"lib/liboctet.a: expected {archive}")
    notice = (prefix / "share/doc/octet/NOTICE").read_text(encoding="utf-8")
    named = re.sub(r"-\s+\n?.*?programs\.txt", "-programs.txt", notice)
    for text in re.findall(r"\b([\w-]+\.txt)\b", named):
        if not list((prefix / "share/doc/octet/licenses").glob(f"*{text.split('-programs')[0].split('.txt')[0]}*")):
            problems.append(f"NOTICE names {text}, which is not installed")
    output = subprocess.run([prefix / "bin/run_model", "--model", model, "--bench", "--shape", "x=2x8", "--json"],
                            capture_output=True, text=True, env={})
    if output.returncode != 0:
        problems.append(f"the installed run_model failed: {output.stderr}")
    return problems


def main():
    parser = argparse.ArgumentParser()
    for name in ("--cmake", "--build", "--model", "--archive"):
        parser.add_argument(name, required=True)
    parser.add_argument("--prefix", type=pathlib.Path, required=True)
    parser.add_argument("--foreign", action="append", default=[])
    arguments = parser.parse_args()

    stage = arguments.prefix.with_name("stage")
    for folder in (stage, arguments.prefix):
        shutil.rmtree(folder, ignore_errors=True)
    problems = install(arguments, stage)
    stage.rename(arguments.prefix)
    if not problems:
        problems += check_paths(arguments.prefix, arguments.foreign + [str(stage)])
        problems += check_contents(arguments.prefix, arguments.archive == "ON", arguments.model)
    for text in problems:
        print(text, file=sys.stderr)
    print(f"{len(files_of(arguments.prefix))} files installed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
