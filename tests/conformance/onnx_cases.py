#!/usr/bin/env python3
"""Runs the official test cases of the pip package onnx and compares them with the list of those that do not pass.

  onnx_cases.py RUN_MODEL FOLDER [--filter REGEX] [--jobs N] [--update]

FOLDER keeps the cases, which are written once for each version of the package. not_passed.json beside this script has the
cases that do not pass by the reason for it. Exit 1 where a case is neither passed nor listed, or where run_model crashed:
the score can only rise. --update drops from the list what passes now, and adds what it lacks under the words of run_model,
which a person may want to change.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import warnings

import onnx
from onnx import TensorProto, numpy_helper

LIST = pathlib.Path(__file__).with_name("not_passed.json")
TIMEOUT = 120
RTOL, ATOL = 1e-3, 1e-7  # ONNX's own
BFLOAT16_RTOL = 2.0**-6  # its runner allows two steps
VERDICTS = {0: "passed", 1: "failed", 2: "refused"}


def write_value(path, value, info):
    """One input or output, of whatever kind its type says."""
    kind = info.type.WhichOneof("value")
    if not isinstance(value, TensorProto):
        make = {"sequence_type": numpy_helper.from_list, "optional_type": numpy_helper.from_optional,
                "map_type": numpy_helper.from_dict}.get(kind, numpy_helper.from_array)
        value = make(value, info.name)
    path.write_bytes(value.SerializeToString())


def write_tolerance(folder, model, rtol=RTOL, atol=ATOL):
    if any(o.type.tensor_type.elem_type == TensorProto.BFLOAT16 for o in model.graph.output):
        rtol = max(rtol, BFLOAT16_RTOL)
    (folder / "tolerance.json").write_text(json.dumps({"rtol": rtol, "atol": atol}))


def write_node_cases(out):
    """The cases of single ops: the package makes them by its own code."""
    from onnx.backend.test.loader import load_model_tests
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tests = load_model_tests(kind="node")
    for test in tests:
        folder = out / test.name
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(test.model.SerializeToString())
        for number, (inputs, outputs) in enumerate(test.data_sets):
            data = folder / f"test_data_set_{number}"
            data.mkdir()
            for i, value in enumerate(inputs):
                write_value(data / f"input_{i}.pb", value, test.model.graph.input[i])
            for i, value in enumerate(outputs):
                write_value(data / f"output_{i}.pb", value, test.model.graph.output[i])
        write_tolerance(folder, test.model, test.rtol, test.atol)


def write_stored_cases(data, out):
    """Those that the package holds as files."""
    for source in sorted(data.glob("*/model.onnx")):
        folder = out / source.parent.name
        shutil.copytree(source.parent, folder)
        tolerance = folder / "data.json"
        given = json.loads(tolerance.read_text()) if tolerance.exists() else {}
        write_tolerance(folder, onnx.load(source), given.get("rtol", RTOL), given.get("atol", ATOL))


def write_light_cases(data, out):
    """Whole networks whose weights are made by nodes. The package has their outputs, and a rule for the inputs."""
    from onnx.backend.test.case.model import collect_testcases
    from onnx.backend.test.runner import Runner
    tests = {test.model_name: test for test in collect_testcases() if test.kind == "real"}
    for source in sorted(data.glob("*.onnx")):
        name = source.stem.removeprefix("light_")
        model = onnx.load(source)
        outputs = [source.with_name(f"{source.stem}_output_{i}.pb") for i in range(len(model.graph.output))]
        if not all(path.exists() for path in outputs):
            continue
        folder = out / source.stem
        values = folder / "test_data_set_0"
        values.mkdir(parents=True)
        shutil.copy(source, folder / "model.onnx")
        initializers = {tensor.name for tensor in model.graph.initializer}
        inputs = [value for value in model.graph.input if value.name not in initializers]
        for i, value in enumerate(inputs):
            array = Runner.generate_dummy_data(value, seed=0, name=name, random=False)
            write_value(values / f"input_{i}.pb", array, value)
        for i, path in enumerate(outputs):
            shutil.copy(path, values / f"output_{i}.pb")
        test = tests.get(name)
        write_tolerance(folder, model, test.rtol if test else RTOL, test.atol if test else ATOL)


def write_cases(root):
    folder = root / f"onnx-{onnx.__version__}"
    done = folder / "complete"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        data = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data"
        write_node_cases(folder / "node")
        for kind in ("simple", "pytorch-operator", "pytorch-converted"):
            write_stored_cases(data / kind, folder / kind)
        write_light_cases(data / "light", folder / "light")
        done.touch()
    return {f"{path.parent.parent.name}/{path.parent.name}": path.parent for path in sorted(folder.glob("*/*/model.onnx"))}


def run_case(run_model, folder):
    """The verdict on a case, and what run_model said."""
    tolerance = json.loads((folder / "tolerance.json").read_text())
    command = [run_model, "--model", str(folder / "model.onnx"), "--verify", str(folder), "--rtol", str(tolerance["rtol"]),
               "--atol", str(tolerance["atol"])]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return "crashed", f"no end after {TIMEOUT} s"
    said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
    last = said[-1].split("model.onnx: ")[-1] if said else f"exit status {done.returncode}"
    return VERDICTS.get(done.returncode, "crashed"), last


def run_cases(run_model, cases, jobs):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return dict(zip(cases, pool.map(lambda folder: run_case(run_model, folder), cases.values())))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run_model")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--filter", default="", help="only cases whose name it matches")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--update", action="store_true", help="write the list anew")
    options = parser.parse_args()

    cases = {name: folder for name, folder in write_cases(options.folder).items() if re.search(options.filter, name)}
    listed = {name: reason for reason, names in json.loads(LIST.read_text()).items() for name in names}
    results = run_cases(options.run_model, cases, options.jobs)
    counts = collections.Counter(verdict for verdict, _ in results.values())
    missed = {name: said for name, (verdict, said) in results.items() if verdict != "passed"}
    crashed = [name for name, (verdict, _) in results.items() if verdict == "crashed"]
    fallen = sorted(set(missed) - set(listed))
    risen = sorted(name for name in listed if name in results and name not in missed)

    if options.update:
        by_reason = collections.defaultdict(list)
        for name, reason in sorted({**missed, **listed}.items()):
            if name not in risen:
                by_reason[reason].append(name)
        LIST.write_text(json.dumps(dict(sorted(by_reason.items())), indent=1) + "\n")
    else:
        for name in fallen:
            print(f"{name}: {results[name][0]}, and not in {LIST.name}: {missed[name]}")
        for name in risen:
            print(f"{name}: passes now; run with --update to drop it from {LIST.name}")
    print(f"onnx {onnx.__version__}: {counts['passed']} of {len(cases)} passed, {counts['failed']} differ, "
          f"{counts['refused']} refused, {counts['crashed']} crashed")
    sys.exit(1 if crashed or (fallen and not options.update) else 0)


if __name__ == "__main__":
    main()
