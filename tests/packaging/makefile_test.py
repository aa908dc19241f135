#!/usr/bin/env python3
"""Builds a consumer with its Makefile and pkg-config against the installed copy, and runs it."""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys

SKIPPED = 77


def main():
    parser = argparse.ArgumentParser()
    for name in ("--source", "--work", "--prefix", "--kind", "--cc", "--cxx", "--model"):
        parser.add_argument(name, required=True)
    arguments = parser.parse_args()
    if shutil.which("pkg-config") is None or shutil.which("make") is None:
        print("skipped: needs make and pkg-config (apt-get install make pkg-config)")
        return SKIPPED

    work, library_dir = pathlib.Path(arguments.work), f"{arguments.prefix}/lib"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(arguments.source, work)
    # A make that runs this test must not pass its own flags on.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    environment.update(PKG_CONFIG_PATH=f"{library_dir}/pkgconfig", CC=arguments.cc, CXX=arguments.cxx)
    subprocess.run(["make", "-C", work, f"KIND={arguments.kind}"], check=True, env=environment)
    environment["LD_LIBRARY_PATH"] = library_dir
    return subprocess.run([work / "consumer", arguments.model], env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
