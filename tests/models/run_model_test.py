"""run_model as scripts call it: exit statuses, messages, files and JSON."""
import json
import os
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from run_model_cli import BERT, MLP, RunModelTest, run


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
            self.assertEqual(set(node) - {"scheme", "reason"}, {"node", "op", "kernel", "step", "region", "declined", "types"})
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
