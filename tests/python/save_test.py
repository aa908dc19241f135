"""Model.save: a standard file that gives the same codes and outputs again."""
import unittest

import numpy as np
import onnx

import octet
from octet_case import BERT, MLP, OctetCase, bert_inputs, mlp_rows


class Save(OctetCase):
    def test_the_same_codes_again(self):
        for quantize in ("w8a8", "w8", "w4"):
            with self.subTest(quantize):
                model = octet.load(BERT, quantize=quantize, layers={"*/output/dense*": "none"})
                name = next(name for name, layer in model.layers.items() if layer.scheme != "none")
                model = model.replace({name: {"scale": model.layers[name].scale * 0.5}})
                path = self.folder / f"{quantize}.onnx"
                model.save(path)
                onnx.checker.check_model(onnx.load(path))
                again = octet.load(path)
                for own, layer in model.layers.items():
                    if layer.scheme == "none":
                        continue
                    found = again.layers[own]
                    for part, array in layer.weights.items():
                        np.testing.assert_array_equal(getattr(found, part), array)
                for output, array in model.run(bert_inputs()).items():
                    np.testing.assert_allclose(again.run(bert_inputs())[output], array, rtol=1e-3, atol=1e-3)

    def test_from_bytes(self):
        data = MLP.read_bytes()
        model = octet.load(data, quantize="w8a8")
        self.refused("source", model.save, self.folder / "a.onnx")
        model.save(self.folder / "a.onnx", source=data, data="inside")
        x = mlp_rows(3)
        np.testing.assert_allclose(octet.load(self.folder / "a.onnx").run({"x": x})["y"], model.run({"x": x})["y"], rtol=1e-4, atol=1e-4)

    def test_what_is_refused(self):
        copy = self.folder / "copy.onnx"
        copy.write_bytes(MLP.read_bytes())
        model = octet.load(copy, quantize="w8")
        self.refused("", model.save, copy)
        self.assertEqual(copy.read_bytes(), MLP.read_bytes())
        self.refused("format", model.save, self.folder / "b.onnx", format="ogg")
        self.refused("expected a str or path", model.save, b"bytes")
        self.refused("expected the bytes", model.save, self.folder / "b.onnx", source="text")
        self.refused("", model.save, self.folder / "no" / "folder.onnx", kind=octet.Error)
        cancel = octet.Cancel()
        cancel.request()
        self.refused("", model.save, self.folder / "c.onnx", cancel=cancel, kind=octet.CancelledError)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["copy.onnx"])
        model.close()
        self.refused("closed", model.save, self.folder / "b.onnx")


if __name__ == "__main__":
    unittest.main()
