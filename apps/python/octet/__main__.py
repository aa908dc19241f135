"""`python -m octet`: the run_model command. `python -m octet --help` lists what it does."""
import os
import sys

from octet import _native


def main() -> int:
    sys.stdout.flush()
    return _native.run_model([os.fsencode(argument) for argument in ["run_model", *sys.argv[1:]]])


if __name__ == "__main__":
    sys.exit(main())
