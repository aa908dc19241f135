"""What a process with liboctet takes: memory while it loads, after a run, after many loads and many shapes; CPU time while idle.

Runs OCTET_SOAK_PROGRAM (soak.cc) on a BERT of real size with random weights, made here and deleted at the end, or on
OCTET_SOAK_MODEL. OCTET_SOAK=1 (`make soak`): as often as the project promises; else a short version. Prints the figures.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnx

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "apps" / "demo"))
from bert_graph import bert_model  # noqa: E402

MB = 1 << 20
LONG = os.environ.get("OCTET_SOAK") == "1"
CONFIG = {"hidden_size": 512, "num_attention_heads": 8, "num_hidden_layers": 8, "layer_norm_eps": 1e-12}
VOCABULARY, POSITIONS, INTERMEDIATE = 24000, 128, 2048
# What a flat line may do: pages that the C library's heap keeps or gives back.
FLAT_MB = 4


def bert_weights(rng):
    hidden = CONFIG["hidden_size"]
    weights = {}

    def random(name, *shape):
        weights[name] = rng.standard_normal(shape, np.float32) * np.float32(0.05)

    def norm(prefix):
        weights[f"{prefix}.weight"] = np.ones(hidden, np.float32)
        weights[f"{prefix}.bias"] = np.zeros(hidden, np.float32)

    for name, rows in (("word", VOCABULARY), ("position", POSITIONS), ("token_type", 2)):
        random(f"embeddings.{name}_embeddings.weight", rows, hidden)
    norm("embeddings.LayerNorm")
    for layer in range(CONFIG["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}"
        layers = [(f"attention.self.{part}", hidden, hidden) for part in ("query", "key", "value")]
        layers += [("attention.output.dense", hidden, hidden), ("intermediate.dense", INTERMEDIATE, hidden),
                   ("output.dense", hidden, INTERMEDIATE)]
        for name, n, k in layers:
            random(f"{prefix}.{name}.weight", n, k)
            random(f"{prefix}.{name}.bias", n)
        norm(f"{prefix}.attention.output.LayerNorm")
        norm(f"{prefix}.output.LayerNorm")
    return weights


class Memory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.model = os.environ.get("OCTET_SOAK_MODEL")
        if not cls.model:
            cls.model = str(pathlib.Path(cls.folder.name) / "bert.onnx")
            onnx.save(bert_model(CONFIG, bert_weights(np.random.default_rng(3))), cls.model)
        cls.file_mb = os.path.getsize(cls.model) / MB

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def soak(self, what, model, quantize, *arguments):
        command = [os.environ["OCTET_SOAK_PROGRAM"], what, model, quantize, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        print(f"{what} {quantize}, model of {self.file_mb:.1f} MB: {done.stdout.strip()}", flush=True)
        return json.loads(done.stdout)

    def expect_flat(self, figures):
        self.assertLess(figures["last_mb"] - figures["warm_mb"], FLAT_MB)

    def check_int8(self, model):
        figures = self.soak("memory", model, "w8a8")
        int8_mb = figures["linear_elements"] / MB
        float_rest_mb = self.file_mb - 4 * int8_mb
        self.assertLessEqual(figures["after_run_mb"], 1.1 * (int8_mb + float_rest_mb) + 40)
        self.assertLessEqual(figures["loading_peak_mb"], self.file_mb)

    def test_int8(self):
        self.check_int8(self.model)

    def test_int8_with_external_data(self):
        if os.environ.get("OCTET_SOAK_MODEL"):
            self.skipTest("the model is given")
        external = str(pathlib.Path(self.folder.name) / "external.onnx")
        onnx.save(onnx.load(self.model), external, save_as_external_data=True, location="external.bin")
        self.check_int8(external)

    def test_float(self):
        figures = self.soak("memory", self.model, "none")
        self.assertLessEqual(figures["loading_peak_mb"], 1.5 * self.file_mb)

    def test_loads_and_frees_stay_flat(self):
        for quantize in ("w8a8", "none"):
            self.expect_flat(self.soak("loads", self.model, quantize, 100 if LONG else 5))

    def test_shapes_stay_flat(self):
        model = self.model if LONG else os.path.join(os.environ["OCTET_TEST_MODELS"], "bert.onnx")
        for quantize in ("w8a8", "none"):
            self.expect_flat(self.soak("shapes", model, quantize, 2000 if LONG else 200))

    def test_idle_takes_no_cpu(self):
        model = os.path.join(os.environ["OCTET_TEST_MODELS"], "bert.onnx")
        figures = self.soak("idle", model, "w8a8", 10 if LONG else 1)
        self.assertLess(figures["cpu_seconds"], 0.005 * figures["seconds"])


if __name__ == "__main__":
    unittest.main()
