"""Model.run: dictionaries of arrays in and out, where they lie, and what is refused."""
import threading
import time
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import octet
from octet import _native
from octet_case import BERT, ENDLESS, MLP, OctetCase, add_bytes, bert_inputs, endless_bytes, mlp_rows, model_bytes


class Run(OctetCase):
    def setUp(self):
        super().setUp()
        self.model = octet.load(MLP)

    def test_the_numbers(self):
        x = mlp_rows(3)
        outputs = self.model.run({"x": x})
        self.assertEqual(list(outputs), ["y"])
        self.assertEqual((outputs["y"].dtype, outputs["y"].shape), (np.float32, (3, 8)))
        weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(MLP).graph.initializer}
        hidden = np.maximum(x @ weights["fc1.weight"].T + weights["fc1.bias"], 0)
        np.testing.assert_allclose(outputs["y"], hidden @ weights["fc2.weight"].T + weights["fc2.bias"], rtol=1e-4, atol=1e-5)

    def test_several_inputs_and_any_mapping(self):
        model = octet.load(BERT, quantize="w8a8")
        inputs = bert_inputs()
        expected = model.run(inputs)["last_hidden_state"]
        reversed_ = dict(reversed(inputs.items()))
        for given in (reversed_, tuple(inputs.items())):
            np.testing.assert_array_equal(model.run(given)["last_hidden_state"], expected)

    def test_every_layout_gives_the_same_bits(self):
        x = mlp_rows(6)
        expected = self.model.run({"x": x})["y"]
        wide = np.zeros((6, 80), np.float32)
        wide[:, 8:40] = x
        bytes_ = np.zeros(6 * 32 * 4 + 1, np.uint8)
        misaligned = np.frombuffer(bytes_.data, np.float32, 6 * 32, 1).reshape(6, 32)
        bytes_[1:] = np.frombuffer(x.tobytes(), np.uint8)
        record = np.zeros((6, 32), np.dtype([("a", "u1"), ("x", "<f4")]))
        record["x"] = x
        read_only = x.copy()
        read_only.flags.writeable = False
        layouts = {"Fortran": np.asfortranarray(x), "a slice": wide[:, 8:40], "reversed": x[::-1].copy()[::-1],
                   "big-endian": x.astype(">f4"), "misaligned": misaligned, "a field": record["x"], "read-only": read_only,
                   "a list": x.tolist(), "a memoryview": memoryview(x), "of no NumPy type": AnArray(x)}
        for name, array in layouts.items():
            with self.subTest(name):
                np.testing.assert_array_equal(self.model.run({"x": array})["y"], expected)

    def test_inputs_are_read_where_they_lie(self):
        x = mlp_rows(6)
        for array in (x, x[:, ::2], x[::-1], x.T, np.broadcast_to(x[0], (5, 32)), x[:0], np.array(3, np.float32)):
            address, dtype, shape, strides = _native.describe_array(array, False)
            if array.size:
                self.assertEqual(address, array.__array_interface__["data"][0])
            self.assertEqual((dtype, shape), ("float32", array.shape))
            self.assertEqual(strides, tuple(s // 4 for s in array.strides))

    def test_contiguous_inputs_and_given_outputs_cost_no_memory(self):
        """Of the engine's memory a run takes what its outputs need: an input of the same size is not copied."""
        engine = octet.Engine(threads=1)
        model = engine.load(add_bytes())
        x = np.ones((1024, 1024), np.float32)
        y = np.zeros_like(x)
        model.run({"x": x}, {"y": y})
        taken = engine.memory.peak
        self.assertLess(taken, x.nbytes // 4)
        model.run({"x": x.T}, {"y": y})
        self.assertGreaterEqual(engine.memory.peak, taken + x.nbytes)  # such strides cost one copy

    def test_outputs_that_are_given(self):
        x, y = mlp_rows(4), np.full((4, 8), np.nan, np.float32)
        expected = self.model.run({"x": x})["y"]
        address = y.__array_interface__["data"][0]
        outputs = self.model.run({"x": x}, {"y": y})
        self.assertIs(outputs["y"], y)
        self.assertEqual(y.__array_interface__["data"][0], address)
        np.testing.assert_array_equal(y, expected)
        wide = np.zeros((8, 24), np.float32)
        view = wide[::2, 3:19:2]
        self.model.run({"x": x}, outputs={"y": view})
        np.testing.assert_array_equal(view, expected)
        self.assertEqual(np.count_nonzero(wide), np.count_nonzero(expected))

    def test_outputs_are_the_callers_own(self):
        x = mlp_rows(4)
        first = self.model.run({"x": x})["y"]
        kept = first.copy()
        self.assertTrue(first.flags.writeable and first.flags.c_contiguous)
        self.model.run({"x": -x})
        self.model.close()
        np.testing.assert_array_equal(first, kept)

    def test_memory_of_outputs_goes_with_their_arrays(self):
        engine = octet.Engine(threads=1)
        model = engine.load(add_bytes())
        outputs = model.run({"x": np.ones((1024, 256), np.float32)})
        used = engine.memory.in_use
        part = outputs.pop("y")[5:7]
        self.assertEqual(engine.memory.in_use, used)
        del part
        self.assertLessEqual(engine.memory.in_use, used - 1024 * 256 * 4)

    def test_no_rows(self):
        self.assertEqual(self.model.run({"x": mlp_rows(0)})["y"].shape, (0, 8))
        y = np.zeros((0, 8), np.float32)
        self.assertIs(self.model.run({"x": mlp_rows(0)}, {"y": y})["y"], y)

    def test_numbers_and_lists(self):
        model = octet.load(endless_bytes())
        self.assertEqual(model.run({"n": 7, "x": 1})["y"], 8)
        self.refused("same_kind", model.run, {"n": 7.5, "x": 1})
        self.refused('input "n"', model.run, {"n": "seven", "x": 1})

    def test_wrong_names(self):
        x = mlp_rows(2)
        self.refused('inputs: "x" is missing; the model\'s are x float32 [batch, 32]', self.model.run, {})
        self.refused("'z' is none of them", self.model.run, {"x": x, "z": x})
        self.refused("'X' is none of them", self.model.run, {"X": x})
        self.refused("3 is none of them", self.model.run, {3: x})
        self.refused("outputs: 'z' is none of them", self.model.run, {"x": x}, {"z": x})
        self.refused("expected a dict", self.model.run, x)
        self.refused("expected a dict", self.model.run, None)
        self.refused("expected a dict", self.model.run, {"x": x}, 7)

    def test_wrong_arrays(self):
        x = mlp_rows(2)
        self.refused('input "x": found float64[2x32], expected float32', self.model.run, {"x": x.astype(np.float64)})
        self.refused('input "x"', self.model.run, {"x": x[0]})
        self.refused("33", self.model.run, {"x": np.zeros((2, 33), np.float32)})
        self.refused("9 axes", self.model.run, {"x": np.zeros((1,) * 9, np.float32)})
        for wrong in (x.astype(np.complex64), np.array([["a"]]), np.array([[None]]), None, object(), "x", [[1], [2, 3]],
                      np.zeros(2, np.dtype([("a", "f4")]))):
            self.refused('input "x"', self.model.run, {"x": wrong})

    def test_wrong_outputs(self):
        x = mlp_rows(2)
        read_only = np.zeros((2, 8), np.float32)
        read_only.flags.writeable = False
        for wrong, text in ((read_only, "read-only"), (np.zeros((2, 8), ">f4"), "byte order"), ([[0] * 8] * 2, "a list"),
                            (np.zeros((2, 8), np.float64), "float64"), (np.zeros((3, 8), np.float32), "3"), (None, "NoneType"),
                            (np.broadcast_to(np.zeros(8, np.float32), (2, 8)), 'output "y"')):
            self.refused(text, self.model.run, {"x": x}, {"y": wrong})
        both = np.zeros((2, 40), np.float32)
        self.refused("overlaps", self.model.run, {"x": both[:, :32]}, {"y": both[:, 32:]})

    def test_room_for_outputs_that_only_a_run_can_tell(self):
        model = octet.load(model_bytes([helper.make_node("NonZero", ["x"], ["y"])], [("x", TensorProto.FLOAT, ["n"])],
                                       [("y", TensorProto.INT64, [1, "found"])]))
        x = np.float32([0, 3, 0, 4, 5])
        np.testing.assert_array_equal(model.run({"x": x})["y"], [[1, 3, 4]])
        room = np.full((1, 5), -1)
        part = model.run({"x": x}, {"y": room})["y"]
        np.testing.assert_array_equal(part, [[1, 3, 4]])
        self.assertTrue(np.shares_memory(part, room))
        self.refused("3", model.run, {"x": x}, {"y": np.zeros((1, 2), np.int64)})
        session = model.session()
        first = session.run({"x": x})["y"]
        session.run({"x": x[::-1]})
        np.testing.assert_array_equal(first, [[1, 3, 4]])  # a copy, not the session's memory

    def test_a_closed_model(self):
        with self.model as model:
            session = model.session()
        for call in (lambda: model.run({"x": mlp_rows(1)}), model.explain, lambda: list(model.layers), model.session,
                     lambda: model.layers["fc1"], lambda: model.inputs, lambda: model.memory):
            self.refused("closed", call)
        self.assertIn("closed", repr(model))
        self.assertEqual(session.run({"x": mlp_rows(1)})["y"].shape, (1, 8))
        model.close()

    def test_from_many_threads(self):
        model = octet.load(BERT, quantize="w8a8")
        inputs = bert_inputs()
        expected = model.run(inputs)["last_hidden_state"]
        wrong = []

        def work():
            for _ in range(10):
                if not np.array_equal(model.run(inputs)["last_hidden_state"], expected):
                    wrong.append(1)
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_the_gil_is_free(self):
        model, cancel = octet.load(endless_bytes()), octet.Cancel()
        thread = threading.Thread(target=lambda: self.assertRaises(octet.CancelledError, model.run, ENDLESS, cancel=cancel))
        thread.start()
        start, counted = time.monotonic(), 0
        while time.monotonic() < start + 0.2:
            counted += 1
        cancel.request()
        thread.join()
        self.assertGreater(counted, 1000)


class AnArray:
    """Something that NumPy makes an array of."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


if __name__ == "__main__":
    unittest.main()
