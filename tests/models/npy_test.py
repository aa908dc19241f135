"""run_model's .npy inputs: every order and version NumPy writes, and nothing that could be understood in two ways."""
import os
import unittest

import numpy as np
from onnx import TensorProto, helper

from run_model_cli import MLP, RunModelTest, run, save_model


class Npy(RunModelTest):
    def refused_file(self, write):
        path = self.folder / "x.npy"
        write(path)
        return self.refused("--model", MLP, "--input", f"x={path}", "--output", os.devnull)

    def test_formats(self):
        x = np.random.default_rng(2).standard_normal((3, 32)).astype(np.float32)
        expected = None
        for version in ((1, 0), (2, 0), (3, 0)):
            path = self.folder / "x.npy"
            with open(path, "wb") as file:
                np.lib.format.write_array(file, x, version=version)
            self.check(run("--model", MLP, "--input", f"x={path}", "--output", self.folder / "y.npy"))
            y = np.load(self.folder / "y.npy")
            np.testing.assert_array_equal(y, y if expected is None else expected)
            expected = y
        self.assertEqual(expected.shape, (3, 8))

    def test_refused_formats(self):
        x = np.zeros((4, 32), np.float32)
        self.assertIn("c8", self.refused_file(lambda path: np.save(path, x.astype(np.complex64))))
        self.assertIn(".npy", self.refused_file(lambda path: path.write_bytes(b"PK\x03\x04 no array at all")))
        self.assertIn("short", self.refused_file(lambda path: path.write_bytes(b"\x93NUM")))

        def cut(path):
            np.save(path, x)
            path.write_bytes(path.read_bytes()[:-1])
        self.assertIn("bytes", self.refused_file(cut))

        def negative(path):
            np.save(path, x)
            path.write_bytes(path.read_bytes().replace(b"(4, 32)", b"(4,-32)"))
        self.assertIn("negative", self.refused_file(negative))

    def with_header(self, text):
        """An .npy file of 4 x 32 zeros with this header."""
        data = text.encode("latin1")
        data += b" " * (-(len(data) + 11) % 64) + b"\n"
        return lambda path: path.write_bytes(b"\x93NUMPY\x01\x00" + len(data).to_bytes(2, "little") + data + bytes(4 * 32 * 4))

    def test_headers(self):
        """What NumPy does not write, or could be understood in two ways, is refused."""
        order, shape = "'fortran_order': False", "'shape': (4, 32)"
        for good in ("{'descr': '<f4', %s, %s, }", "{%s, %s, 'descr': '<f4'}", '{"descr": "<f4", %s,%s}', "{'descr': '=f4', %s, %s}  "):
            path = self.folder / "x.npy"
            self.with_header(good % (order, shape))(path)
            self.check(run("--model", MLP, "--input", f"x={path}", "--output", os.devnull))
        for extents in ("0x4, 32", "4, 0x20", "04, 32", "4, 3_2", "+4, 32", "4., 32", "4e0, 32", "4 32", "4,, 32", ", 4, 32", "4, 32, ,", "4, '32'",
                        "4, (32)", "4, 32", "4, 32)", "[4, 32]", "4", "-4, 32", "4, 99999999999999999999", "0o4, 32", "4L2, 32", "4, True"):
            if extents == "4, 32":
                continue
            text = "{'descr': '<f4', %s, 'shape': (%s), }" % (order, extents)
            self.assertIn("its header", self.refused_file(self.with_header(text)), extents)
        for text in ("{'descr': '<f4', %s, %s, 'shape': (4, 32)}", "{'descr': '<f4', 'descr': '<f4', %s, %s}", "{'descr': '<f4', %s, %s, %s}",
                     "{'descr': '<f4', %s, %s, 'other': 1}", "{'descr': '<f4', %s}", "{%s, %s}", "{'descr': '<f4', 'shape': (4, 32)}",
                     "{'descr': '<f4', 'fortran_order': 0, %s}", "{'descr': '<f4', %s, %s} garbage", "{'descr': '<f4', %s, %s", "'descr': '<f4', %s, %s}",
                     "{'descr': [('a', '<f4')], %s, %s}", "{'descr': '<f4' %s, %s}", "{'des\\x63r': '<f4', %s, %s}", "", "{}", "{" * 60000):
            wanted = text.count("%s")
            self.assertIn("its header", self.refused_file(self.with_header(text % ((order, shape, shape)[:wanted]))), text)

    def test_other_orders(self):
        """Fortran order and big-endian numbers are the same array, in slices of any size too."""
        x = np.random.default_rng(2).standard_normal((70, 32)).astype(np.float32)
        y = self.folder / "y.npy"
        self.check(run("--model", MLP, "--input", f"x={self.save('x', x)}", "--output", y))
        expected = y.read_bytes()
        for other in (np.asfortranarray(x), x.astype(">f4"), np.asfortranarray(x.astype(">f4"))):
            for batch in ((), ("--batch-size", 1), ("--batch-size", 33, "--workers", 2)):
                self.check(run("--model", MLP, "--input", f"x={self.save('x', other)}", "--output", y, *batch))
                self.assertEqual(y.read_bytes(), expected)
        np.savez(self.folder / "x.npz", x=np.asfortranarray(x.astype(">f4")))
        self.check(run("--model", MLP, "--input-npz", self.folder / "x.npz", "--output", y))
        self.assertEqual(y.read_bytes(), expected)

    def test_orders_of_more_axes(self):
        model = save_model(self.folder / "r.onnx", [helper.make_node("Relu", ["x"], ["y"])], ["a", "b", "c", "d"], {"y": ["a", "b", "c", "d"]})
        for shape in ((5, 2, 3, 4), (5, 1, 3, 1), (5, 0, 3, 4), (1, 2, 3, 4)):
            x = np.random.default_rng(3).standard_normal(shape).astype(np.float32)
            self.check(run("--model", model, "--input", f"x={self.save('x', np.asfortranarray(x))}", "--output", self.folder / "y.npy",
                           "--batch-size", 2))
            np.testing.assert_array_equal(np.load(self.folder / "y.npy"), np.maximum(x, 0))

    def test_types_that_numpy_lacks(self):
        """Integers of few bits are bytes in files, floats are float32. Rows end within the bytes of the C API."""
        x = np.arange(-8, 7).reshape(5, 3).astype(np.int8)
        y = self.folder / "y.npy"
        model = save_model(self.folder / "identity.onnx", [helper.make_node("Identity", ["x"], ["y"])], ["n", 3], {"y": ["n", 3]},
                           dtype=TensorProto.INT4, output_dtype=TensorProto.INT4, opset=21)
        for batch in ((), ("--batch-size", 1), ("--batch-size", 2, "--workers", 2)):
            self.check(run("--model", model, "--input", f"x={self.save('x', x)}", "--output", y, *batch))
            np.testing.assert_array_equal(np.load(y), x)
            self.assertEqual(np.load(y).dtype, np.int8)
        x[3, 1] = 8
        text = self.refused("--model", model, "--input", f"x={self.save('x', x)}", "--output", y)
        self.assertIn("row 3 holds 8, which does not fit the model's int4", text)
        for dtype, largest in ((TensorProto.FLOAT8E4M3FN, 448), (TensorProto.FLOAT4E2M1, 6)):
            model = save_model(self.folder / "cast.onnx", [helper.make_node("Cast", ["x"], ["y"], to=dtype)], ["n", 3], {"y": ["n", 3]},
                               output_dtype=dtype, opset=23)
            numbers = np.array([[1, -1.5, 1000]], np.float32)
            self.check(run("--model", model, "--input", f"x={self.save('x', numbers)}", "--output", y))
            np.testing.assert_array_equal(np.load(y), np.array([[1, -1.5, largest]], np.float32))

    def test_integers_of_another_width(self):
        for declared, other in ((TensorProto.INT64, np.int32), (TensorProto.INT32, np.int64)):
            model = save_model(self.folder / "cast.onnx", [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)], ["n", 3],
                               {"y": ["n", 3]}, dtype=declared)
            x = np.arange(-15, 15).reshape(10, 3).astype(other)
            x[9, 2] = 2**31 - 1
            for array in (x, np.asfortranarray(x), x.astype(x.dtype.newbyteorder(">"))):
                for batch in ((), ("--batch-size", 3)):
                    self.check(run("--model", model, "--input", f"x={self.save('x', array)}", "--output", self.folder / "y.npy", *batch))
                    np.testing.assert_array_equal(np.load(self.folder / "y.npy"), x.astype(np.float32))
        for value in (2**31, -2**31 - 1, 2**32 + 1):
            x[7, 1] = value
            for batch in ((), ("--batch-size", 3)):
                message = self.refused("--model", model, "--input", f"x={self.save('x', x)}", "--output", os.devnull, *batch)
                self.assertIn(f"row 7 holds {value}", message)
        self.assertIn("int16", self.refused("--model", model, "--input", f"x={self.save('x', x.astype(np.int16))}", "--output", os.devnull))

    def test_output_is_a_folder(self):
        """Refused before anything is run."""
        np.save(self.folder / "x.npy", np.zeros((4, 32), np.float32))
        message = self.refused("--model", MLP, "--input", f"x={self.folder / 'x.npy'}", "--output", self.folder)
        self.assertIn("Is a directory", message)
        self.assertNotIn("rows", message)


if __name__ == "__main__":
    unittest.main()
