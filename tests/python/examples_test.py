"""The examples in apps/python/examples and the README, run as they stand."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

from octet_case import BERT, MLP, OctetCase, run_python

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "apps/python/examples"
ARGUMENTS = {"kmeans_codebook": ["fc1"], "prune": ["fc1.weight"], "own_rounding": ["fc1", "fc1.weight"], "change_layer": ["fc2"]}
MOST_LINES = {"change_layer": 20}


class Examples(OctetCase):
    def test_each(self):
        found = {path.stem: path for path in EXAMPLES.glob("*.py")}
        self.assertEqual(set(found), set(ARGUMENTS))
        for name, path in found.items():
            with self.subTest(name):
                self.assertLessEqual(len(path.read_text().splitlines()), MOST_LINES.get(name, 25))
                saved = [self.folder / "saved.onnx"] if name == "change_layer" else []
                done = subprocess.run([sys.executable, "-B", path, MLP, *ARGUMENTS[name], *saved], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                print(f"\n{name}: {done.stdout.strip()}", end="")

    def test_the_readme(self):
        """On a small BERT in the place of MiniLM, whose layers have the same names."""
        shown = re.search(r"<!-- python -->\n```python\n(.*?)```\n<!-- /python -->", (ROOT / "README.md").read_text(), re.DOTALL)
        self.assertTrue(shown, "README.md has no example between <!-- python --> and <!-- /python -->")
        os.symlink(BERT, self.folder / "minilm.onnx")
        code = shown.group(1).replace("build/demo/", f"{self.folder}/")
        done = run_python(code, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("int8", done.stdout)


if __name__ == "__main__":
    unittest.main()
