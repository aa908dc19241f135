"""Sequences and optionals: lists and None."""
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper

import octet
from octet_case import OctetCase


def tensors(shape):
    return helper.make_tensor_type_proto(TensorProto.FLOAT, shape)


def values_bytes(nodes, inputs, outputs):
    graph = helper.make_graph(nodes, "g", [helper.make_value_info(*value) for value in inputs],
                              [helper.make_value_info(*value) for value in outputs])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


class Values(OctetCase):
    def setUp(self):
        super().setUp()
        sequence = helper.make_sequence_type_proto(tensors(["n"]))
        self.model = octet.load(values_bytes([helper.make_node("SequenceInsert", ["s", "x"], ["t"])],
                                             [("s", sequence), ("x", tensors(["n"]))], [("t", sequence)]))

    def test_sequences(self):
        self.assertEqual([value.kind for value in self.model.inputs], ["sequence", "tensor"])
        self.assertIn("s sequence of float32", repr(self.model))
        x = np.arange(3, dtype=np.float32)
        for run in (self.model.run, self.model.session().run):
            for before in ([], [x + 1], [x, np.float32([7])[::-1], x[::-1]]):
                after = run({"s": before, "x": x})["t"]
                self.assertEqual(len(after), len(before) + 1)
                for expected, found in zip([*before, x], after):
                    np.testing.assert_array_equal(found, expected)

    def test_results_are_the_callers_own(self):
        x = np.arange(3, dtype=np.float32)
        after = self.model.run({"s": [x], "x": x})["t"]
        x[:] = -1
        np.testing.assert_array_equal(after[0], [0, 1, 2])

    def test_wrong_values(self):
        x = np.arange(3, dtype=np.float32)
        self.refused("expected a list of arrays", self.model.run, {"s": x, "x": x})
        self.refused('"x" is missing', self.model.run, {"s": [x]})
        self.refused('input "s"', self.model.run, {"s": [x, None], "x": x})
        self.refused("", self.model.run, {"s": [x.astype(np.float64)], "x": x})
        self.refused("outputs were given", self.model.run, {"s": [x], "x": x}, {"t": x})

    def test_optionals(self):
        optional = helper.make_optional_type_proto(tensors(["n"]))
        model = octet.load(values_bytes([helper.make_node("OptionalHasElement", ["o"], ["has"])],
                                        [("o", optional)], [("has", helper.make_tensor_type_proto(TensorProto.BOOL, []))]))
        self.assertFalse(model.run({"o": None})["has"])
        self.assertTrue(model.run({"o": np.float32([1, 2])})["has"])


if __name__ == "__main__":
    unittest.main()
