"""run_model with sequences and optionals: --verify, and files of numbered arrays."""
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from run_model_cli import DIFFER, MODELS, RunModelTest, run

MODEL = MODELS / "sequence.onnx"  # seq, x, opt -> longer, joined, has
SEQ = [np.array([1, 2], np.float32), np.array([3], np.float32)]
X = np.array([4, 5, 6], np.float32)


class Values(RunModelTest):
    def write_case(self, seq, opt, longer):
        folder = self.folder / "test_data_set_0"
        folder.mkdir(exist_ok=True)
        joined = np.concatenate(longer)
        for name, proto in (("input_0", numpy_helper.from_list(seq, "seq")), ("input_1", numpy_helper.from_array(X, "x")),
                            ("input_2", numpy_helper.from_optional(opt, "opt")), ("output_0", numpy_helper.from_list(longer, "longer")),
                            ("output_1", numpy_helper.from_array(joined, "joined")),
                            ("output_2", numpy_helper.from_array(np.array(opt is not None), "has"))):
            (folder / f"{name}.pb").write_bytes(proto.SerializeToString())
        return run("--model", MODEL, "--verify", self.folder)

    def test_verify(self):
        done = self.check(self.write_case(SEQ, None, [*SEQ, X]))
        self.assertIn('"longer" a sequence of 3 tensors: match', done.stdout)
        self.assertIn('"longer[2]" float32[3]: match', done.stdout)
        self.assertIn('"joined" float32[6]: match', done.stdout)
        self.check(self.write_case(SEQ, [np.array([7])], [*SEQ, X]))
        self.check(self.write_case([], None, [X]))

    def test_verify_differs(self):
        done = self.check(self.write_case(SEQ, None, [SEQ[0], X]), DIFFER)
        self.assertIn('output "longer": found a sequence of 3 tensors, expected a sequence of 2 tensors', done.stderr)
        done = self.check(self.write_case(SEQ, None, [SEQ[0], SEQ[1] + 1, X]), DIFFER)
        self.assertIn('output "longer[1]" [0]: found 3, expected 4', done.stderr)

    def test_verify_reads_kinds(self):
        done = self.write_case(SEQ, None, [*SEQ, X])
        self.check(done)
        (self.folder / "test_data_set_0" / "input_0.pb").write_bytes(b"\x0a")
        self.assertIn("input_0.pb", self.refused("--model", MODEL, "--verify", self.folder))

    def expect_outputs(self, arrays, longer, has):
        self.assertEqual(sorted(name for name in arrays if name.startswith("longer")), [f"longer{n}" for n in range(len(longer))])
        for number, expected in enumerate(longer):
            np.testing.assert_array_equal(arrays[f"longer{number}"], expected)
        np.testing.assert_array_equal(arrays["joined"], np.concatenate(longer))
        self.assertEqual(arrays["has"], has)

    def test_folders(self):
        inputs, outputs = self.folder / "in", self.folder / "out"
        (inputs / "seq").mkdir(parents=True)
        for number, array in enumerate(SEQ):
            np.save(inputs / "seq" / f"{number}.npy", array)
        np.save(inputs / "x.npy", X)
        self.check(run("--model", MODEL, "--input-dir", inputs, "--output-dir", outputs))
        read = {path.stem.replace("_", ""): np.load(path) for path in outputs.glob("*.npy")}
        self.expect_outputs(read, [*SEQ, X], False)
        (inputs / "opt").mkdir()  # there, and empty
        self.check(run("--model", MODEL, "--input", f"seq={inputs}/seq", "--input", f"x={inputs}/x.npy", "--input",
                       f"opt={inputs}/opt", "--output-dir", outputs))
        self.assertTrue(np.load(outputs / "has.npy"))

    def test_archives(self):
        given, made, seq = self.folder / "in.npz", self.folder / "out.npz", self.folder / "seq.npz"
        np.savez(given, **{"seq/0": SEQ[0], "seq/1": SEQ[1], "x": X, "opt/0": np.array([1])})
        self.check(run("--model", MODEL, "--input-npz", given, "--output-npz", made))
        read = {name.replace("/", ""): array for name, array in np.load(made).items()}
        self.expect_outputs(read, [*SEQ, X], True)
        np.savez(seq, **{"0": SEQ[1]})
        np.save(self.folder / "x.npy", X)
        self.check(run("--model", MODEL, "--input", f"seq={seq}", "--input", f"x={self.folder}/x.npy", "--output-npz", made))
        read = {name.replace("/", ""): array for name, array in np.load(made).items()}
        self.expect_outputs(read, [SEQ[1], X], False)

    def test_refusals(self):
        np.save(self.folder / "x.npy", X)
        x = ("--input", f"x={self.folder}/x.npy", "--output-dir", self.folder / "out")
        self.assertIn('input "seq": was not given; expected sequence(float32[?])', self.refused("--model", MODEL, *x))
        self.assertIn("--bench: input \"seq\" is sequence(float32[?])", self.refused("--model", MODEL, "--bench"))
        empty = self.folder / "empty"
        empty.mkdir()
        given = ("--model", MODEL, "--input", f"seq={empty}", *x)
        self.check(run(*given))
        self.assertIn("has no rows to split", self.refused(*given, "--batch-size", "2"))
        self.assertIn("is sequence(float32[?]), which is no one array",
                      self.refused("--model", MODEL, "--input", f"seq={empty}", *x[:2], "--output", self.folder / "y.npy"))

    def test_optional_tensors(self):
        kind = helper.make_optional_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, ["n"]))
        graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [helper.make_value_info("x", kind)],
                                  [helper.make_value_info("y", kind)])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), self.folder / "model.onnx")
        np.save(self.folder / "x.npy", X)
        out = self.folder / "out"
        self.check(run("--model", self.folder / "model.onnx", "--input-dir", self.folder, "--output-dir", out))
        np.testing.assert_array_equal(np.load(out / "y.npy"), X)


if __name__ == "__main__":
    unittest.main()
