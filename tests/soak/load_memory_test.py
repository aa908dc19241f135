"""What loading takes from the system, for models that ask for much with few bytes.

Runs OCTET_SOAK_PROGRAM (soak.cc) on models made here. The engine's own count is tested in regression/load_memory_test.cc; here it
is compared with the peak of the process, which also holds what oneDNN and the C++ library take.
"""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MB = 1 << 20
BASE_MB = 40  # the libraries themselves


def model(nodes, initializers, inputs, output):
    def value(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "g", [value(*each) for each in inputs], [value(output, None)], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def floats(name, *shape):
    return numpy_helper.from_array(np.random.default_rng(1).standard_normal(shape, np.float32) * np.float32(0.02), name)


class LoadMemory(unittest.TestCase):
    def load(self, made, quantize, ceiling_mb=0):
        with tempfile.TemporaryDirectory() as folder:
            path = str(pathlib.Path(folder) / "model.onnx")
            onnx.save(made, path)
            command = [os.environ["OCTET_SOAK_PROGRAM"], "load", path, quantize, str(ceiling_mb)]
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            figures = json.loads(done.stdout)
            print(f"{self.id().split('.')[-1]} {quantize}, {os.path.getsize(path) / MB:.1f} MB: {done.stdout.strip()}",
                  flush=True)
            return figures

    @staticmethod
    def chain(op, length):
        nodes = [helper.make_node("Gemm", ["x", "w"], ["y0"])]
        nodes += [helper.make_node(op, [f"y{i}", "c"], [f"y{i + 1}"]) for i in range(length)]
        constants = [floats("w", 1024, 1024), numpy_helper.from_array(np.full(1024, 1.0001, np.float32), "c")]
        return model(nodes, constants, [("x", ["n", 1024])], f"y{length}")

    def test_a_chain_after_a_layer(self):
        for op in ("Mul", "Add", "Div"):
            for quantize in ("none", "w8a8"):
                figures = self.load(self.chain(op, 2000), quantize)
                self.assertLess(figures["loading_peak_mb"], BASE_MB + 40)

    @staticmethod
    def stack(layers, size):
        nodes = [helper.make_node("MatMul", [f"x{i}", "w"], [f"x{i + 1}"]) for i in range(layers)]
        return model(nodes, [floats("w", size, size)], [("x0", ["n", size])], f"x{layers}")

    def test_one_weight_in_many_layers(self):
        for layers, size in ((12, 2048), (2000, 1024)):
            weight_mb = 4 * size * size / MB
            figures = self.load(self.stack(layers, size), "w8a8")
            # While it loads, its floats are read and transposed.
            self.assertLess(figures["loading_peak_mb"], BASE_MB + 2.5 * weight_mb + layers * 12 / 1024)
            self.assertLess(figures["session_mb"], BASE_MB + weight_mb / 4 + layers * (8 + 12 * size / 1024) / 1024)
            figures = self.load(self.stack(layers, size), "none")
            self.assertLess(figures["loading_peak_mb"], BASE_MB + 2.2 * weight_mb + layers * 12 / 1024)
            self.assertLess(figures["session_mb"], BASE_MB + weight_mb + layers * 12 / 1024)

    def test_many_tiny_layers(self):
        layers = 13000
        nodes = [helper.make_node("MatMul", [f"{i}", "w"], [f"{i + 1}"]) for i in range(layers)]
        tiny = model(nodes, [floats("w", 4, 4)], [("0", ["n", 4])], f"{layers}")
        for quantize in ("none", "w8a8"):
            figures = self.load(tiny, quantize, ceiling_mb=512)
            self.assertLess(figures["session_mb"], BASE_MB + layers * 16 / 1024)
            # What is counted is what there is, but for the libraries.
            self.assertLess(figures["session_mb"] - figures["before_mb"], 2 * figures["counted_mb"] + 20)


if __name__ == "__main__":
    unittest.main()
