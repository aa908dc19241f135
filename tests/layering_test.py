#!/usr/bin/env python3
"""Checks that #include lines follow the layers: no layer reaches up, and each third-party library stays in its place."""

import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCE_FOLDERS = ("runtime", "kernels", "loaders", "apps")
SOURCE_NAMES = (".h", ".hpp", ".cc", ".c", ".inc", ".cu", ".cuh")

# A layer may include itself and what stands here, all of it spelled out: a layer missing from this table is an error.
BELOW_GRAPH = ("runtime/core", "runtime/ops")
BELOW_KERNELS = ("runtime/core", "runtime/ops", "kernels/api")
BELOW_PROGRAM = BELOW_GRAPH + ("runtime/graph", "runtime/passes", "loaders/onnx", "kernels/api")
# runtime/program chooses among the backends, so it is the one layer that sees their tables.
BACKENDS = ("kernels/numerics", "kernels/reference", "kernels/cpu")
BELOW_API = BELOW_PROGRAM + BACKENDS + ("runtime/program", "runtime/binding", "runtime/session")
ALLOWED = {
    "runtime/core": (),
    "runtime/ops": ("runtime/core",),
    "runtime/graph": BELOW_GRAPH,
    "runtime/passes": BELOW_GRAPH + ("runtime/graph", "kernels/numerics"),
    "loaders/onnx": BELOW_GRAPH + ("runtime/graph",),
    "kernels/api": BELOW_GRAPH,
    "kernels/numerics": BELOW_KERNELS,
    "kernels/reference": BELOW_KERNELS + ("kernels/numerics",),
    "kernels/cpu": BELOW_KERNELS + ("kernels/numerics",),
    "kernels/cuda": BELOW_KERNELS + ("kernels/numerics",),
    "runtime/program": BELOW_PROGRAM + BACKENDS,
    "runtime/binding": BELOW_PROGRAM + ("runtime/program",),
    "runtime/session": BELOW_PROGRAM + ("runtime/program", "runtime/binding"),
    "runtime/include": (),
    "runtime/api": BELOW_API + ("runtime/include",),
    "apps": BELOW_API + ("runtime/api", "runtime/include"),
}

# (what it is, pattern of the included path, folders that may)
FENCES = (
    ("oneDNN", re.compile(r"(oneapi/)?dnnl"), ("kernels/cpu/onednn",)),
    ("Highway", re.compile(r"hwy/"), ("kernels/cpu",)),
    ("ONNX", re.compile(r"onnx/"), ("loaders/onnx",)),
    ("protobuf", re.compile(r"google/protobuf/"), ("loaders/onnx",)),
)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def layer_of(path):
    """The layer of a file or include path, or None where it names nothing of Octet's."""
    parts = path.split("/")
    if parts[0] == "apps":
        return "apps"
    if parts[0] in SOURCE_FOLDERS and len(parts) > 2:
        return "/".join(parts[:2])
    return None


def check_line(path, line):
    """The violation in one line of a file, as text, or None."""
    match = INCLUDE.match(line)
    if not match:
        return None
    quote, included = match.groups()
    folder = os.path.dirname(path)
    for library, pattern, folders in FENCES:
        if pattern.match(included):
            if any((folder + "/").startswith(f + "/") for f in folders):
                return None
            return f'includes "{included}": {library} may only be included in {", ".join(folders)}'
    if included.startswith("octet/"):
        included = "runtime/include/" + included
    layer, target = layer_of(path), layer_of(included)
    if target is None:
        if quote == '"':
            return f'includes "{included}": quoted includes are paths from the root of the tree'
        return None
    if layer not in ALLOWED:
        return f"lies in {layer}, which is no known layer; add it to tests/layering_test.py"
    if target != layer and target not in ALLOWED[layer]:
        return f'includes "{included}": {layer} must not include {target}'
    return None


def check_tree(root):
    """All violations under a root as `file:line: text`, and the number of include lines read."""
    violations, count = [], 0
    for top in SOURCE_FOLDERS:
        for folder, _, names in sorted(os.walk(os.path.join(root, top))):
            for name in sorted(names):
                if not name.endswith(SOURCE_NAMES):
                    continue
                full = os.path.join(folder, name)
                path = os.path.relpath(full, root)
                with open(full, encoding="utf-8") as lines:
                    for number, line in enumerate(lines, 1):
                        count += INCLUDE.match(line) is not None
                        text = check_line(path, line)
                        if text:
                            violations.append(f"{path}:{number}: {text}")
    return violations, count


# (file, line, whether it is a violation): the check has to tell these apart before its verdict on the tree counts.
SELF_CHECKS = (
    ("runtime/core/a.cc", '#include "runtime/core/a.h"', False),
    ("runtime/core/a.cc", "#include <vector>", False),
    ("runtime/core/a.cc", '#include "runtime/ops/op.h"', True),
    ("runtime/core/a.cc", '  #  include "runtime/session/session.h"', True),
    ("runtime/core/a.cc", '// #include "runtime/ops/op.h"', False),
    ("runtime/core/a.cc", '#include "status.h"', True),
    ("runtime/graph/a.h", '#include "runtime/ops/op.h"', False),
    ("runtime/graph/a.h", '#include "runtime/passes/fold.h"', True),
    ("runtime/graph/a.h", '#include "kernels/api/kernel.h"', True),
    ("runtime/passes/a.cc", '#include "kernels/cpu/table.h"', True),
    ("runtime/passes/a.cc", '#include "loaders/onnx/load.h"', True),
    ("loaders/onnx/a.cc", '#include "runtime/passes/fold.h"', True),
    ("loaders/onnx/a.cc", "#include <onnx/onnx_pb.h>", False),
    ("runtime/api/a.cc", "#include <onnx/onnx_pb.h>", True),
    ("apps/run_model/a.cc", '#include "onnx/onnx_pb.h"', True),
    ("runtime/program/a.cc", "#include <google/protobuf/arena.h>", True),
    ("kernels/reference/a.cc", '#include "kernels/cpu/table.h"', True),
    ("kernels/cpu/onednn/a.cc", "#include <oneapi/dnnl/dnnl.hpp>", False),
    ("kernels/cpu/a.cc", "#include <oneapi/dnnl/dnnl.hpp>", True),
    ("kernels/cpu/onednn_more/a.cc", "#include <dnnl.h>", True),
    ("runtime/session/a.cc", "#include <dnnl.h>", True),
    ("kernels/cpu/a.cc", '#include "hwy/highway.h"', False),
    ("kernels/numerics/a.cc", "#include <hwy/highway.h>", True),
    ("runtime/session/a.cc", '#include "runtime/binding/bind.h"', False),
    ("runtime/binding/a.cc", '#include "runtime/session/session.h"', True),
    ("runtime/binding/a.cc", '#include "kernels/cpu/table.h"', True),
    ("runtime/include/octet/octet.h", '#include "runtime/core/status.h"', True),
    ("runtime/api/a.cc", '#include "octet/octet.h"', False),
    ("apps/run_model/main.cc", '#include "runtime/api/model.h"', False),
    ("apps/run_model/main.cc", '#include "apps/run_model/batch/batch.h"', False),
    ("runtime/api/a.cc", '#include "apps/run_model/batch/batch.h"', True),
    ("runtime/surprise/a.cc", '#include "runtime/core/status.h"', True),
)


def self_check():
    errors = []
    for path, line, expected in SELF_CHECKS:
        found = check_line(path, line)
        if bool(found) != expected:
            errors.append(f"self-check: {path}: {line!r} gave {found!r}")
    # The same through the whole walk over a tree.
    with tempfile.TemporaryDirectory() as root:
        folder = os.path.join(root, "runtime", "core")
        os.makedirs(folder)
        with open(os.path.join(folder, "bad.h"), "w", encoding="utf-8") as file:
            file.write('#include <vector>\n#include "runtime/graph/graph.h"\n')
        violations, count = check_tree(root)
        if count != 2 or len(violations) != 1 or not violations[0].startswith("runtime/core/bad.h:2:"):
            errors.append(f"self-check: a planted violation gave {violations!r}, {count} includes")
    return errors


def main():
    errors = self_check()
    violations, count = check_tree(ROOT)
    for text in errors + violations:
        print(text, file=sys.stderr)
    if count == 0:
        print("no include line was read; is this the root of the tree?", file=sys.stderr)
    print(f"{count} include lines read, {len(violations)} violations, {len(errors)} failed self-checks")
    return 1 if errors or violations or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
