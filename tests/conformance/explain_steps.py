#!/usr/bin/env python3
"""Whether models still take no more steps and copies than they did.

  explain_steps.py RUN_MODEL CASES BASELINE.json            exit 1 where a case takes more
  explain_steps.py RUN_MODEL CASES BASELINE.json --update   writes what they take now

CASES is searched for model.onnx. Cases that the baseline does not know, and those that do not load, are passed over:
what runs is judged by other tests. A step is a region or a task; a copy is a step that only moves elements.
"""
import argparse
import json
import pathlib
import subprocess
import sys

SCHEMES = ("none", "w8a8")


def steps_of(run_model, model, scheme):
    """[steps, copies], or None where the model does not load."""
    command = [run_model, "--model", str(model), "--quantize", scheme, "--explain", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        return None
    nodes = json.loads(done.stdout)
    steps = {node["step"] for node in nodes if node["step"] >= 0}
    copies = sum(node["kernel"] == "copy" for node in nodes if node["step"] >= 0)
    return [len(steps), copies]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run_model")
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("baseline", type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()

    found = {}
    for model in sorted(args.cases.rglob("model.onnx")):
        name = str(model.parent.relative_to(args.cases))
        taken = {scheme: steps_of(args.run_model, model, scheme) for scheme in SCHEMES}
        if any(taken.values()):
            found[name] = taken
    if args.update:
        lines = [f"  {json.dumps(name)}: {json.dumps(taken)}" for name, taken in sorted(found.items())]
        args.baseline.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        return 0

    baseline = json.loads(args.baseline.read_text())
    worse = 0
    for name, taken in found.items():
        for scheme, before in baseline.get(name, {}).items():
            now = taken[scheme]
            if before is None or now is None or (now[0] <= before[0] and now[1] <= before[1]):
                continue
            worse += 1
            print(f"{name}, {scheme}: {now[0]} steps and {now[1]} copies, {before[0]} and {before[1]} before")
    print(f"explain_steps: {len(found)} models, {worse} take more steps or copies than before")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
