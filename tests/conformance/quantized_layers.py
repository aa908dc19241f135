#!/usr/bin/env python3
"""Whether the linear layers of quantized models run on quantized kernels.

  quantized_layers.py RUN_MODEL CASES      exit 1 where one does not

CASES is searched for model.onnx. A model is quantized where it holds codes: QuantizeLinear, DequantizeLinear,
DynamicQuantizeLinear, MatMulInteger, MatMulNBits and the like. Each of its layers must run on a quantized kernel, unless
the file itself keeps the layer's weights as floats: no float layer over dequantized weights, and no kernel of last
resort.
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


def float_layers(graph):
    """Names of the nodes that multiply by an initializer of floats."""
    floats = {tensor.name for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT}
    products = ("MatMul", "Gemm", "Conv", "FusedMatMul", "LSTM", "GRU", "RNN")
    return {
        name
        for node in graph.node if node.op_type in products and floats.intersection(node.input[:3])
        for name in [node.name, *node.output] if name
    }


def faults_of(run_model, path, kept_float):
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
        if kernel.startswith("linear/") and node["node"] not in kept_float:
            faults.append(f"{node['node']} runs on {kernel}")
        if kernel == "quantized_linear/reference":
            faults.append(f"{node['node']} runs on {kernel}")
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
        graph = onnx.load(str(model), load_external_data=False).graph
        if not any(node.op_type in QUANTIZED_OPS for node in graph.node):
            continue
        seen += 1
        name = str(model.parent.relative_to(args.cases))
        faults = faults_of(args.run_model, model, float_layers(graph))
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
