"""Element types between NumPy, ml_dtypes, DLPack and the C API."""
import sys
import unittest
from unittest import mock

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper

import octet
from octet import _arrays, _native
from octet_case import MLP, OctetCase, add_bytes, mlp_rows, model_bytes

KINDS = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE, "float16": TensorProto.FLOAT16, "bfloat16": TensorProto.BFLOAT16,
         "int8": TensorProto.INT8, "uint8": TensorProto.UINT8, "int16": TensorProto.INT16, "uint16": TensorProto.UINT16,
         "int32": TensorProto.INT32, "uint32": TensorProto.UINT32, "int64": TensorProto.INT64, "uint64": TensorProto.UINT64,
         "bool": TensorProto.BOOL}


def dtype_of(name):
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


def dtype_in_ml(name):
    return np.dtype(getattr(ml_dtypes, name))


def copy_bytes(kind):
    return model_bytes([helper.make_node("Transpose", ["x"], ["y"])], [("x", kind, ["n", "k"])], [("y", kind, ["k", "n"])])


class Foreign:
    """A tensor of another framework: it has __dlpack__ and nothing else."""

    def __init__(self, array, device=(1, 0)):
        self.array, self.device = array, device

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.device


class Types(OctetCase):
    def test_every_type_goes_through(self):
        for name, kind in KINDS.items():
            with self.subTest(name):
                x = np.arange(6).reshape(2, 3).astype(dtype_of(name))
                model = octet.load(copy_bytes(kind))
                self.assertEqual(model.inputs[0].dtype, name)
                y = model.run({"x": x})["y"]
                self.assertEqual(y.dtype, dtype_of(name))
                np.testing.assert_array_equal(y, x.T)
                np.testing.assert_array_equal(model.session().run({"x": x})["y"], x.T)
                given = np.zeros((3, 2), dtype_of(name))
                self.assertIs(model.run({"x": x[:, ::-1]}, {"y": given})["y"], given)
                np.testing.assert_array_equal(given, x[:, ::-1].T)

    def test_bfloat16(self):
        model = octet.load(add_bytes(TensorProto.BFLOAT16))
        x = np.array([[1.5, -2, 3]], ml_dtypes.bfloat16)
        self.assertEqual(_native.describe_array(x, False)[:2], (x.__array_interface__["data"][0], "bfloat16"))
        np.testing.assert_array_equal(model.run({"x": x})["y"], x + x)
        np.testing.assert_array_equal(model.run({"x": [[1.5, -2, 3]]})["y"], x + x)
        read_only = x.copy()
        read_only.flags.writeable = False
        np.testing.assert_array_equal(model.run({"x": read_only})["y"], x + x)
        self.refused("read-only", model.run, {"x": x}, {"y": read_only})
        self.refused("float16", model.run, {"x": x.astype(np.float16)})
        self.refused("int4", model.run, {"x": x.astype(ml_dtypes.int4)})

    def test_bfloat16_without_ml_dtypes(self):
        model = octet.load(add_bytes(TensorProto.BFLOAT16))
        x = np.array([[1.5, -2, 3]], ml_dtypes.bfloat16)
        with mock.patch.dict(sys.modules, {"ml_dtypes": None}):
            for y in (model.run({"x": x})["y"], model.session().run({"x": x})["y"]):
                self.assertIn("bfloat16 [1, 3]", repr(y))
                np.testing.assert_array_equal(y.bits, (x + x).view(np.uint16))
                again = model.run({"x": y})["y"]  # by DLPack
                np.testing.assert_array_equal(again.bits, (4 * x).view(np.uint16))


class Packed(OctetCase):
    def test_elements_that_share_bytes(self):
        for name, bits in (("int4", 4), ("uint4", 4), ("int2", 2), ("uint2", 2), ("float4_e2m1fn", 4)):
            with self.subTest(name):
                codes = (np.arange(15) % (1 << bits)).astype(np.uint8).reshape(3, 5)
                x = codes.view(dtype_in_ml(name)) if "float" in name else (codes - (8 if name == "int4" else 2 if name == "int2" else 0)
                                                                          ).view(np.int8).astype(dtype_in_ml(name))
                packed = _arrays.pack(x, bits)
                self.assertEqual(packed.shape, ((15 * bits + 7) // 8,))
                np.testing.assert_array_equal(_arrays.unpack(packed, name, (3, 5), bits), x)
                self.assertEqual(_native.describe_array(x, False)[1:], (name, (3, 5), ()))
                self.refused("share bytes", _native.describe_array, x, True)
        np.testing.assert_array_equal(_arrays.pack(np.array([1, 2, 3], ml_dtypes.int4), 4), [0x21, 0x03])


class Dlpack(OctetCase):
    def setUp(self):
        super().setUp()
        self.model = octet.load(MLP)
        self.x = mlp_rows(4)
        self.y = self.model.run({"x": self.x})["y"]

    def test_in(self):
        wide = np.zeros((4, 64), np.float32)
        wide[:, ::2] = self.x
        for array in (self.x, wide[:, ::2]):
            foreign = Foreign(array)
            self.assertEqual(_native.describe_array(foreign, False)[0], array.__array_interface__["data"][0])
            np.testing.assert_array_equal(self.model.run({"x": foreign})["y"], self.y)
        given = np.zeros((4, 8), np.float32)
        self.model.run({"x": self.x}, {"y": Foreign(given)})
        np.testing.assert_array_equal(given, self.y)

    def test_out(self):
        self.assertTrue(np.shares_memory(np.from_dlpack(self.y), self.y))
        layer = octet.load(MLP, quantize="w8a8").layers["fc1"]
        np.testing.assert_array_equal(np.from_dlpack(octet.as_dlpack(layer.int_data)), layer.int_data)

    def test_as_dlpack(self):
        x = np.array([[1.5, -2, 3]], ml_dtypes.bfloat16)
        with self.assertRaises(Exception):
            x.__dlpack__()
        tensor = octet.as_dlpack(x)
        self.assertEqual(tensor.__dlpack_device__(), (1, 0))
        self.assertEqual(_native.describe_array(tensor, False)[:3], (x.__array_interface__["data"][0], "bfloat16", (1, 3)))
        self.refused("as_dlpack", octet.as_dlpack, "text")
        converted = np.from_dlpack(octet.as_dlpack(self.x.astype(">f4")))  # keeps the copy that it needs
        np.testing.assert_array_equal(converted, self.x)

    def test_what_cannot_be_handed_over(self):
        class Refuses:
            def __dlpack__(self, **options):
                raise BufferError("it needs a gradient")

            def __array__(self, dtype=None, copy=None):
                raise RuntimeError("call detach()")
        self.refused("call detach()", self.model.run, {"x": Refuses()})
        read_only = self.x.copy()
        read_only.flags.writeable = False
        np.testing.assert_array_equal(self.model.run({"x": Foreign(read_only)})["y"], self.y)
        self.refused("Foreign", self.model.run, {"x": self.x}, {"y": Foreign(self.y[:, :0].astype(object))})


if __name__ == "__main__":
    unittest.main()
