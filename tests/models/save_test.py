"""Files that run_model --save writes, as other programs see them: onnx.checker and ONNX's reference implementation."""
import json
import unittest

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from run_model_cli import BERT, MLP, RunModelTest, run, sha256


class Save(RunModelTest):
    def saved(self, *arguments, model=MLP, name="saved.onnx"):
        path = self.folder / name
        done = self.check(run("--model", model, "--save", path, *arguments))
        self.assertEqual(done.stdout, f"wrote {path}, {path.stat().st_size} bytes\n")
        return path, done.stderr

    def layers(self, path, *arguments):
        done = self.check(run("--model", path, "--list-weights", "--json", *arguments))
        return {layer["name"]: (layer["scheme"], layer["granularity"]) for layer in json.loads(done.stdout)}

    def reference(self, path, rows):
        model = onnx.load(path)
        if not model.functions:  # the reference has no DequantizeLinear older than that of opset 19
            model.opset_import[0].version = 21
        return ReferenceEvaluator(model).run(None, {"x": rows})[0]

    def octet(self, path, rows, *arguments):
        result = self.folder / "y.npy"
        self.check(run("--model", path, "--input", f"x={rows}", "--output", result, *arguments))
        return np.load(result)

    def test_every_form_is_standard(self):
        """Valid ONNX that the reference implementation computes as Octet does, within what the scheme costs."""
        rows = self.mlp_rows(5)
        exact = self.octet(MLP, rows)
        for scheme, formats in (("w8a8", ("octet", "ort")), ("w8", ("octet",)), ("w4", ("octet",))):
            here = self.octet(MLP, rows, "--quantize", scheme)
            error = np.abs(here - exact).max()
            for form in formats:
                with self.subTest(scheme=scheme, form=form):
                    path, warnings = self.saved("--quantize", scheme, "--save-format", form)
                    self.assertEqual(warnings, "")
                    onnx.checker.check_model(onnx.load(path), full_check=form == "ort" or scheme != "w8a8")
                    np.testing.assert_allclose(self.reference(path, np.load(rows)), here, rtol=0, atol=2 * error)
                    if form == "octet":
                        self.assertEqual(self.layers(path), self.layers(MLP, "--quantize", scheme))

    def test_metadata(self):
        path, _ = self.saved("--quantize", "w8", "--layer", "fc1=w8a8")
        model = onnx.load(path)
        metadata = {entry.key: entry.value for entry in model.metadata_props}
        self.assertEqual(metadata["octet.scheme"], "w8: 1; w8a8: 1")
        self.assertEqual(run("--version").stdout.split()[1], metadata["octet.version"])
        self.assertEqual(metadata["octet.source_sha256"], sha256(MLP))
        self.assertEqual(model.producer_name, "octet-tests")

    def test_encoder(self):
        """One that is merged, smoothed and split again."""
        inputs = self.bert_inputs(3, 10)
        for form in ("octet", "ort"):
            path, _ = self.saved("--quantize", "w8a8", "--save-format", form, model=BERT)
            onnx.checker.check_model(onnx.load(path))
            results = []
            for name, model, arguments in (("a", BERT, ("--quantize", "w8a8")), ("b", path, ())):
                folder = self.folder / name
                self.check(run("--model", model, "--input-dir", inputs, "--output-dir", folder, "--quiet", *arguments))
                results.append(np.load(next(folder.glob("*.npy"))))
            if form == "octet":
                np.testing.assert_array_equal(*results)
            else:
                np.testing.assert_allclose(*results, rtol=0, atol=0.5)

    def test_data_beside(self):
        path, _ = self.saved("--quantize", "w8a8", "--save-data", "beside", model=BERT)
        self.assertTrue((self.folder / "saved.onnx.data").exists())
        onnx.checker.check_model(str(path))
        self.assertEqual(self.layers(path), self.layers(BERT, "--quantize", "w8a8"))

    def test_refused(self):
        self.assertIn("was loaded from", self.refused("--model", MLP, "--save", MLP))
        self.assertIn("does not exist", self.refused("--model", MLP, "--save", self.folder / "none" / "m.onnx"))
        self.assertIn("choose one of", self.refused("--model", MLP, "--save", self.folder / "m.onnx", "--bench"))
        self.assertIn("--save-format", self.refused("--model", MLP, "--save", self.folder / "m.onnx", "--save-format", "tflite"))


if __name__ == "__main__":
    unittest.main()
