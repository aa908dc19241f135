"""What run_model writes to a terminal: names from models and files are texts there, never orders; closed streams harm nobody."""
import json
import os
import pty
import shutil
import subprocess
import unicodedata
import unittest
import zipfile

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from run_model_cli import CASE, DONE, MLP, REFUSED, RUN_MODEL, RunModelTest, run

# Title, clear screen, bell; C1; bidirectional marks and isolates; line ends; what is invisible.
HOSTILE = "n\x1b]0;title\x07\x1b[2J\x9b31m\u202egpj.exe\u202c\u2066x\u2069\u200f\r\n\x7f\u2028\u200b\ufeffz"


def hostile_model(path, name=HOSTILE):
    """Gemm -> Softmax -> Gemm, every name of which is `name` and a number."""
    rng = np.random.default_rng(7)
    arrays = {f"{name}w{i}": rng.standard_normal((8, 8)).astype(np.float32) for i in range(2)}
    nodes = [helper.make_node("Gemm", [f"{name}x", f"{name}w0"], [f"{name}h"], f"{name}1"),
             helper.make_node("Softmax", [f"{name}h"], [f"{name}s"], f"{name}2"),
             helper.make_node("Gemm", [f"{name}s", f"{name}w1"], [f"{name}y"], f"{name}3")]
    graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info(f"{name}x", TensorProto.FLOAT, [f"{name}b", 8])],
                              [helper.make_tensor_value_info(f"{name}y", TensorProto.FLOAT, None)],
                              [numpy_helper.from_array(array, key) for key, array in arrays.items()])
    path.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString())
    return path


class TerminalTest(RunModelTest):
    def run_bytes(self, *arguments):
        done = subprocess.run([RUN_MODEL, *map(os.fsencode, map(str, arguments))], capture_output=True, timeout=120)
        return done.returncode, self.clean(done.stdout), self.clean(done.stderr)

    def clean(self, data):
        """The text, in which nothing but newlines at the ends of lines is an order."""
        text = data.decode("utf-8")  # strict
        for character in text:
            category = unicodedata.category(character)
            self.assertTrue(character == "\n" or category not in ("Cc", "Cs", "Zl", "Zp"), ascii(text))
            self.assertNotIn(unicodedata.bidirectional(character), ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"), ascii(text))
            self.assertNotIn(character, "\u061c\u200b\u200e\u200f\ufeff", ascii(text))
        return text


class Names(TerminalTest):
    def setUp(self):
        super().setUp()
        self.model = hostile_model(self.folder / "model.onnx")

    def test_look_inside(self):
        for mode in ("--explain", "--list-weights"):
            for quantize in ("none", "w8a8"):
                status, text, _ = self.run_bytes("--model", self.model, mode, "--quantize", quantize)
                self.assertEqual(status, DONE)
                self.assertIn("n\\x1b]0;title\\x07\\x1b[2J\\u009b31m\\u202egpj", text)
                status, text, _ = self.run_bytes("--model", self.model, mode, "--quantize", quantize, "--json")
                self.assertEqual((status, text.count("\n")), (DONE, 1))
                self.assertTrue(text.isascii())
                names = {entry["node" if mode == "--explain" else "name"] for entry in json.loads(text)}
                self.assertIn(f"{HOSTILE}1", names)

    def test_messages(self):
        x = self.save("x", np.zeros((2, 7), np.float32))
        status, _, message = self.run_bytes("--model", self.model, "--input", f"x={x}", "--output", self.folder / "y.npy")
        self.assertEqual((status, message.count("\n")), (REFUSED, 1))
        inputs = self.folder / "inputs"
        inputs.mkdir()
        shutil.copy(x, inputs / f"{HOSTILE}x.npy")
        for arguments in (("--input-dir", inputs, "--output", self.folder / "y.npy"), ("--dump-weight", f"{HOSTILE}9", "--output-dir", self.folder),
                          ("--bench", "--shape", f"{HOSTILE}x=2x9"), ("--verify", f"nowhere{HOSTILE}"), (f"--{HOSTILE}",)):
            status, out, message = self.run_bytes("--model", self.model, *arguments)
            self.assertEqual((status, out, message.count("\n")), (REFUSED, "", 1), message)
            self.assertIn("\\x1b", message)
        for path in (f"no-such{HOSTILE}.onnx", b"no-such\xff\x9b.onnx", "no-such" + "x" * 100_000):
            status, _, message = self.run_bytes("--model", os.fsdecode(path), "--bench")
            self.assertEqual((status, message.count("\n")), (REFUSED, 1))
            self.assertLess(len(message.encode()), 4096)

    def test_messages_of_broken_models(self):
        """Whatever byte of the file is another, the message is clean."""
        data = self.model.read_bytes()
        rng = np.random.default_rng(11)
        for at in rng.integers(0, len(data), 40):
            broken = bytearray(data)
            broken[at] = int(rng.integers(256))
            path = self.folder / "broken.onnx"
            path.write_bytes(broken)
            status, _, message = self.run_bytes("--model", path, "--list-weights")
            self.assertIn(status, (DONE, REFUSED))
            self.assertLess(len(message.encode()), 4096)

    def test_profile(self):
        trace = self.folder / "trace.json"
        status, _, _ = self.run_bytes("--model", self.model, "--profile", trace)
        self.assertEqual(status, DONE)
        data = trace.read_bytes()
        self.assertTrue(data.isascii())
        self.assertIn(f"{HOSTILE}1", {event["name"] for event in json.loads(data)["traceEvents"]})

    def test_verify(self):
        case = self.folder / f"case{HOSTILE}"
        data_set = case / f"test_data_set_0{HOSTILE}"
        data_set.mkdir(parents=True)
        x = np.ones((2, 8), np.float32)
        for kind, array in (("input", x), ("output", x)):
            (data_set / f"{kind}_0.pb").write_bytes(numpy_helper.from_array(array, f"other{HOSTILE}").SerializeToString())
        status, out, message = self.run_bytes("--model", self.model, "--verify", case)
        self.assertEqual((status, message.count("\n")), (1, 1))
        self.assertIn("\\x1b", out)

    def test_archives(self):
        path = self.folder / f"in{HOSTILE}.npz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr(f"{HOSTILE}x.npy", b"not an array")
        status, _, message = self.run_bytes("--model", self.model, "--input-npz", path, "--output", os.devnull)
        self.assertEqual((status, message.count("\n")), (REFUSED, 1))


class Messages(TerminalTest):
    def test_are_cut_in_the_middle(self):
        model = hostile_model(self.folder / "model.onnx", "重" * 50_000)
        x = self.save("x", np.zeros((2, 8), np.float32))
        status, _, message = self.run_bytes("--model", model, "--input", f"y={x}", "--output", os.devnull)
        self.assertEqual(status, REFUSED)
        self.assertLess(len(message.encode()), 4096)
        self.assertRegex(message, r'^run_model: input "重+ \[\d+ bytes left out\] 重.*8\]\n$')


class ClosedStreams(TerminalTest):
    def shell(self, closed, *arguments):
        command = " ".join(f"'{argument}'" for argument in (RUN_MODEL, *arguments))
        return subprocess.run(["sh", "-c", f"{command} {closed}"], capture_output=True, text=True, timeout=120)

    def test_with_json(self):
        x = self.mlp_rows(100)
        expected = self.folder / "expected.npy"
        self.check(run("--model", MLP, "--input", f"x={x}", "--output", expected))
        y = self.folder / "y.npy"
        for closed in (">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full", ">/dev/full 2>&-"):
            for arguments in (("--input", f"x={x}", "--output", y, "--batch-size", 30), ("--bench", "--iterations", 1), ("--explain",),
                              ("--list-weights",), ("--profile", self.folder / "trace.json"), ("--verify", CASE)):
                done = self.shell(closed, "--model", MLP, *arguments, "--json")
                silent = arguments[0] == "--profile" or not closed.startswith((">", "<"))
                self.assertEqual(done.returncode, DONE if silent else REFUSED, (closed, arguments, done.stderr))
                if closed in (">&-", ">/dev/full") and not silent:
                    self.assertIn("stdout cannot be written", done.stderr)
            # Nothing that was meant for a stream went to a file.
            self.assertEqual(y.read_bytes(), expected.read_bytes())
            json.loads((self.folder / "trace.json").read_text())
            y.unlink()

    def test_with_errors(self):
        for closed in ("2>&-", ">&- 2>&-"):
            self.assertEqual(self.shell(closed, "--model", "nowhere.onnx", "--bench", "--json").returncode, REFUSED)
        for option in ("--help", "--version"):
            self.assertEqual(self.shell("2>&-", option).returncode, DONE)
            self.assertEqual(self.shell(">&-", option).returncode, REFUSED)


class FinishedBatch(TerminalTest):
    def on_a_terminal(self, *arguments):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = subprocess.Popen([RUN_MODEL, *map(str, arguments)], stderr=theirs)
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 65536):
                text += part
        except OSError:  # the other end was closed
            pass
        self.assertEqual(process.wait(timeout=60), DONE)
        return text.decode()

    def test_leaves_one_line(self):
        x = self.mlp_rows(100)
        arguments = ("--model", MLP, "--input", f"x={x}", "--output-dir", self.folder / "o", "--output", self.folder / "z.npy")
        for extra in ((), ("--batch-size", 10)):
            text = self.on_a_terminal(*arguments, *extra)
            self.assertRegex(text, r"(^|\x1b\[K)run_model: 100 rows in \d+\.\d s, [\d.]+ rows/s; outputs in \S+/z\.npy and 1 more\r\n$")
        self.assertEqual(self.on_a_terminal(*arguments, "--quiet"), "")
        self.assertEqual(self.check(run(*arguments)).stderr, "")


if __name__ == "__main__":
    unittest.main()
