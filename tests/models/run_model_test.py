"""run_model as scripts call it: exit statuses, messages, files and JSON."""
import json
import os
import shutil
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from run_model_cli import BERT, CASE, DIFFER, DONE, MLP, RunModelTest, run, save_model


class Options(RunModelTest):
    def test_help_and_version(self):
        text = self.check(run("--help")).stdout
        for option in ("--model", "--quantize", "--smoothing", "--threads", "--load-timeout", "--input", "--batch-size", "--output-dir", "--verify",
                       "--rtol", "--atol", "--input-dir", "--output", "--bench", "--shape", "--warmup", "--iterations",
                       "--seconds", "--json", "--explain", "--list-weights", "--dump-weight", "--profile"):
            self.assertIn(option, text)
        self.assertRegex(self.check(run("--version")).stdout, r"^run_model \d+\.\d+\.\d+\n$")

    def test_bad_options(self):
        self.assertIn("--model", self.refused())
        self.assertIn("nothing to do", self.refused("--model", MLP))
        self.assertIn("--frobnicate", self.refused("--model", MLP, "--frobnicate"))
        self.assertIn("w7a7", self.refused("--model", MLP, "--bench", "--quantize", "w7a7"))
        self.assertIn("--threads", self.refused("--model", MLP, "--bench", "--threads", "-1"))
        self.assertIn("--threads", self.refused("--model", MLP, "--bench", "--threads", "two"))
        self.assertIn("--batch-size", self.refused("--model", MLP, "--input", "x=a.npy", "--output", "o", "--batch-size", "0"))
        self.assertIn("--warmup", self.refused("--model", MLP, "--bench", "--warmup", "-1"))
        self.assertIn("--iterations", self.refused("--model", MLP, "--bench", "--iterations", "0"))
        self.assertIn("--seconds", self.refused("--model", MLP, "--bench", "--seconds", "nan"))
        self.assertIn("--load-timeout", self.refused("--model", MLP, "--bench", "--load-timeout", "0"))
        self.assertIn("--load-timeout", self.refused("--model", MLP, "--bench", "--load-timeout", "nan"))
        self.assertIn("choose one", self.refused("--model", MLP, "--bench", "--explain"))
        self.assertIn("NAME=VALUE", self.refused("--model", MLP, "--input", "x.npy", "--output", "o.npy"))
        self.assertIn("2x128", self.refused("--model", MLP, "--bench", "--shape", "x=2y3"))
        self.assertIn("--output-dir", self.refused("--model", MLP, "--input", "x=x.npy"))

    def test_load_timeout(self):
        found = self.refused("--model", BERT, "--explain", "--load-timeout", "0.001")
        self.assertIn("bert.onnx", found)
        self.assertIn("give it more", found)
        self.check(run("--model", MLP, "--explain", "--load-timeout", "60"))

    def test_bad_models(self):
        self.assertIn("no-such.onnx", self.refused("--model", self.folder / "no-such.onnx", "--bench"))
        garbage = self.folder / "garbage.onnx"
        garbage.write_bytes(b"\x00garbage")
        self.assertIn("garbage.onnx", self.refused("--model", garbage, "--bench"))
        half = self.folder / "half.onnx"
        half.write_bytes(MLP.read_bytes()[:1500])
        self.assertIn("half.onnx", self.refused("--model", half, "--bench"))
        self.refused("--model", self.folder, "--bench")


class Limits(RunModelTest):
    def test_memory(self):
        self.check(run("--model", BERT, "--bench", "--iterations", 1, "--memory-ceiling", "1GiB", "--memory-limit", "1 gb", "--max-model-bytes", 100 << 20))
        self.assertIn("at most 1024 are allowed", self.refused("--model", BERT, "--bench", "--max-model-bytes", "1KB"))
        self.assertIn("ceiling", self.refused("--model", BERT, "--bench", "--memory-ceiling", "1MB"))
        self.assertIn("limit", self.refused("--model", BERT, "--bench", "--memory-limit", 1000))
        for wrong in ("-1", "0", "x", "1XB", "", "MB", "1.5GB", "1MBB", "99999999999999999999", "9999999TB"):
            self.assertIn("--memory-limit", self.refused("--model", BERT, "--bench", "--memory-limit", wrong))

    def test_time(self):
        inputs = self.bert_inputs(200, 60)
        arguments = ("--model", BERT, "--input-dir", inputs, "--output", self.folder / "y.npy", "--batch-size", 200)
        self.assertIn("the time that the run was given was over", self.refused(*arguments, "--timeout", 0.001))
        self.check(run(*arguments, "--timeout", 100))
        for wrong in ("0", "-1", "nan", "x"):
            self.assertIn("--timeout", self.refused(*arguments, "--timeout", wrong))


class Inference(RunModelTest):
    def test_outputs_and_their_folder(self):
        x = np.random.default_rng(1).standard_normal((7, 32)).astype(np.float32)
        out = self.folder / "deep" / "er"
        self.check(run("--model", MLP, "--input", f"x={self.save('x', x)}", "--output-dir", out))
        y = np.load(out / "y.npy")
        self.assertEqual((y.dtype, y.shape), (np.float32, (7, 8)))
        self.assertEqual([path.name for path in out.iterdir()], ["y.npy"])  # nothing temporary is left
        first = self.folder / "first.npy"
        self.check(run("--model", MLP, "--input", f"x={self.folder / 'x.npy'}", "--output", first))
        np.testing.assert_array_equal(np.load(first), y)
        self.check(run("--model", MLP, "--input", f"x={self.folder / 'x.npy'}", "--output", os.devnull))

    def test_slices_give_the_bits_of_one_batch(self):
        inputs = self.bert_inputs(7, 12)
        for quantize in ("none", "w8a8"):
            outputs = []
            for index, batch in enumerate(([], ["--batch-size", 3], ["--batch-size", 1], ["--batch-size", 100])):
                out = self.folder / f"{quantize}{index}"
                done = self.check(run("--model", BERT, "--quantize", quantize, "--input-dir", inputs, "--output-dir", out, "--json",
                                      *batch))
                outputs.append(np.load(out / "last_hidden_state.npy"))
                summary = json.loads(done.stdout)
                self.assertEqual((summary["rows"], summary["runs"]), (7, (1, 3, 7, 1)[index]))
                self.assertGreater(summary["inference_ms"], 0)
            self.assertEqual(outputs[0].shape, (7, 12, 64))
            for output in outputs[1:]:
                self.assertEqual(output.tobytes(), outputs[0].tobytes())

    def test_smoothing_changes_the_result(self):
        inputs = self.bert_inputs(1, 9)
        outputs = {}
        for smoothing in ("norm", "none"):
            path = self.folder / f"{smoothing}.npy"
            self.check(run("--model", BERT, "--quantize", "w8a8", "--smoothing", smoothing, "--input-dir", inputs, "--output", path))
            outputs[smoothing] = np.load(path)
        self.assertFalse(np.array_equal(outputs["norm"], outputs["none"]))

    def test_wrong_inputs(self):
        x = self.save("x", np.zeros((2, 32), np.float32))
        to = ("--output", self.folder / "y.npy")
        self.assertIn('the model takes "x" float32[batch, 32]', self.refused("--model", MLP, "--input", f"z={x}", *to))
        self.assertIn("token_type_ids", self.refused("--model", BERT, "--input", f"input_ids={x}", *to))
        self.assertIn("nowhere.npy", self.refused("--model", MLP, "--input", "x=nowhere.npy", *to))
        wrong = self.save("wrong", np.zeros((2, 31), np.float32))
        self.assertIn("31", self.refused("--model", MLP, "--input", f"x={wrong}", *to))
        doubles = self.save("doubles", np.zeros((2, 32)))
        self.assertIn("float64", self.refused("--model", MLP, "--input", f"x={doubles}", *to))
        inputs = self.bert_inputs(3, 5)
        np.save(inputs / "attention_mask.npy", np.ones((2, 5), np.int64))
        self.assertIn("rows", self.refused("--model", BERT, "--input-dir", inputs, "--batch-size", 2, *to))
        np.save(inputs / "attention_mask.npy", np.ones((3, 5), np.int64))
        np.save(inputs / "input_ids.npy", np.full((3, 5), 8000))
        self.assertIn("8000", self.refused("--model", BERT, "--input-dir", inputs, *to))
        self.assertFalse((self.folder / "y.npy").exists())

    def test_unwritable_output(self):
        x = self.save("x", np.zeros((2, 32), np.float32))
        (self.folder / "file").write_text("")
        self.assertIn("y.npy", self.refused("--model", MLP, "--input", f"x={x}", "--output-dir", self.folder / "file"))
        if os.path.exists("/dev/full"):
            self.assertIn("/dev/full", self.refused("--model", MLP, "--input", f"x={x}", "--output", "/dev/full"))


class Npy(RunModelTest):
    def refused_file(self, write):
        path = self.folder / "x.npy"
        write(path)
        return self.refused("--model", MLP, "--input", f"x={path}", "--output", os.devnull)

    def test_formats(self):
        x = np.random.default_rng(2).standard_normal((3, 32)).astype(np.float32)
        expected = None
        for version in ((1, 0), (2, 0), (3, 0)):
            path = self.folder / "x.npy"
            with open(path, "wb") as file:
                np.lib.format.write_array(file, x, version=version)
            self.check(run("--model", MLP, "--input", f"x={path}", "--output", self.folder / "y.npy"))
            y = np.load(self.folder / "y.npy")
            np.testing.assert_array_equal(y, y if expected is None else expected)
            expected = y
        self.assertEqual(expected.shape, (3, 8))

    def test_refused_formats(self):
        x = np.zeros((4, 32), np.float32)
        self.assertIn("c8", self.refused_file(lambda path: np.save(path, x.astype(np.complex64))))
        self.assertIn(".npy", self.refused_file(lambda path: path.write_bytes(b"PK\x03\x04 no array at all")))
        self.assertIn("short", self.refused_file(lambda path: path.write_bytes(b"\x93NUM")))

        def cut(path):
            np.save(path, x)
            path.write_bytes(path.read_bytes()[:-1])
        self.assertIn("bytes", self.refused_file(cut))

        def negative(path):
            np.save(path, x)
            path.write_bytes(path.read_bytes().replace(b"(4, 32)", b"(4,-32)"))
        self.assertIn("negative", self.refused_file(negative))

    def with_header(self, text):
        """An .npy file of 4 x 32 zeros with this header."""
        data = text.encode("latin1")
        data += b" " * (-(len(data) + 11) % 64) + b"\n"
        return lambda path: path.write_bytes(b"\x93NUMPY\x01\x00" + len(data).to_bytes(2, "little") + data + bytes(4 * 32 * 4))

    def test_headers(self):
        """What NumPy does not write, or could be understood in two ways, is refused."""
        order, shape = "'fortran_order': False", "'shape': (4, 32)"
        for good in ("{'descr': '<f4', %s, %s, }", "{%s, %s, 'descr': '<f4'}", '{"descr": "<f4", %s,%s}', "{'descr': '=f4', %s, %s}  "):
            path = self.folder / "x.npy"
            self.with_header(good % (order, shape))(path)
            self.check(run("--model", MLP, "--input", f"x={path}", "--output", os.devnull))
        for extents in ("0x4, 32", "4, 0x20", "04, 32", "4, 3_2", "+4, 32", "4., 32", "4e0, 32", "4 32", "4,, 32", ", 4, 32", "4, 32, ,", "4, '32'",
                        "4, (32)", "4, 32", "4, 32)", "[4, 32]", "4", "-4, 32", "4, 99999999999999999999", "0o4, 32", "4L2, 32", "4, True"):
            if extents == "4, 32":
                continue
            text = "{'descr': '<f4', %s, 'shape': (%s), }" % (order, extents)
            self.assertIn("its header", self.refused_file(self.with_header(text)), extents)
        for text in ("{'descr': '<f4', %s, %s, 'shape': (4, 32)}", "{'descr': '<f4', 'descr': '<f4', %s, %s}", "{'descr': '<f4', %s, %s, %s}",
                     "{'descr': '<f4', %s, %s, 'other': 1}", "{'descr': '<f4', %s}", "{%s, %s}", "{'descr': '<f4', 'shape': (4, 32)}",
                     "{'descr': '<f4', 'fortran_order': 0, %s}", "{'descr': '<f4', %s, %s} garbage", "{'descr': '<f4', %s, %s", "'descr': '<f4', %s, %s}",
                     "{'descr': [('a', '<f4')], %s, %s}", "{'descr': '<f4' %s, %s}", "{'des\\x63r': '<f4', %s, %s}", "", "{}", "{" * 60000):
            wanted = text.count("%s")
            self.assertIn("its header", self.refused_file(self.with_header(text % ((order, shape, shape)[:wanted]))), text)

    def test_other_orders(self):
        """Fortran order and big-endian numbers are the same array, in slices of any size too."""
        x = np.random.default_rng(2).standard_normal((70, 32)).astype(np.float32)
        y = self.folder / "y.npy"
        self.check(run("--model", MLP, "--input", f"x={self.save('x', x)}", "--output", y))
        expected = y.read_bytes()
        for other in (np.asfortranarray(x), x.astype(">f4"), np.asfortranarray(x.astype(">f4"))):
            for batch in ((), ("--batch-size", 1), ("--batch-size", 33, "--workers", 2)):
                self.check(run("--model", MLP, "--input", f"x={self.save('x', other)}", "--output", y, *batch))
                self.assertEqual(y.read_bytes(), expected)
        np.savez(self.folder / "x.npz", x=np.asfortranarray(x.astype(">f4")))
        self.check(run("--model", MLP, "--input-npz", self.folder / "x.npz", "--output", y))
        self.assertEqual(y.read_bytes(), expected)

    def test_orders_of_more_axes(self):
        model = save_model(self.folder / "r.onnx", [helper.make_node("Relu", ["x"], ["y"])], ["a", "b", "c", "d"], {"y": ["a", "b", "c", "d"]})
        for shape in ((5, 2, 3, 4), (5, 1, 3, 1), (5, 0, 3, 4), (1, 2, 3, 4)):
            x = np.random.default_rng(3).standard_normal(shape).astype(np.float32)
            self.check(run("--model", model, "--input", f"x={self.save('x', np.asfortranarray(x))}", "--output", self.folder / "y.npy",
                           "--batch-size", 2))
            np.testing.assert_array_equal(np.load(self.folder / "y.npy"), np.maximum(x, 0))

    def test_integers_of_another_width(self):
        for declared, other in ((TensorProto.INT64, np.int32), (TensorProto.INT32, np.int64)):
            model = save_model(self.folder / "cast.onnx", [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)], ["n", 3],
                               {"y": ["n", 3]}, dtype=declared)
            x = np.arange(-15, 15).reshape(10, 3).astype(other)
            x[9, 2] = 2**31 - 1
            for array in (x, np.asfortranarray(x), x.astype(x.dtype.newbyteorder(">"))):
                for batch in ((), ("--batch-size", 3)):
                    self.check(run("--model", model, "--input", f"x={self.save('x', array)}", "--output", self.folder / "y.npy", *batch))
                    np.testing.assert_array_equal(np.load(self.folder / "y.npy"), x.astype(np.float32))
        for value in (2**31, -2**31 - 1, 2**32 + 1):
            x[7, 1] = value
            for batch in ((), ("--batch-size", 3)):
                message = self.refused("--model", model, "--input", f"x={self.save('x', x)}", "--output", os.devnull, *batch)
                self.assertIn(f"row 7 holds {value}", message)
        self.assertIn("int16", self.refused("--model", model, "--input", f"x={self.save('x', x.astype(np.int16))}", "--output", os.devnull))

    def test_output_is_a_folder(self):
        """Refused before anything is run."""
        np.save(self.folder / "x.npy", np.zeros((4, 32), np.float32))
        message = self.refused("--model", MLP, "--input", f"x={self.folder / 'x.npy'}", "--output", self.folder)
        self.assertIn("Is a directory", message)
        self.assertNotIn("rows", message)


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
        for inputs in ((("left", "right"), ("right", "other")), (("left", "left"), ("right", "left")), (("left", "right"), ("right", ""))):
            done = self.check(self.two_inputs(inputs))
            self.assertIn("the inputs' names are not those of the model; taken by their numbers", done.stdout)
        done = self.check(self.two_inputs(("left", "right"), (("difference", "sum"), ("sum", "sum"))))
        self.assertIn("the outputs' names are not those of the model; taken by their numbers", done.stdout)
        done = self.check(self.two_inputs((("left", ""), ("right", ""))))
        self.assertEqual(done.stdout.count("\n"), 2)  # there are no names to speak of

    def test_missing_output_by_name(self):
        self.two_inputs(("left", "right"), ("sum",))
        message = run("--model", self.folder / "model.onnx", "--verify", self.folder)
        self.assertIn('for output "difference" is missing', message.stderr)

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


class Measure(RunModelTest):
    def test_bench(self):
        done = self.check(run("--model", BERT, "--bench", "--json", "--iterations", 5, "--warmup", 0, "--threads", 1,
                              "--shape", "input_ids=2x9", "--shape", "attention_mask=2x9", "--shape", "token_type_ids=2x9"))
        self.assertEqual(done.stdout.count("\n"), 1)
        result = json.loads(done.stdout)
        self.assertEqual(set(result), {"median_ms", "min_ms", "p90_ms", "p99_ms", "times_ms", "load_ms", "first_result_ms",
                                       "loaded_mb", "rss_mb", "threads"})
        self.assertEqual((len(result["times_ms"]), result["threads"]), (5, 1))
        self.assertEqual(result["min_ms"], min(result["times_ms"]))
        self.assertEqual(result["median_ms"], sorted(result["times_ms"])[2])
        self.assertLessEqual(result["median_ms"], result["p90_ms"])
        self.assertGreater(result["first_result_ms"], result["load_ms"])
        self.assertGreaterEqual(result["rss_mb"], result["loaded_mb"])

    def test_bench_on_files_writes_the_output(self):
        output = self.folder / "y.npy"
        run_output = self.folder / "z.npy"
        inputs = self.bert_inputs(2, 6)
        done = self.check(run("--model", BERT, "--bench", "--seconds", "0.01", "--json", "--input-dir", inputs, "--output", output))
        self.assertGreaterEqual(len(json.loads(done.stdout)["times_ms"]), 2)
        self.check(run("--model", BERT, "--input-dir", inputs, "--output", run_output))
        np.testing.assert_array_equal(np.load(output), np.load(run_output))

    def test_symbols_default_to_one(self):
        output = self.folder / "y.npy"
        self.check(run("--model", BERT, "--bench", "--iterations", 2, "--output", output))
        self.assertEqual(np.load(output).shape, (1, 1, 64))
        self.assertIn("no such input", self.refused("--model", BERT, "--bench", "--shape", "ids=1x2"))

    def test_impossible_shapes(self):
        for shape, text in (("2147483647x2147483647x2147483647", "2^40"), ("1x1x1x1x1x1x1x1x1", "9 extents"), ("4x31", "must be 32")):
            self.assertIn(text, self.refused("--model", MLP, "--bench", "--shape", f"x={shape}"))

    def test_profile(self):
        trace = self.folder / "trace.json"
        done = self.check(run("--model", BERT, "--quantize", "w8a8", "--profile", trace))
        events = json.loads(trace.read_text())["traceEvents"]
        self.assertIn("quantized_linear", {event["cat"] for event in events})
        for event in events:
            self.assertEqual(event["ph"], "X")
            self.assertGreaterEqual(event["dur"], 0)
        self.assertRegex(done.stderr, r"quantized_linear .* \d+\.\d%.* \d+\.\d%")
        self.assertRegex(done.stderr, r"measured peak: int8 [1-9]\d* GOPS, f32 [1-9]\d* GFLOPS")


class Warnings(RunModelTest):
    def test_what_became_of_the_model_otherwise_than_asked_for(self):
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [-1, 8])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
        good, bad = np.random.default_rng(1).standard_normal((2, 8, 8)).astype(np.float32)
        bad[2, 3] = np.nan
        weights = [numpy_helper.from_array(array, name) for array, name in ((good, "good"), (bad, "bad"))]
        nodes = [helper.make_node("MatMul", ["x", "good"], ["h"], "first"), helper.make_node("MatMul", ["h", "bad"], ["y"], "second")]
        model = self.folder / "model.onnx"
        opset = [helper.make_opsetid("", 17)]
        onnx.save(helper.make_model(helper.make_graph(nodes, "g", [x], [y], weights), opset_imports=opset, ir_version=8), model)
        done = self.check(run("--model", model, "--explain", "--quantize", "w8a8"))
        self.assertRegex(done.stderr, r'(?m)^run_model: warning: .*input "x": extent 0 is -1')
        self.assertRegex(done.stderr, r'(?m)^run_model: warning: .*node "second" .* stays float: weights\[3, 2\] is nan')
        self.assertIn("quantized_linear", done.stdout)


class LookInside(RunModelTest):
    def test_explain(self):
        nodes = json.loads(self.check(run("--model", MLP, "--explain", "--json")).stdout)
        self.assertIn("fc1", {node["node"] for node in nodes})
        for node in nodes:
            self.assertEqual(set(node), {"node", "op", "kernel", "step", "region", "declined", "types"})
        text = self.check(run("--model", MLP, "--explain", "--quantize", "w8a8")).stdout
        self.assertRegex(text, r"region \d+ +quantized_linear\S* +\S+ +fc2\n")
        self.assertIn("[batch, 8]", text)

    def test_list_weights(self):
        layers = json.loads(self.check(run("--model", MLP, "--list-weights", "--json", "--quantize", "w8a8")).stdout)
        self.assertEqual([layer["name"] for layer in layers], ["fc1", "fc2"])
        first = layers[0]
        self.assertEqual((first["n"], first["k"], first["scheme"], first["granularity"]), (16, 32, "w8a8", "per_channel"))
        self.assertEqual(first["aliases"], ["fc1.weight", "fc1.bias"])
        self.assertEqual(first["bytes"], 16 * 32 + 16 * 4)
        self.assertIn("fc2", self.check(run("--model", MLP, "--list-weights")).stdout)

    def test_dump_weight(self):
        out = self.folder / "parts"
        self.check(run("--model", MLP, "--quantize", "w8a8", "--dump-weight", "fc2.weight", "--output-dir", out))
        self.assertEqual(sorted(path.name for path in out.iterdir()), ["int_data.npy", "scale.npy"])
        codes, scale = np.load(out / "int_data.npy"), np.load(out / "scale.npy")
        self.assertEqual((codes.dtype, codes.shape, scale.shape), (np.int8, (8, 16), (8,)))
        np.testing.assert_array_equal(abs(codes.astype(int)).max(1), 127)

        layers = json.loads(self.check(run("--model", BERT, "--list-weights", "--json", "--quantize", "w8a8")).stdout)
        smoothed = next(layer for layer in layers if "intermediate" in layer["name"])
        self.check(run("--model", BERT, "--quantize", "w8a8", "--dump-weight", smoothed["name"], "--output-dir", out))
        smoothing = np.load(out / "smoothing.npy")
        self.assertEqual(smoothing.shape, (smoothed["k"],))
        self.assertTrue((smoothing > 0).all())

        proto = onnx.load(MLP)
        for node in proto.graph.node:
            if node.name == "fc2":  # its bias is the first 8 of fc1's, which it shares with nobody; its weight's name it does
                node.input[2] = "fc1.bias8"
        proto.graph.initializer.append(numpy_helper.from_array(np.zeros(8, np.float32), "fc1.bias8"))
        proto.graph.node.append(helper.make_node("Gemm", ["r", "fc2.weight", "fc1.bias8"], ["z"], "fc3", transB=1))
        proto.graph.output.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, ["batch", 8]))
        onnx.save(proto, self.folder / "shared.onnx")
        for shared in ("fc2.weight", "fc1.bias8"):
            message = self.refused("--model", self.folder / "shared.onnx", "--quantize", "w8a8", "--dump-weight", shared, "--output-dir",
                                   self.folder / "none")
            self.assertIn(f'"{shared}" names 2 layers', message)
            self.assertIn('"fc2" (layer 1), "fc3" (layer 2)', message)
            self.assertFalse((self.folder / "none").exists())
        self.check(run("--model", self.folder / "shared.onnx", "--quantize", "w8a8", "--dump-weight", "fc3", "--output-dir", self.folder / "one"))

        self.assertIn("fc1", self.refused("--model", MLP, "--quantize", "w8a8", "--dump-weight", "fc9", "--output-dir", out))
        self.assertIn("fc1", self.refused("--model", MLP, "--dump-weight", "fc1", "--output-dir", out))
        self.assertIn("--output-dir", self.refused("--model", MLP, "--dump-weight", "fc1"))


if __name__ == "__main__":
    unittest.main()
