"""LSTM from a file to its answers: against the formulas in numpy, for any number of threads, and quantized."""
import json
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from run_model_cli import RunModelTest, run

STEPS, BATCH, FEATURES, HIDDEN = 9, 3, 24, 160


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(x, w, r, b):
    """States after each step; gates in ONNX's order i, o, f, c."""
    h = c = np.zeros((x.shape[1], r.shape[1]))
    states = []
    for step in x:
        i, o, f, g = np.split(step @ w.T + h @ r.T + b[: len(w)] + b[len(w):], 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states)


class Recurrent(RunModelTest):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(11)
        shapes = {"w": (2, 4 * HIDDEN, FEATURES), "r": (2, 4 * HIDDEN, HIDDEN), "b": (2, 8 * HIDDEN)}
        self.weights = {name: (random.uniform(-1, 1, dims) / HIDDEN**0.5).astype(np.float32) for name, dims in shapes.items()}
        self.x = random.standard_normal((STEPS, BATCH, FEATURES)).astype(np.float32)
        node = helper.make_node("LSTM", ["x", "w", "r", "b"], ["y"], "cell", hidden_size=HIDDEN, direction="bidirectional")
        graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["steps", "batch", FEATURES])],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
                                  [numpy_helper.from_array(array, name) for name, array in self.weights.items()])
        self.model = self.folder / "lstm.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8), self.model)

    def output(self, *arguments):
        self.check(run("--model", self.model, "--input", f"x={self.save('x', self.x)}", "--output-npz", self.folder / "out.npz", *arguments))
        with np.load(self.folder / "out.npz") as arrays:
            return arrays["y"]

    def test_answers(self):
        found = self.output()
        self.assertEqual(found.shape, (STEPS, 2, BATCH, HIDDEN))
        w, r, b = (self.weights[name].astype(np.float64) for name in "wrb")
        # Sums of 184 terms of at most 0.1 * 4, through steps that do not amplify.
        bound = 184 * 2.0**-24 * 16
        self.assertLess(abs(found[:, 0] - lstm(self.x, w[0], r[0], b[0])).max(), bound)
        self.assertLess(abs(found[:, 1] - lstm(self.x[::-1], w[1], r[1], b[1])[::-1]).max(), bound)

    def test_same_bits(self):
        one = self.output("--threads", 1)
        for threads in (2, 3):
            self.assertEqual(self.output("--threads", threads).tobytes(), one.tobytes())

    def test_layers(self):
        done = self.check(run("--model", self.model, "--list-weights", "--json", "--quantize", "w8a8"))
        listed = {layer["name"]: layer for layer in json.loads(done.stdout)}
        self.assertEqual(sorted(listed), ["cell/forward/input", "cell/forward/recurrence", "cell/reverse/input", "cell/reverse/recurrence"])
        for name, layer in listed.items():
            kind = name.split("/")[-1]
            self.assertEqual((layer["n"], layer["k"]), (4 * HIDDEN, FEATURES if kind == "input" else HIDDEN))
            self.assertEqual(layer["scheme"], "w8a8" if kind == "input" else "none")
            self.assertIn("stay float" if kind == "recurrence" else "", layer["reason"])
        error = abs(self.output("--quantize", "w8a8") - self.output()).max()
        self.assertTrue(0 < error < 0.02, error)


if __name__ == "__main__":
    unittest.main()
