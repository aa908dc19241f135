"""What model.run costs over octet_model_run, on a model of one Add."""
import os
import subprocess
import timeit
import unittest

import numpy as np

import octet
from octet_case import OctetCase, add_bytes

MOST = 15e-6


class Overhead(OctetCase):
    def least(self, call):
        return min(timeit.repeat(call, repeat=200, number=100)) / 100

    @unittest.skipUnless("OCTET_RUN_OVERHEAD" in os.environ, "OCTET_RUN_OVERHEAD names no program that measures the C API")
    def test_over_the_c_api(self):
        path = self.folder / "add.onnx"
        path.write_bytes(add_bytes())
        in_c = float(subprocess.run([os.environ["OCTET_RUN_OVERHEAD"], path], capture_output=True, text=True, check=True).stdout) * 1e-6
        model = octet.load(path, engine=octet.Engine(threads=1))
        x, y = np.zeros((1, 8), np.float32), np.zeros((1, 8), np.float32)
        session = model.session({"y": y})
        calls = {"model.run": lambda: model.run({"x": x}), "model.run, its output given": lambda: model.run({"x": x}, {"y": y}),
                 "session.run, its output bound": lambda: session.run({"x": x})}
        print(f"\noctet_model_run {in_c * 1e6:.2f} us")
        for name, call in calls.items():
            least = self.least(call)
            print(f"{name} {least * 1e6:.2f} us")
            self.assertLess(least - in_c, MOST, name)


if __name__ == "__main__":
    unittest.main()
