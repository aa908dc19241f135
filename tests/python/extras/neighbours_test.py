"""octet in one process with onnx, onnxruntime and torch, imported in every order: each gives what it gives alone."""
import importlib.util
import itertools
import subprocess
import sys
import unittest

from octet_case import HERE, OctetCase, add_bytes

MODULES = ("onnx", "onnxruntime", "torch")

CODE = """
import sys
import numpy as np
path, *order = sys.argv[1:]
x = np.arange(8, dtype=np.float32).reshape(1, 8)

def use_octet():
    import octet
    for quantize in ("none", "w8a8"):
        assert (octet.load(path, quantize=quantize).run({"x": x})["y"] == 2 * x).all()

def use_onnx():
    import onnx
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert onnx.shape_inference.infer_shapes(model).graph.output[0].name == "y"

def use_onnxruntime():
    import onnxruntime
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert (session.run(None, {"x": x})[0] == 2 * x).all()

def use_torch():
    import torch
    linear = torch.nn.functional.linear(torch.from_numpy(x).repeat(64, 8), 2 * torch.eye(64))
    assert torch.equal(linear[0, :8], torch.from_numpy(2 * x[0]))
    assert torch.isfinite(torch.nn.functional.conv2d(torch.ones(1, 8, 64, 64), torch.ones(8, 8, 3, 3))).all()

for name in order + order:
    globals()["use_" + name]()
"""


class Neighbours(OctetCase):
    def test_every_order(self):
        present = [name for name in MODULES if importlib.util.find_spec(name)]
        if not present:
            self.skipTest(f"none of {', '.join(MODULES)} is installed here")
        for missing in set(MODULES) - set(present):
            print(f"\nskipped: {missing} is not installed here")
        path = self.folder / "add.onnx"
        path.write_bytes(add_bytes())
        for order in itertools.permutations(["octet", *present]):
            with self.subTest(order):
                done = subprocess.run([sys.executable, "-B", "-c", CODE, path, *order], capture_output=True, text=True, cwd=HERE)
                self.assertEqual(done.returncode, 0, f"{' '.join(order)}: {done.stdout}{done.stderr}")


if __name__ == "__main__":
    unittest.main()
