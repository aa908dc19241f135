"""Schemes by name and by layer: what run_model lists, explains, warns of and refuses."""
import json
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from run_model_cli import MLP, RunModelTest, run


class Schemes(RunModelTest):
    def layers(self, *arguments):
        done = self.check(run("--model", MLP, "--list-weights", "--json", *arguments))
        return {layer["name"]: layer for layer in json.loads(done.stdout)}, done.stderr

    def schemes(self, *arguments):
        return {name: layer["scheme"] for name, layer in self.layers(*arguments)[0].items()}

    def test_rules(self):
        """The last rule that names a layer decides; aliases are names, too."""
        self.assertEqual(self.schemes("--quantize", "w8"), {"fc1": "w8", "fc2": "w8"})
        self.assertEqual(self.schemes("--quantize", "w8a8", "--layer", "fc2=none"), {"fc1": "w8a8", "fc2": "none"})
        self.assertEqual(self.schemes("--layer", "fc*=w8", "--layer", "fc2.weight=w8a8"), {"fc1": "w8", "fc2": "w8a8"})
        self.assertEqual(self.schemes("--layer", "fc?=w8", "--layer", "*=none"), {"fc1": "none", "fc2": "none"})

    def test_file_of_rules(self):
        path = self.folder / "rules.json"
        path.write_text('{"fc*": "w8", "fc2": "w8a8"}')
        self.assertEqual(self.schemes("--layer-file", path), {"fc1": "w8", "fc2": "w8a8"})
        self.assertEqual(self.schemes("--layer-file", path, "--layer", "fc1=none"), {"fc1": "none", "fc2": "w8a8"})
        for text, wanted in (('["fc1"]', "JSON object"), ('{"fc1": 8}', "name of a scheme"), ('{"fc1": "w9"}', "w9"), ("{", "JSON object"),
                             ('{"a":' * 200000 + "1" + "}" * 200000, "of type object"), ('{"*\\u0000zzz": "w8"}', "NUL")):
            path.write_text(text)
            self.assertIn(wanted, self.refused("--model", MLP, "--list-weights", "--layer-file", path))
        for path in (self.folder / "nowhere", self.folder):
            self.assertIn("cannot be read", self.refused("--model", MLP, "--list-weights", "--layer-file", path))

    def test_reasons(self):
        layers, warnings = self.layers("--layer", "fc2=w8", "--layer", "head=w8")
        self.assertEqual((layers["fc1"]["reason"], layers["fc2"]["reason"]), ("no scheme was asked for", ""))
        self.assertIn('pattern "head"', warnings)
        layers, warnings = self.layers("--quantize", "w8", "--layer", "fc1=none")
        self.assertEqual((layers["fc1"]["reason"], warnings), ('the pattern "fc1" asks for none', ""))
        self.assertIn(layers["fc2"]["products"], ("bf16", "f32"))

    def test_refused(self):
        self.assertIn("expected one of none, bf16, w8a8, w8, w4", self.refused("--model", MLP, "--bench", "--quantize", "w9"))
        self.assertIn("no kernels for codes of 4 bits and quantized", self.refused("--model", MLP, "--bench", "--layer", "fc1=w4a8"))
        for rule in ("fc1", "=w8", "fc1="):
            self.refused("--model", MLP, "--bench", "--layer", rule)

    def save_products(self):
        """y = x . w, then a product per head, of float16 weights, of computed ones."""
        random = np.random.default_rng(7)
        weights = [numpy_helper.from_array(random.standard_normal(dims).astype(dtype), name)
                   for name, dims, dtype in (("w", (8, 8), np.float32), ("one", (1, 8, 8), np.float32), ("heads", (2, 8, 8), np.float32))]
        nodes = [helper.make_node("MatMul", ["x", "w"], ["a"], "plain"), helper.make_node("MatMul", ["a", "one"], ["b"], "leading_one"),
                 helper.make_node("MatMul", ["b", "heads"], ["c"], "per_head"), helper.make_node("Transpose", ["c"], ["t"], perm=[0, 2, 1]),
                 helper.make_node("MatMul", ["c", "t"], ["y"], "computed")]
        graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8])],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], weights)
        path = self.folder / "products.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
        return path

    def test_products_that_are_no_layers(self):
        path = self.save_products()
        done = self.check(run("--model", path, "--list-weights", "--json", "--quantize", "w8"))
        listed = {layer["name"]: layer for layer in json.loads(done.stdout)}
        self.assertEqual({name: layer["scheme"] for name, layer in listed.items()},
                         {"plain": "w8", "leading_one": "w8", "per_head": "none", "computed": "none"})
        self.assertIn("many matrices", listed["per_head"]["reason"])
        self.assertIn("neither operand is a constant", listed["computed"]["reason"])
        self.assertRegex(done.stderr, r'^run_model: warning: .*2 products stay float, the first is node "per_head" \(MatMul\)')
        self.assertEqual(done.stderr.count("\n"), 1)
        explained = {node["node"]: node for node in json.loads(self.check(run("--model", path, "--explain", "--json", "--quantize", "w8")).stdout)}
        self.assertEqual((explained["plain"]["scheme"], explained["computed"]["scheme"]), ("w8", "none"))
        self.assertIn("neither operand is a constant", explained["computed"]["reason"])
        self.assertIn("scheme w8", self.check(run("--model", path, "--explain", "--quantize", "w8")).stdout)
        self.assertEqual(self.check(run("--model", path, "--list-weights")).stderr, "")  # nobody asked for other products

    def save_lora(self, merged):
        """A layer with an adapter of rank 4: x . (W + 2 (A . B)), or beside it, x . W + 2 ((x . A) . B)."""
        random = np.random.default_rng(7)
        w, a, b = (random.standard_normal(dims).astype(np.float32) * 0.1 for dims in ((96, 96), (96, 4), (4, 96)))
        arrays = {"w": w, "a": a, "b": b, "alpha": np.float32(2)}
        node = helper.make_node
        if merged:
            nodes = [node("MatMul", ["a", "b"], ["ab"], "ab"), node("Mul", ["ab", "alpha"], ["scaled"], "scale"), node("Add", ["w", "scaled"], ["sum"], "sum"),
                     node("MatMul", ["x", "sum"], ["y"], "query")]
        else:
            nodes = [node("MatMul", ["x", "w"], ["p"], "query"), node("MatMul", ["x", "a"], ["d"], "down"), node("MatMul", ["d", "b"], ["u"], "up"),
                     node("Mul", ["u", "alpha"], ["scaled"], "scale"), node("Add", ["p", "scaled"], ["y"], "sum")]
        graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 96])],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 96])],
                                  [numpy_helper.from_array(array, name) for name, array in arrays.items()])
        path = self.folder / "lora.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
        return path, w + 2 * (a @ b)

    def test_lora(self):
        """The sum is one layer, quantized like any other; adapters beside a layer are layers of their own."""
        x = np.random.default_rng(8).standard_normal((5, 96)).astype(np.float32)
        for merged, names in ((True, ["query"]), (False, ["down", "query", "up"])):
            path, weights = self.save_lora(merged)
            for scheme, tolerance in (("none", 1e-4), ("w8", 0.05), ("w8a8", 0.1)):
                done = self.check(run("--model", path, "--list-weights", "--json", "--quantize", scheme))
                layers = json.loads(done.stdout)
                self.assertEqual(sorted(layer["name"] for layer in layers), names)
                self.assertEqual({layer["scheme"] for layer in layers}, {scheme})
                self.check(run("--model", path, "--quantize", scheme, "--input", f"x={self.save('x', x)}", "--output", self.folder / "y.npy"))
                np.testing.assert_allclose(np.load(self.folder / "y.npy"), x @ weights, atol=tolerance)

    def test_a_rule_changes_what_a_batch_computes(self):
        rows = self.mlp_rows(8)
        out = self.folder / "out"
        self.check(run("--model", MLP, "--input", f"x={rows}", "--output-dir", out, "--layer", "fc1=w8"))
        y = np.load(next(out.glob("*.npy")))
        self.check(run("--model", MLP, "--input", f"x={rows}", "--output-dir", out))
        other = np.load(next(out.glob("*.npy")))
        self.assertFalse(np.array_equal(y, other))
        np.testing.assert_allclose(y, other, atol=0.1)


if __name__ == "__main__":
    unittest.main()
