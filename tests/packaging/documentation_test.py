#!/usr/bin/env python3
"""Builds the reference with Doxygen; an undocumented public declaration is an error: documentation_test.py ROOT OUT."""

import pathlib
import shutil
import subprocess
import sys

SKIPPED = 77


def main():
    root, out = (pathlib.Path(argument) for argument in sys.argv[1:])
    if shutil.which("doxygen") is None:
        print("skipped: doxygen is not installed (apt-get install doxygen)")
        return SKIPPED
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    settings = (root / "runtime/api/Doxyfile").read_text(encoding="utf-8") + f'\nOUTPUT_DIRECTORY = "{out}"\n'
    result = subprocess.run(["doxygen", "-"], input=settings, cwd=root, capture_output=True, text=True)
    print(result.stdout + result.stderr)
    if result.returncode != 0 or not (out / "html/index.html").exists():
        return 1
    text = "".join(page.read_text(encoding="utf-8") for page in (out / "html").glob("octet_8h*.html"))
    missing = [name for name in ("octet_engine_create", "octet_session_run", "octet_weights_get") if name not in text]
    for name in missing:
        print(f"{name} is not in the reference", file=sys.stderr)
    examples = sorted(path.name for path in (root / "tests/api/examples").glob("*.c"))
    listed = (root / "runtime/api/examples.dox").read_text(encoding="utf-8")
    unlisted = [name for name in examples if f"@example {name} " not in listed]
    for name in unlisted:
        print(f"tests/api/examples/{name} is not in runtime/api/examples.dox", file=sys.stderr)
    return 1 if missing or unlisted or not examples else 0


if __name__ == "__main__":
    sys.exit(main())
