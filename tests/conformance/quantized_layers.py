#!/usr/bin/env python3
"""Whether the linear layers of quantized models run on quantized kernels.

  quantized_layers.py RUN_MODEL CASES      exit 1 where one does not

CASES is searched for model.onnx. A model is quantized where it holds codes: QuantizeLinear, DequantizeLinear,
DynamicQuantizeLinear, MatMulInteger, MatMulNBits and the like. Each of its layers must be listed with a scheme that is
not "none", and run on a kernel for it: no float layer over dequantized weights, and no kernel of last resort. Models
that do not load are passed over, and counted.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import onnx

QUANTIZED_OPS = ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger",
                 "QLinearMatMul", "QLinearConv", "MatMulNBits", "GatherBlockQuantized", "QGemm", "QAttention",
                 "DynamicQuantizeMatMul", "MatMulIntegerToFloat", "DynamicQuantizeLSTM")


def is_quantized(path):
    model = onnx.load(str(path), load_external_data=False)
    return any(node.op_type in QUANTIZED_OPS for node in model.graph.node)


def faults_of(run_model, path):
    """What is wrong with the layers of a model, as texts; None where it does not load."""
    command = [run_model, "--model", str(path), "--explain", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        return None
    faults = []
    layers = 0
    for node in json.loads(done.stdout):
        kernel = node["kernel"]
        if kernel.startswith("quantized_linear/"):
            layers += 1
        if kernel.startswith("linear/"):
            faults.append(f"{node['name']} runs on {kernel}")
        if kernel == "quantized_linear/reference":
            faults.append(f"{node['name']} runs on {kernel}")
    if layers == 0:
        faults.append("it has no quantized layer")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run_model")
    parser.add_argument("cases", type=pathlib.Path)
    args = parser.parse_args()

    seen, refused, wrong = 0, 0, 0
    for model in sorted(args.cases.rglob("model.onnx")):
        if not is_quantized(model):
            continue
        seen += 1
        name = str(model.parent.relative_to(args.cases))
        faults = faults_of(args.run_model, model)
        if faults is None:
            refused += 1
            print(f"{name}: does not load")
        elif faults:
            wrong += 1
            print(f"{name}: {'; '.join(faults[:3])}" + (f"; {len(faults) - 3} more" if len(faults) > 3 else ""))
    print(f"quantized_layers: {seen} quantized models, {refused} do not load, {wrong} with layers that are not quantized")
    return 1 if wrong or refused else 0


if __name__ == "__main__":
    sys.exit(main())
