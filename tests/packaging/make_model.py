#!/usr/bin/env python3
"""Writes the packaging tests' model: make_model.py OUT.onnx.

y = x W^T + 1 with W = 2 I, x float32 [batch, 8], its layer named "affine": what it computes is exact in float, and its
int8 codes are known (127 on the diagonal).
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def main():
    arrays = {"affine.weight": 2 * np.eye(8, dtype=np.float32), "affine.bias": np.ones(8, np.float32)}
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "affine.weight", "affine.bias"], ["y"], "affine", transB=1)], "affine",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 8])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="octet-tests")
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, sys.argv[1])


if __name__ == "__main__":
    main()
