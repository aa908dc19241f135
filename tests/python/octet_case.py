"""What the tests of Python's octet share: the test models and small ones made here."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import octet

MODELS = pathlib.Path(os.environ["OCTET_TEST_MODELS"])
MLP, BERT = MODELS / "mlp.onnx", MODELS / "bert.onnx"
HERE = pathlib.Path(__file__).parent


def model_bytes(nodes, inputs, outputs, initializers=(), opset=17):
    """inputs, outputs: (name, TensorProto type, shape)."""
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info(*value) for value in inputs],
                              [helper.make_tensor_value_info(*value) for value in outputs],
                              [numpy_helper.from_array(array, name) for name, array in dict(initializers).items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def add_bytes(kind=TensorProto.FLOAT):
    """x + x, of any shape of two axes."""
    return model_bytes([helper.make_node("Add", ["x", "x"], ["y"])], [("x", kind, ["n", "k"])], [("y", kind, ["n", "k"])])


def endless_bytes():
    """Runs for as many steps as its input n says: "y" counts them."""
    one = helper.make_tensor("one", TensorProto.FLOAT, [], [1.0])
    yes = helper.make_tensor("yes", TensorProto.BOOL, [], [True])
    body = helper.make_graph(
        [helper.make_node("Constant", [], ["step"], value=one), helper.make_node("Add", ["before", "step"], ["after"]),
         helper.make_node("Identity", ["go"], ["go_on"])],
        "body", [helper.make_tensor_value_info("i", TensorProto.INT64, []),
                 helper.make_tensor_value_info("go", TensorProto.BOOL, []),
                 helper.make_tensor_value_info("before", TensorProto.FLOAT, [])],
        [helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
         helper.make_tensor_value_info("after", TensorProto.FLOAT, [])])
    nodes = [helper.make_node("Constant", [], ["start_go"], value=yes),
             helper.make_node("Loop", ["n", "start_go", "x"], ["y"], body=body)]
    return model_bytes(nodes, [("n", TensorProto.INT64, []), ("x", TensorProto.FLOAT, [])], [("y", TensorProto.FLOAT, [])])


ENDLESS = {"n": np.array(10**12), "x": np.float32(0)}  # of endless_bytes(): days


def mlp_rows(count, seed=3):
    return np.random.default_rng(seed).standard_normal((count, 32), np.float32)


def bert_inputs(batch=2, length=9):
    ids = np.random.default_rng(5).integers(0, 8000, (batch, length))
    return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}


def run_python(code, *arguments, **options):
    """A process of its own, for what ends or forks one."""
    options.setdefault("timeout", 400)
    text = f"import sys\nsys.path.insert(0, {str(HERE)!r})\n{code}"
    return subprocess.run([sys.executable, "-B", "-c", text, *map(str, arguments)], capture_output=True, text=True, **options)


class OctetCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def refused(self, text, call, *arguments, kind=octet.InvalidArgumentError, **named):
        """The call raises `kind` with `text` in its message, in one line."""
        with self.assertRaises(kind) as caught:
            call(*arguments, **named)
        self.assertIn(text, str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))
        return caught.exception
