"""Layers and their weights: found by name, read as plain arrays, replaced in a new model."""
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import octet
from octet_case import BERT, MLP, OctetCase, bert_inputs, mlp_rows, model_bytes

QUERY = "/encoder/layer.0/attention/self/query/MatMul"


def dequantize(layer):
    """W of a layer whose scale is per channel."""
    zero_point = 0 if layer.zero_point is None else layer.zero_point[:, None].astype(np.float32)
    weight = (layer.int_data - zero_point) * layer.scale[:, None]
    return weight if layer.smoothing is None else weight / layer.smoothing


class Names(OctetCase):
    def setUp(self):
        super().setUp()
        self.model = octet.load(BERT, quantize="w8a8")

    def test_a_mapping(self):
        layers = self.model.layers
        self.assertEqual(len(layers), 12)
        self.assertEqual([layer.name for layer in layers.values()], list(layers))
        self.assertIn(QUERY, layers)
        for name in ("nothing", "", "\0", "fc1\0", "\udce9", 3, None):
            self.assertNotIn(name, layers)
        self.assertIsNone(layers.get("nothing"))

    def test_by_node_weight_and_bias(self):
        layer = self.model.layers[QUERY]
        self.assertEqual(layer.name, QUERY)
        self.assertIn("/encoder/layer.0/attention/self/query.bias", layer.aliases)
        for alias in layer.aliases:
            self.assertEqual(self.model.layers[alias].name, QUERY)

    def test_wrong_names(self):
        error = self.refused("query", self.model.layers.__getitem__, QUERY + "x", kind=octet.LayerNotFoundError)
        self.assertIsInstance(error, KeyError)
        self.assertFalse(str(error).startswith(("'", '"\'')))
        self.refused("expected a str", self.model.layers.__getitem__, 3)
        self.refused("NUL", self.model.layers.__getitem__, QUERY + "\0")

    def test_what_a_layer_says(self):
        layer = self.model.layers[QUERY]
        self.assertEqual((layer.scheme, layer.granularity, layer.n, layer.k, layer.products, layer.reason),
                         ("w8a8", "per_channel", 64, 64, "int8", ""))
        self.assertTrue(layer.kernel and layer.layout and layer.bytes)
        self.assertIn(QUERY, repr(layer))
        self.assertIn(QUERY, repr(self.model.layers))

    def test_rules(self):
        model = octet.load(MLP, quantize="w8", layers={"fc*": "w8a8", "fc2.weight": "none"})
        self.assertEqual({name: layer.scheme for name, layer in model.layers.items()}, {"fc1": "w8a8", "fc2": "none"})
        self.assertTrue(model.layers["fc2"].reason)
        self.refused("fc2", lambda: model.layers["fc2"].int_data, kind=octet.UnsupportedError)


class Parts(OctetCase):
    def test_plain_arrays_that_cannot_be_written(self):
        layer = octet.load(MLP, quantize="w8a8").layers["fc1"]
        parts = layer.weights
        self.assertEqual({name: (part.dtype.name, part.shape) for name, part in parts.items()},
                         {"int_data": ("int8", (16, 32)), "scale": ("float32", (16,))})
        self.assertIsNone(layer.zero_point)
        self.assertIsNone(layer.smoothing)
        for part in parts.values():
            with self.assertRaises(ValueError):
                part[...] = 0

    def test_they_are_the_weight(self):
        weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(BERT).graph.initializer}
        model = octet.load(BERT, quantize="w8a8")
        smoothed = 0
        for name, layer in model.layers.items():
            weight = weights[next(alias for alias in layer.aliases if not alias.endswith(".bias"))].T
            step = layer.scale[:, None] / (1 if layer.smoothing is None else layer.smoothing)
            self.assertLessEqual(np.max(np.abs(dequantize(layer) - weight) / step), 0.501, name)
            smoothed += layer.smoothing is not None
        self.assertGreater(smoothed, 0)

    def test_they_outlive_the_model(self):
        model = octet.load(MLP, quantize="w8a8")
        codes = model.layers["fc1"].int_data
        kept = codes.copy()
        model.close()
        np.testing.assert_array_equal(codes, kept)

    def test_blocks(self):
        layer = octet.load(BERT, quantize="w4").layers[QUERY]
        self.assertEqual((layer.granularity, layer.scale.shape), ("blocked", (64, 2)))
        self.assertTrue(-8 <= layer.int_data.min() and layer.int_data.max() <= 7)


class Replace(OctetCase):
    def setUp(self):
        super().setUp()
        self.model = octet.load(MLP, quantize="w8a8")
        self.x = mlp_rows(5)
        self.y = self.model.run({"x": self.x})["y"]

    def test_a_new_model(self):
        layer = self.model.layers["fc2"]
        doubled = self.model.replace({"fc2.weight": {"scale": layer.scale * 2}})
        bias = {t.name: numpy_helper.to_array(t) for t in onnx.load(MLP).graph.initializer}["fc2.bias"]
        np.testing.assert_allclose(doubled.run({"x": self.x})["y"], 2 * self.y - bias, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(self.model.run({"x": self.x})["y"], self.y)
        np.testing.assert_array_equal(doubled.layers["fc2"].scale, layer.scale * 2)
        np.testing.assert_array_equal(doubled.layers["fc1"].int_data, self.model.layers["fc1"].int_data)
        self.assertLess(doubled.memory, self.model.memory + 100_000)

    def test_the_same_weights_give_the_same_bits(self):
        for quantize in ("w8a8", "w8", "w4"):
            model = octet.load(BERT, quantize=quantize)
            again = model.replace({name: layer.weights for name, layer in model.layers.items()})
            np.testing.assert_array_equal(again.run(bert_inputs())["last_hidden_state"],
                                          model.run(bert_inputs())["last_hidden_state"])

    def test_any_layout(self):
        layer = self.model.layers["fc1"]
        model = self.model.replace({"fc1": {"int_data": np.asfortranarray(layer.int_data), "scale": layer.scale.tolist(),
                                            "zero_point": None}})
        np.testing.assert_array_equal(model.run({"x": self.x})["y"], self.y)

    def test_all_or_nothing(self):
        scale = self.model.layers["fc1"].scale
        self.refused("fc3", self.model.replace, {"fc1": {"scale": scale}, "fc3": {"scale": scale}}, kind=octet.LayerNotFoundError)
        self.refused("one layer", self.model.replace, {"fc1": {"scale": scale}, "fc1.weight": {"scale": scale}})

    def test_wrong_parts(self):
        layer = self.model.layers["fc1"]
        nan, infinite = layer.scale.copy(), layer.scale.copy()
        nan[3], infinite[0] = np.nan, np.inf
        for parts, text in (({"scale": nan}, "scale"), ({"scale": infinite}, "scale"), ({"scale": layer.scale[:-1]}, "scale"),
                            ({"scale": layer.scale.astype(np.float64)}, "float64"), ({"int_data": layer.int_data.T}, "expected 32"),
                            ({"int_data": layer.int_data.astype(np.int64)}, "int64"),
                            ({"int_data": layer.int_data.astype(np.uint8)}, "uint8"),
                            ({"smoothing": np.ones(32, np.float32)}, "smoothing"), ({"scales": layer.scale}, '"scales"'),
                            ({7: layer.scale}, "expected a str"), ({"scale": "one"}, "scale"), ([1, 2], "expected a dict"),
                            (None, "expected a dict"), ({"scale": object()}, "scale")):
            with self.subTest(text):
                self.refused(text, self.model.replace, {"fc1": parts})
        self.refused("expected a dict", self.model.replace, [3])
        np.testing.assert_array_equal(self.model.run({"x": self.x})["y"], self.y)

    def test_what_no_kernel_takes(self):
        model = octet.load(MLP, quantize="w8", layers={"fc2": "none"})
        zero_point = np.full(16, 3, np.int8)
        self.refused("must be symmetric", model.replace, {"fc1": {"zero_point": zero_point}}, kind=octet.UnsupportedError)
        self.refused("float", model.replace, {"fc2": {"scale": np.ones(8, np.float32)}}, kind=octet.UnsupportedError)

    def test_codes_of_a_file(self):
        """A QDQ file: its own codes and zero points, uint8."""
        rng = np.random.default_rng(2)
        codes, scale, zero = rng.integers(0, 256, (16, 8), np.uint8), np.float32(rng.random(8) / 100 + 0.01), np.full(8, 128, np.uint8)
        nodes = [helper.make_node("DequantizeLinear", ["w", "s", "z"], ["d"], axis=1),
                 helper.make_node("MatMul", ["x", "d"], ["y"], "product")]
        model = octet.load(model_bytes(nodes, [("x", TensorProto.FLOAT, ["n", 16])], [("y", TensorProto.FLOAT, ["n", 8])],
                                       {"w": codes, "s": scale, "z": zero}))
        layer = model.layers["product"]
        self.assertEqual(layer.int_data.dtype, np.uint8)
        np.testing.assert_array_equal(layer.int_data, codes.T)
        np.testing.assert_array_equal(layer.zero_point, zero)
        np.testing.assert_array_equal(layer.scale, scale)


if __name__ == "__main__":
    unittest.main()
