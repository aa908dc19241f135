"""What the tests of run_model share: calling it, judging how it ended, and small files and models."""
import hashlib
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper

RUN_MODEL = os.environ["OCTET_RUN_MODEL"]
MODELS = pathlib.Path(os.environ["OCTET_TEST_MODELS"])
MLP, BERT, CASE = MODELS / "mlp.onnx", MODELS / "bert.onnx", MODELS / "case"
DONE, DIFFER, REFUSED = 0, 1, 2


def run(*arguments, **options):
    return subprocess.run([RUN_MODEL, *map(str, arguments)], capture_output=True, text=True, timeout=120, **options)


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def save_model(path, nodes, dims, outputs, name="x", dtype=TensorProto.FLOAT, output_dtype=TensorProto.FLOAT, opset=17):
    """A model over one input; outputs: name -> dims."""
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info(name, dtype, dims or ["n", 4])],
                              [helper.make_tensor_value_info(output, output_dtype, extents) for output, extents in outputs.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


class RunModelTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def save(self, name, array):
        path = self.folder / f"{name}.npy"
        np.save(path, array)
        return path

    def bert_inputs(self, batch, length):
        """A folder with one file per input; sequences of unequal length."""
        folder = self.folder / "inputs"
        folder.mkdir(exist_ok=True)
        ids = np.random.default_rng(5).integers(0, 8000, (batch, length))
        mask = (np.arange(length) < length - np.arange(batch)[:, None] % 3).astype(np.int64)
        for name, array in (("input_ids", ids), ("attention_mask", mask), ("token_type_ids", np.zeros_like(ids))):
            np.save(folder / f"{name}.npy", array)
        return folder

    def mlp_rows(self, count, name="x"):
        """A file of inputs for MLP."""
        return self.save(name, np.random.default_rng(3).standard_normal((count, 32)).astype(np.float32))

    def check(self, done, status=DONE):
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        if status == REFUSED:
            # What the log had to say of the model may stand before the one message.
            lines = [line for line in done.stderr.splitlines() if not line.startswith("run_model: warning: ")]
            self.assertEqual(len(lines), 1, done.stderr)
            self.assertTrue(lines[0].startswith("run_model: "), done.stderr)
            self.assertEqual(done.stdout, "")
        return done

    def refused(self, *arguments, **options):
        return self.check(run(*arguments, **options), REFUSED).stderr

    def files(self, folder=None):
        return sorted(path.name for path in (folder or self.folder).iterdir())
