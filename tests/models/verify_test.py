"""run_model --verify: what matches, what differs, and which tensor belongs to which input or output."""
import shutil
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from run_model_cli import BERT, CASE, DIFFER, DONE, MLP, RunModelTest, run, save_model


class Verify(RunModelTest):
    def test_match(self):
        done = self.check(run("--model", MLP, "--verify", CASE))
        self.assertEqual(done.stdout.count("match"), 2)
        self.assertEqual(done.stderr, "")
        self.check(run("--model", MLP, "--verify", CASE / "test_data_set_1"))

    def test_difference(self):
        done = self.check(run("--model", MLP, "--verify", CASE, "--quantize", "w8a8"), DIFFER)
        self.assertRegex(done.stderr, r'^test_data_set_0: output "y" \[\d, \d\]: found \S+, expected \S+ .*cosine 0\.99\d+\)\n$')
        self.check(run("--model", MLP, "--verify", CASE, "--quantize", "w8a8", "--atol", "1"))
        self.check(run("--model", MLP, "--verify", CASE, "--rtol", "0", "--atol", "0"), DIFFER)

    def test_other_shape_and_type(self):
        case = self.folder / "case"
        shutil.copytree(CASE, case)
        expected = case / "test_data_set_0" / "output_0.pb"
        shutil.copy(case / "test_data_set_1" / "output_0.pb", expected)
        done = self.check(run("--model", MLP, "--verify", case), DIFFER)
        self.assertIn("found float32[3x8], expected float32[1x8]", done.stderr)

    def test_missing_outputs(self):
        case = self.folder / "case"
        shutil.copytree(CASE, case)
        for data_set in case.iterdir():
            (data_set / "output_0.pb").unlink()
        self.assertIn('output_0.pb for output "y" is missing', self.refused("--model", MLP, "--verify", case))

    def test_a_run_that_fails_comes_before_missing_outputs(self):
        rows = helper.make_tensor_value_info("rows", TensorProto.INT64, ["n"])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
        table = numpy_helper.from_array(np.zeros((4, 2), np.float32), "table")
        graph = helper.make_graph([helper.make_node("Gather", ["table", "rows"], ["y"])], "g", [rows], [y], [table])
        opset = [helper.make_opsetid("", 17)]
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), self.folder / "model.onnx")
        data_set = self.folder / "test_data_set_0"
        data_set.mkdir()
        (data_set / "input_0.pb").write_bytes(numpy_helper.from_array(np.array([9]), "rows").SerializeToString())
        message = self.refused("--model", self.folder / "model.onnx", "--verify", self.folder)
        self.assertIn("9", message)
        self.assertNotIn("output_0.pb", message)

    def two_inputs(self, names, outputs=("difference", "sum")):
        """difference = left - right, sum = left + right, and a data set whose tensors are called so."""
        infos = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in ("left", "right", "difference", "sum")}
        nodes = [helper.make_node("Sub", ["left", "right"], ["difference"]), helper.make_node("Add", ["left", "right"], ["sum"])]
        graph = helper.make_graph(nodes, "g", [infos["left"], infos["right"]], [infos["difference"], infos["sum"]])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), self.folder / "model.onnx")
        left, right = np.array([5, 7], np.float32), np.array([1, 2], np.float32)
        arrays = {"left": left, "right": right, "difference": left - right, "sum": left + right}
        data_set = self.folder / "test_data_set_0"
        data_set.mkdir(exist_ok=True)
        for kind, given in (("input", names), ("output", outputs)):
            for number, (meant, name) in enumerate(given if isinstance(given[0], tuple) else zip(given, given)):
                (data_set / f"{kind}_{number}.pb").write_bytes(numpy_helper.from_array(arrays[meant], name).SerializeToString())
        return run("--model", self.folder / "model.onnx", "--verify", self.folder)

    def test_tensors_go_by_their_names(self):
        for inputs in (("left", "right"), ("right", "left")):
            for outputs in (("difference", "sum"), ("sum", "difference")):
                done = self.check(self.two_inputs(inputs, outputs))
                self.assertEqual((done.stdout.count("match"), done.stdout.count("\n"), done.stderr), (2, 2, ""))

    def test_tensors_go_by_numbers_where_names_do_not_fit(self):
        """The tensors whose names fit keep their places; each other one is named in a line."""
        for inputs, other in (((("left", "other"), ("right", "one")), 'input_0.pb is named "other", taken for input "left"'),
                              ((("right", "right"), ("left", "other")), 'input_1.pb is named "other", taken for input "left"'),
                              ((("left", "left"), ("right", "left")), 'input_1.pb is named "left", taken for input "right"')):
            self.assertIn(other, self.check(self.two_inputs(inputs)).stdout)
        done = self.check(self.two_inputs(("left", "right"), (("difference", "x"), ("sum", "sum"))))
        self.assertIn('output_0.pb is named "x", taken for output "difference"', done.stdout)
        for inputs in ((("left", ""), ("right", "")), (("right", "right"), ("left", "")), (("right", ""), ("left", "left"))):
            done = self.check(self.two_inputs(inputs))
            self.assertEqual(done.stdout.count("\n"), 2)  # there are no names to speak of

    def test_missing_output_by_name(self):
        self.two_inputs(("left", "right"), ("sum",))
        message = run("--model", self.folder / "model.onnx", "--verify", self.folder)
        self.assertIn('output_1.pb for output "difference" is missing', message.stderr)

    def test_what_is_not_finite(self):
        model = save_model(self.folder / "log.onnx", [helper.make_node("Log", ["x"], ["y"])], ["n", 4], {"y": ["n", 4]})
        data_set = self.folder / "test_data_set_0"
        data_set.mkdir()
        nan, inf = float("nan"), float("inf")
        for x, y, status, text in (([-1] * 4, [0] * 4, DIFFER, "no element is finite in both (NaN or infinite: 4 found, 0 expected)"),
                                   ([-1] * 4, [nan] * 4, DONE, "no element is finite in both (NaN or infinite: 4 found, 4 expected)"),
                                   ([0] * 4, [-inf] * 4, DONE, "no element is finite in both (NaN or infinite: 4 found, 4 expected)"),
                                   ([1] * 4, [nan] * 4, DIFFER, "no element is finite in both (NaN or infinite: 0 found, 4 expected)"),
                                   ([1, 1, 1, -1], [0] * 4, DIFFER, "over the 3 finite in both (NaN or infinite: 1 found, 0 expected)"),
                                   ([1] * 4, [0] * 4, DONE, "max abs difference 0, cosine 1.000000\n")):
            for kind, values in (("input", x), ("output", y)):
                tensor = numpy_helper.from_array(np.array([values], np.float32), "x" if kind == "input" else "y")
                (data_set / f"{kind}_0.pb").write_bytes(tensor.SerializeToString())
            done = self.check(run("--model", model, "--verify", self.folder), status)
            self.assertIn(text, done.stdout)
            if "no element" in text:
                self.assertNotIn("cosine", done.stdout + done.stderr)
            if status == DIFFER:
                self.assertIn(text.strip(), done.stderr)

    def test_bad_cases(self):
        self.assertIn("test_data_set", self.refused("--model", MLP, "--verify", self.folder))
        self.assertIn("nowhere", self.refused("--model", MLP, "--verify", self.folder / "nowhere"))
        self.assertIn("inputs", self.refused("--model", BERT, "--verify", CASE))
        case = self.folder / "case"
        shutil.copytree(CASE, case)
        (case / "test_data_set_0" / "input_0.pb").write_bytes(b"\xff\xff\xff")
        self.assertIn("input_0.pb", self.refused("--model", MLP, "--verify", case))


if __name__ == "__main__":
    unittest.main()
