"""What each scheme costs on real weights: the demo's sentences through MiniLM, pooled, against fp32."""
import pathlib
import subprocess
import sys
import unittest

import numpy as np

from run_model_cli import RunModelTest, run

DEMO = pathlib.Path(__file__).resolve().parents[2] / "apps" / "demo"
sys.path.insert(0, str(DEMO))


class Accuracy(RunModelTest):
    def test_pooled_cosine(self):
        try:
            import demo
        except ImportError as error:
            self.skipTest(f"the demo's packages are missing: {error}")
        model = self.folder / "minilm.onnx"
        subprocess.run([sys.executable, "-B", str(DEMO / "make_minilm.py"), str(model)], check=True)
        mask = demo.write_inputs(demo.read_lines("sentences.txt"), self.folder)
        pooled = {}
        for scheme in ("none", "w8a8", "w8", "bf16"):
            output = self.folder / scheme
            done = run("--model", model, "--quantize", scheme, "--input-dir", self.folder, "--batch-size", 32, "--output-dir", output, "--quiet")
            if scheme == "bf16" and "no fast bf16 products" in done.stderr:
                continue
            self.check(done)
            pooled[scheme] = demo.embed(np.load(output / "last_hidden_state.npy"), mask)
        for scheme, least in (("w8a8", 0.9990), ("w8", 0.9994), ("bf16", 0.9999)):
            if scheme in pooled:
                cosine = (pooled["none"] * pooled[scheme]).sum(1)
                self.assertGreaterEqual(cosine.mean(), least, f"{scheme}: mean {cosine.mean():.6f}, worst {cosine.min():.6f}")
                print(f"{scheme}: mean cosine {cosine.mean():.5f}, worst {cosine.min():.5f}", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
