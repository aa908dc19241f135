"""LSTM from a file to its answers: against the formulas in numpy, for any number of threads, quantized, and of codes."""
import json
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from run_model_cli import RunModelTest, run

STEPS, BATCH, FEATURES, HIDDEN = 9, 3, 24, 160


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def dynamic(x):
    """What the codes stand for that DynamicQuantizeLinear makes of x."""
    x = x.astype(np.float32)
    low, high = min(x.min(), 0), max(x.max(), 0)
    scale = np.float32((high - low) / np.float32(255)) or np.float32(1)
    zero_point = np.clip(np.rint(-low / scale), 0, 255)
    return ((np.clip(np.rint(x / scale) + zero_point, 0, 255) - zero_point) * scale).astype(np.float64)


def lstm(x, w, r, b, rounding=lambda h: h):
    """States after each step; gates in ONNX's order i, o, f, c. rounding: of the states before R's products."""
    h = c = np.zeros((x.shape[1], r.shape[1]))
    states = []
    for step in x:
        i, o, f, g = np.split(step @ w.T + rounding(h) @ r.T + b[: len(w)] + b[len(w):], 4, axis=1)
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


class DynamicQuantizeLstm(RunModelTest):
    """W and R as codes, as ONNX Runtime's quantizer writes them."""

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(12)
        self.x = random.standard_normal((STEPS, BATCH, FEATURES)).astype(np.float32)
        self.b = random.uniform(-0.1, 0.1, (2, 8 * HIDDEN)).astype(np.float32)
        self.random = random

    def weights(self, rows, per_column):
        scales = self.random.uniform(0.5, 1, (2, 4 * HIDDEN) if per_column else (2,)).astype(np.float32) / np.float32(127 * HIDDEN**0.5)
        return self.random.integers(-127, 128, (2, rows, 4 * HIDDEN)).astype(np.int8), scales

    def save_model(self, per_column):
        arrays = {"b": self.b}
        for name, rows in (("w", FEATURES), ("r", HIDDEN)):
            arrays[name], arrays[f"{name}_scale"] = self.weights(rows, per_column)
            arrays[f"{name}_zero"] = np.zeros(arrays[f"{name}_scale"].shape, np.int8)
        node = helper.make_node("DynamicQuantizeLSTM", ["x", "w", "r", "b", "", "", "", "", "w_scale", "w_zero", "r_scale", "r_zero"], ["y"], "cell",
                                domain="com.microsoft", hidden_size=HIDDEN, direction="bidirectional")
        graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["steps", "batch", FEATURES])],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
                                  [numpy_helper.from_array(array, name) for name, array in arrays.items()])
        path = self.folder / "lstm.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14), helper.make_opsetid("com.microsoft", 1)], ir_version=8), path)
        return path, arrays

    def output(self, path, *arguments):
        self.check(run("--model", path, "--input", f"x={self.save('x', self.x)}", "--output-npz", self.folder / "out.npz", *arguments))
        with np.load(self.folder / "out.npz") as arrays:
            return arrays["y"]

    def expected(self, arrays, x, rounding):
        """[steps, directions, batch, hidden]"""
        states = []
        for direction, steps in enumerate((x, x[::-1])):
            w, r = (arrays[name][direction] * arrays[f"{name}_scale"].astype(np.float64)[direction] for name in "wr")
            states.append(lstm(steps, w.T, r.T, self.b[direction].astype(np.float64), rounding))
        return np.stack([states[0], states[1][::-1]], axis=1)

    def test_answers(self):
        """X by the range of the tensor, the hidden states in float: ONNX Runtime rounds those, too, to codes of 1/255 of
        their range. A state is in [-1, 1], so that a step's error is at most 2^-9 in each of HIDDEN terms of at most
        1/HIDDEN^0.5; 0.004 is what errors of random sign come to."""
        for per_column in (False, True):
            path, arrays = self.save_model(per_column)
            found = self.output(path)
            np.testing.assert_allclose(found, self.expected(arrays, dynamic(self.x), lambda h: h), rtol=0, atol=184 * 2.0**-24 * 16)
            rounded = abs(found - self.expected(arrays, dynamic(self.x), dynamic)).max()
            self.assertTrue(1e-4 < rounded < 0.004, rounded)
            by_token = np.stack([[dynamic(row) for row in step] for step in self.x])
            np.testing.assert_allclose(self.output(path, "--requantize"), self.expected(arrays, by_token, lambda h: h), rtol=0, atol=2e-3)

    def test_layers(self):
        path, arrays = self.save_model(True)
        listed = {layer["name"]: layer for layer in json.loads(self.check(run("--model", path, "--list-weights", "--json")).stdout)}
        self.assertEqual(sorted(listed), ["cell/forward/input", "cell/forward/recurrence", "cell/reverse/input", "cell/reverse/recurrence"])
        for name, layer in listed.items():
            if name.endswith("/input"):
                self.assertIn("u8 per tensor", layer["scheme"])
            else:
                self.assertEqual(layer["scheme"], "none")
                self.assertIn("recurrence stay float", layer["reason"])
        nodes = json.loads(self.check(run("--model", path, "--explain", "--json")).stdout)
        kernels = [node["kernel"] for node in nodes if "linear" in node["op"]]
        self.assertTrue(kernels and all(kernel.startswith("quantized_linear/") and "reference" not in kernel for kernel in kernels), kernels)
        self.check(run("--model", path, "--dump-weight", "cell/reverse/input", "--output-dir", self.folder / "parts"))
        np.testing.assert_array_equal(np.load(self.folder / "parts" / "int_data.npy"), arrays["w"][1].T)
        np.testing.assert_array_equal(np.load(self.folder / "parts" / "scale.npy"), arrays["w_scale"][1])


if __name__ == "__main__":
    unittest.main()
