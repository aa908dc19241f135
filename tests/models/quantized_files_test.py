"""Models that other tools have quantized: every form lands on quantized layers with the file's own codes, scales and
zero points, and gives what the file says."""
import json
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from run_model_cli import RunModelTest, run

K, N = 48, 24
RANDOM = np.random.default_rng(11)
CODES = RANDOM.integers(-127, 128, (K, N)).astype(np.int8)
SCALES = RANDOM.uniform(0.001, 0.02, N).astype(np.float32)
ZEROS = RANDOM.integers(-9, 10, N).astype(np.int8)
BIAS = RANDOM.standard_normal(N).astype(np.float32)
SRC = RANDOM.standard_normal((5, K)).astype(np.float32)
WEIGHTS = (CODES.astype(np.float32) - ZEROS) * SCALES


def constants(**arrays):
    return [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()]


def quantized(x, scale, zero_point, low, high):
    return np.clip(np.rint(x / np.float32(scale)) + zero_point, low, high)


def dynamic(x):
    """What DynamicQuantizeLinear and DequantizeLinear make of x."""
    low, high = min(x.min(), 0), max(x.max(), 0)
    scale = np.float32((high - low) / np.float32(255))
    zero_point = np.clip(np.rint(-low / scale), 0, 255)
    return (quantized(x, scale, zero_point, 0, 255) - zero_point) * scale


class QuantizedFiles(RunModelTest):
    def save_form(self, nodes, initializers, opset=21, domains=()):
        graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["m", K])],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["m", N])], initializers)
        imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
        path = self.folder / "model.onnx"
        onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=10), path)
        return path

    def result(self, path, *arguments):
        self.check(run("--model", path, "--input", f"x={self.save('x', SRC)}", "--output", self.folder / "y.npy", *arguments))
        return np.load(self.folder / "y.npy")

    def layer(self, path, *arguments):
        """The one layer; it must run on a kernel for quantized layers."""
        layers = json.loads(self.check(run("--model", path, "--list-weights", "--json", *arguments)).stdout)
        self.assertEqual(len(layers), 1)
        nodes = json.loads(self.check(run("--model", path, "--explain", "--json", *arguments)).stdout)
        kernels = [node["kernel"] for node in nodes if "linear" in node["op"]]
        self.assertTrue(all(kernel.startswith("quantized_linear/") and "reference" not in kernel for kernel in kernels), kernels)
        return layers[0]

    def check_parts(self, path, name, codes, scale, zero_point):
        """The file's parts, [N, K]."""
        self.check(run("--model", path, "--dump-weight", name, "--output-dir", self.folder / "parts"))
        for file, expected in (("int_data", codes), ("scale", scale), ("zero_point", zero_point)):
            if expected is not None:
                found = np.load(self.folder / "parts" / f"{file}.npy")
                self.assertEqual((found.dtype, found.shape), (expected.dtype, expected.shape), file)
                np.testing.assert_array_equal(found, expected, file)

    def test_weights_alone(self):
        nodes = [helper.make_node("DequantizeLinear", ["w", "s", "z"], ["d"], axis=1),
                 helper.make_node("MatMul", ["x", "d"], ["m"], "fc"), helper.make_node("Add", ["m", "b"], ["y"])]
        path = self.save_form(nodes, constants(w=CODES, s=SCALES, z=ZEROS, b=BIAS))
        layer = self.layer(path)
        self.assertEqual((layer["name"], layer["scheme"]), ("fc", "s8 per_channel with zero points, float"))
        self.check_parts(path, "w", CODES.T, SCALES, ZEROS)
        np.testing.assert_allclose(self.result(path), SRC @ WEIGHTS + BIAS, rtol=1e-4, atol=1e-4)

    def test_static(self):
        """Codes in, codes out: u8 and s8, a bias of int32."""
        scale, zero_point, out_scale = np.float32(0.03), 120, np.float32(0.02)
        for dtype, shift in ((np.uint8, 0), (np.int8, 128)):
            low = -shift
            nodes = [helper.make_node("QuantizeLinear", ["x", "xs", "xz"], ["xq"]),
                     helper.make_node("DequantizeLinear", ["xq", "xs", "xz"], ["xd"]),
                     helper.make_node("DequantizeLinear", ["w", "s", "z"], ["d"], axis=1),
                     helper.make_node("DequantizeLinear", ["b", "bs"], ["bd"], axis=0),
                     helper.make_node("MatMul", ["xd", "d"], ["m"], "fc"), helper.make_node("Add", ["m", "bd"], ["a"]),
                     helper.make_node("QuantizeLinear", ["a", "ys", "xz"], ["yq"]),
                     helper.make_node("DequantizeLinear", ["yq", "ys", "xz"], ["y"])]
            zero = dtype(zero_point - shift)
            bias = np.rint(BIAS / (scale * SCALES)).astype(np.int32)
            path = self.save_form(nodes, constants(xs=scale, xz=zero, w=CODES, s=SCALES, z=np.zeros(N, np.int8), b=bias,
                                                   bs=(scale * SCALES).astype(np.float32), ys=out_scale))
            self.assertIn("static", self.layer(path)["scheme"])
            self.check_parts(path, "fc", CODES.T, SCALES, np.zeros(N, np.int8))
            src = (quantized(SRC, scale, zero, low, low + 255) - np.float32(zero)) * scale
            exact = src.astype(np.float64) @ (CODES * SCALES.astype(np.float64)) + bias * (scale * SCALES)
            expected = (quantized(exact, out_scale, zero, low, low + 255) - zero) * out_scale
            np.testing.assert_allclose(self.result(path), expected, atol=out_scale * 1.01)  # a tie may round either way
            self.assertGreater(np.mean(np.abs(self.result(path) - expected) < 1e-5), 0.98)

    def dynamic_form(self, scales):
        nodes = [helper.make_node("DynamicQuantizeLinear", ["x"], ["xq", "xs", "xz"]),
                 helper.make_node("MatMulInteger", ["xq", "w", "xz", "z"], ["i"], "fc"),
                 helper.make_node("Cast", ["i"], ["f"], to=TensorProto.FLOAT), helper.make_node("Mul", ["xs", "s"], ["ss"]),
                 helper.make_node("Mul", ["f", "ss"], ["p"]), helper.make_node("Add", ["p", "b"], ["y"])]
        return self.save_form(nodes, constants(w=CODES, s=scales, z=np.int8(3), b=BIAS))

    def test_dynamic(self):
        """The range is the tensor's, as the file says, and each token's where the user asks."""
        for scales in (SCALES, np.float32(0.01)):
            path = self.dynamic_form(scales)
            weights = (CODES.astype(np.float32) - 3) * scales
            self.assertIn("u8 per tensor", self.layer(path)["scheme"])
            np.testing.assert_allclose(self.result(path), dynamic(SRC) @ weights + BIAS, rtol=1e-4, atol=1e-4)
            self.assertIn("u8 per token", self.layer(path, "--requantize")["scheme"])
            by_token = np.stack([dynamic(row) for row in SRC]) @ weights + BIAS
            np.testing.assert_allclose(self.result(path, "--requantize"), by_token, rtol=1e-3, atol=2e-3)
        self.check_parts(path, "fc", CODES.T, np.array([0.01], np.float32), np.array([3], np.int8))

    def test_fused_dynamic(self):
        nodes = [helper.make_node("DynamicQuantizeMatMul", ["x", "w", "s", "z", "b"], ["y"], "fc", domain="com.microsoft")]
        path = self.save_form(nodes, constants(w=CODES, s=SCALES, z=ZEROS, b=BIAS), domains=["com.microsoft"])
        self.assertIn("u8 per tensor", self.layer(path)["scheme"])
        np.testing.assert_allclose(self.result(path), dynamic(SRC) @ WEIGHTS + BIAS, rtol=1e-4, atol=1e-4)

    def test_four_bits_in_blocks(self):
        codes = RANDOM.integers(-8, 8, (K, N)).astype(np.int8)
        scales = RANDOM.uniform(0.01, 0.1, (K // 16, N)).astype(np.float32)
        weight = helper.make_tensor("w", TensorProto.INT4, (K, N), codes)
        nodes = [helper.make_node("DequantizeLinear", ["w", "s"], ["d"], axis=0, block_size=16),
                 helper.make_node("MatMul", ["x", "d"], ["y"], "fc")]
        path = self.save_form(nodes, [weight, *constants(s=scales)])
        self.assertEqual(self.layer(path)["scheme"], "s4 blocked 16, float")
        self.check_parts(path, "fc", codes.T, scales.T, None)
        expected = SRC @ (codes * np.repeat(scales, 16, axis=0))
        np.testing.assert_allclose(self.result(path), expected, rtol=1e-4, atol=1e-4)

    def test_codes_that_are_floats(self):
        """They stay a float layer, which says why; --quantize makes it one of its own codes."""
        numbers = np.random.default_rng(3).standard_normal((K, N)).astype(np.float32)
        codes = numbers.astype(helper.tensor_dtype_to_np_dtype(TensorProto.FLOAT8E4M3FN))
        weight = helper.make_tensor("w", TensorProto.FLOAT8E4M3FN, (K, N), codes.tobytes(), raw=True)
        nodes = [helper.make_node("DequantizeLinear", ["w", "s"], ["d"], axis=1), helper.make_node("MatMul", ["x", "d"], ["y"], "fc")]
        path = self.save_form(nodes, [weight, *constants(s=SCALES)])
        layer, = json.loads(self.check(run("--model", path, "--list-weights", "--json")).stdout)
        self.assertEqual(layer["scheme"], "none")
        self.assertIn("its weights are float8_e4m3fn", layer["reason"])
        expected = SRC @ (codes.astype(np.float32) * SCALES)
        np.testing.assert_allclose(self.result(path), expected, rtol=1e-4, atol=1e-4)
        self.assertEqual(self.layer(path, "--quantize", "w8")["scheme"], "w8")
        np.testing.assert_allclose(self.result(path, "--quantize", "w8"), expected, rtol=0.05, atol=0.05)

    def test_narrow_floats(self):
        """A model whose floats are all float16: layers of 4 bits in blocks in each of their forms, a table, and sums
        between them. Nothing is rounded to float16 on the way."""
        random, block = np.random.default_rng(12), 16
        half = lambda array: np.asarray(array).astype(np.float16)
        wide = lambda array: array.astype(np.float64)
        table_codes = random.integers(0, 16, (10, K))
        table_scales = half(random.uniform(0.01, 0.1, (10, K // block)))
        codes = [random.integers(0, 16, (K, K)) for _ in range(2)]
        scales = [half(random.uniform(0.01, 0.05, (K, K // block))) for _ in range(2)]
        zeros = half(random.uniform(6, 9, (K, K // block)))
        bias = half(random.standard_normal(K))
        signed, by_column = random.integers(-8, 8, (K, N)), half(random.uniform(0.01, 0.1, (K // block, N)))
        packed = lambda array: (array[..., ::2] | array[..., 1::2] << 4).astype(np.uint8)
        nbits = dict(domain="com.microsoft", N=K, K=K, bits=4, block_size=block)
        nodes = [helper.make_node("GatherBlockQuantized", ["table", "ids", "table_scales"], ["rows"], domain="com.microsoft", block_size=block, bits=4),
                 helper.make_node("Add", ["x", "rows"], ["h"]),
                 helper.make_node("MatMulNBits", ["h", "w0", "s0", "", "", "bias"], ["m0"], "first", **nbits),
                 helper.make_node("Add", ["h", "m0"], ["a0"]),
                 helper.make_node("MatMulNBits", ["a0", "w1", "s1", "z1"], ["m1"], "second", **nbits),
                 helper.make_node("DequantizeLinear", ["w2", "s2"], ["d"], axis=0, block_size=block),
                 helper.make_node("MatMul", ["m1", "d"], ["y"], "third")]
        initializers = [*constants(table=packed(table_codes), table_scales=table_scales, bias=bias, z1=zeros, s2=by_column,
                                   **{f"w{i}": packed(codes[i]).reshape(K, K // block, block // 2) for i in range(2)},
                                   **{f"s{i}": scales[i] for i in range(2)}),
                        helper.make_tensor("w2", TensorProto.INT4, (K, N), signed)]
        graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT16, ["m", K]),
                                               helper.make_tensor_value_info("ids", TensorProto.INT64, ["m"])],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT16, ["m", N])], initializers)
        path = self.folder / "model.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)], ir_version=10), path)
        listed = {layer["name"]: layer["scheme"] for layer in json.loads(self.check(run("--model", path, "--list-weights", "--json")).stdout)}
        self.assertEqual(sorted(listed), ["first", "second", "third"])
        self.assertTrue(all("blocked 16" in scheme and scheme.endswith(", float") for scheme in listed.values()), listed)
        explained = json.loads(self.check(run("--model", path, "--explain", "--json")).stdout)
        self.assertEqual(sum("linear" in node["op"] for node in explained), 3)
        self.assertEqual(sum(node["op"] == "cast" for node in explained), 2, explained)  # in and out

        x, ids = half(SRC), np.array([3, 0, 9, 9, 5])
        self.check(run("--model", path, "--input", f"x={self.save('x', x)}", "--input", f"ids={self.save('ids', ids)}", "--output", self.folder / "y.npy"))
        found = np.load(self.folder / "y.npy")
        self.assertEqual(found.dtype, np.float16)
        spread = lambda array: np.repeat(wide(array), block, axis=1)
        h = wide(x) + ((table_codes - 8) * spread(table_scales))[ids]
        m1 = h + h @ ((codes[0] - 8) * spread(scales[0])).T + wide(bias)
        expected = m1 @ ((codes[1] - spread(zeros)) * spread(scales[1])).T @ (signed * np.repeat(wide(by_column), block, axis=0))
        # The one rounding to float16 is that of the output.
        np.testing.assert_allclose(found, expected, rtol=2.0**-11 + 1e-5, atol=1e-3)

    def test_a_rule_makes_floats(self):
        path = self.dynamic_form(SCALES)
        layers = json.loads(self.check(run("--model", path, "--list-weights", "--json", "--layer", "fc=none")).stdout)
        self.assertEqual(layers[0]["scheme"], "none")
        weights = (CODES.astype(np.float32) - 3) * SCALES
        np.testing.assert_allclose(self.result(path, "--layer", "fc=none"), dynamic(SRC) @ weights + BIAS, rtol=1e-4, atol=1e-4)

    def test_w4_of_floats(self):
        nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], "fc")]
        path = self.save_form(nodes, constants(w=WEIGHTS.astype(np.float32)))
        self.assertEqual(self.layer(path, "--quantize", "w4")["scheme"], "w4")
        exact = SRC @ WEIGHTS
        found = self.result(path, "--quantize", "w4")
        self.assertGreater(np.sum(exact * found) / np.linalg.norm(exact) / np.linalg.norm(found), 0.99)


if __name__ == "__main__":
    unittest.main()
