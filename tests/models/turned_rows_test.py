"""Views that turn rows around or repeat one, between row-local nodes: a tile has no rows but its own."""
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from run_model_cli import RunModelTest, run


class TurnedRows(RunModelTest):
    def test_slices_backwards(self):
        for rows, columns in ((16, 1), (70, 3)):
            x = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns) - 5
            for axis in (0, 1):
                constants = [numpy_helper.from_array(np.array([value], np.int64), name) for name, value in
                             (("start", -1), ("end", -1000), ("axis", axis), ("step", -1))]
                nodes = [helper.make_node("Tanh", ["x"], ["t"]), helper.make_node("Slice", ["t", "start", "end", "axis", "step"], ["turned"]),
                         helper.make_node("Abs", ["turned"], ["y"])]
                infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, "m"]) for name in ("x", "y")]
                model = helper.make_model(helper.make_graph(nodes, "g", infos[:1], infos[1:], constants), opset_imports=[helper.make_opsetid("", 17)],
                                          ir_version=8)
                onnx.save(model, self.folder / "m.onnx")
                self.check(run("--model", self.folder / "m.onnx", "--input", f"x={self.save('x', x)}", "--output", self.folder / "y.npy"))
                np.testing.assert_allclose(np.load(self.folder / "y.npy"), np.flip(abs(np.tanh(x)), axis), rtol=1e-6)


if __name__ == "__main__":
    unittest.main()
