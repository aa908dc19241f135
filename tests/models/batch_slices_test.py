"""run_model over slices: the same bytes whatever the slices and workers, flat memory, and what is no batch."""
import json
import os
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper

from run_model_cli import BERT, MLP, RunModelTest, run, save_model, sha256


class SameBytes(RunModelTest):
    def test_any_batch_size_and_any_workers(self):
        inputs = self.bert_inputs(37, 9)
        for quantize in ("none", "w8a8"):
            hashes = set()
            for batch in (1, 2, 5, 36, 37, 1000):
                for workers in (1, 2, 3):
                    out = self.folder / "out"
                    self.check(run("--model", BERT, "--quantize", quantize, "--input-dir", inputs, "--output-dir", out, "--batch-size", batch,
                                   "--workers", workers))
                    hashes.add(sha256(out / "last_hidden_state.npy"))
                    self.assertEqual(self.files(out), ["last_hidden_state.npy"])
            self.assertEqual(len(hashes), 1)
            y = np.load(out / "last_hidden_state.npy")
            self.assertEqual((y.dtype, y.shape), (np.float32, (37, 9, 64)))
            self.assertTrue(np.isfinite(y).all() and y.std() > 0.1)

    def test_files_are_those_that_numpy_writes(self):
        out = self.folder / "y.npy"
        self.check(run("--model", MLP, "--input", f"x={self.mlp_rows(100)}", "--output", out, "--batch-size", 7))
        again = self.save("again", np.load(out))
        self.assertEqual(sha256(out), sha256(again))

    def test_summary(self):
        x = self.mlp_rows(100)
        done = self.check(run("--model", MLP, "--input", f"x={x}", "--output", os.devnull, "--batch-size", 30, "--workers", 2, "--threads", 2,
                              "--json"))
        summary = json.loads(done.stdout)
        self.assertEqual(set(summary), {"runs", "rows", "resumed_rows", "batch_size", "inference_ms", "load_ms", "first_result_ms", "wall_ms",
                                        "rows_per_s", "loaded_mb", "rss_mb", "threads", "workers"})
        self.assertEqual([summary[key] for key in ("runs", "rows", "resumed_rows", "batch_size", "threads", "workers")],
                         [4, 100, 0, 30, 2, 2])
        self.assertGreater(summary["first_result_ms"], summary["load_ms"])
        self.assertAlmostEqual(summary["rows_per_s"], 100 / summary["wall_ms"] * 1e3, delta=1e-6 * summary["rows_per_s"])

    def test_workers_are_at_most_the_threads(self):
        x = self.mlp_rows(90)
        for workers, threads, both in ((8, 2, (2, 2)), (8, 1, (1, 1)), (2, 4, (2, 4)), (3, 3, (3, 3))):
            process = run("--model", MLP, "--input", f"x={x}", "--output", os.devnull, "--json", "--batch-size", 1, "--workers", workers,
                          "--threads", threads)
            summary = json.loads(self.check(process).stdout)
            self.assertEqual((summary["workers"], summary["threads"]), both)

    def test_default_slices(self):
        # 32 elements a row: 16384 / 32 = 512 rows; 3 x 8 elements: 682, and 512 is the power of two below.
        for rows, batch, runs in ((512, 512, 1), (513, 512, 2), (1100, 512, 3)):
            done = self.check(run("--model", MLP, "--input", f"x={self.mlp_rows(rows)}", "--output", os.devnull, "--json"))
            summary = json.loads(done.stdout)
            self.assertEqual((summary["runs"], summary["rows"]), (runs, rows))
            self.assertEqual(summary["batch_size"], min(batch, rows))
        x = self.mlp_rows(90)  # each worker gets some
        done = self.check(run("--model", MLP, "--input", f"x={x}", "--output", os.devnull, "--json", "--workers", 3))
        self.assertEqual(json.loads(done.stdout)["batch_size"], 30)
        done = self.check(run("--model", BERT, "--input-dir", self.bert_inputs(1025, 8), "--output", os.devnull, "--json"))
        self.assertEqual(json.loads(done.stdout)["runs"], 3)


class Memory(RunModelTest):
    @unittest.skipIf("ASAN_OPTIONS" in os.environ, "a sanitizer keeps what is freed for a while")
    def test_stays_flat(self):
        """400 MB in and 100 MB out take no more memory than 128 KB in."""
        rows = 3_276_800
        x = self.folder / "x.npy"
        file = np.lib.format.open_memmap(x, mode="w+", dtype=np.float32, shape=(rows, 32))
        file[:: rows // 64] = np.random.default_rng(4).standard_normal((64, 32))
        file.flush()
        del file
        peaks = {}
        for workers in (1, 2):
            done = self.check(run("--model", MLP, "--input", f"x={x}", "--output", self.folder / f"y{workers}.npy", "--json", "--workers", workers,
                                  "--quiet"))
            peaks[workers] = json.loads(done.stdout)["rss_mb"]
        done = self.check(run("--model", MLP, "--input", f"x={self.mlp_rows(1024, 'few')}", "--output", self.folder / "few_y.npy", "--json"))
        few = json.loads(done.stdout)["rss_mb"]
        # A slice is 512 x 32 floats, 64 KB; each worker holds three sets of inputs and outputs, some KB of stack, a malloc arena.
        for peak in peaks.values():
            self.assertLess(peak, few + 8)
        self.assertEqual(sha256(self.folder / "y1.npy"), sha256(self.folder / "y2.npy"))
        y = np.load(self.folder / "y1.npy", mmap_mode="r")
        self.assertEqual(y.shape, (rows, 8))
        self.check(run("--model", MLP, "--input", f"x={self.save('last', np.load(x, mmap_mode='r')[-3:])}", "--output", self.folder / "l.npy"))
        np.testing.assert_array_equal(np.load(self.folder / "l.npy"), y[-3:])


class NoBatchAxis(RunModelTest):
    def refuses_slices(self, model, *texts):
        x = self.save("x", np.random.default_rng(6).standard_normal((6, 4)).astype(np.float32))
        out = self.folder / "out"
        message = self.refused("--model", model, "--input", f"x={x}", "--output-dir", out, "--batch-size", 2)
        for text in texts:
            self.assertIn(text, message)
        self.assertFalse(out.exists())
        # One batch may have any outputs, whether it is one by default or by its size.
        results = []
        for extra in ([], ["--batch-size", 6], ["--batch-size", 7]):
            self.check(run("--model", model, "--input", f"x={x}", "--output-dir", out, *extra))
            results.append({name: np.load(out / name) for name in self.files(out)})
        for result in results[1:]:
            for name, array in result.items():
                np.testing.assert_array_equal(array, results[0][name])
        return np.load(x), results[0]

    def test_fixed_axis(self):
        model = save_model(self.folder / "mean.onnx", [helper.make_node("ReduceMean", ["x"], ["m"], axes=[0], keepdims=1)], ["batch", 4],
                           {"m": [1, 4]})
        x, result = self.refuses_slices(model, '"m" is float32[1, 4]', "axis 0 is not the batch", "--batch-size")
        np.testing.assert_allclose(result["m.npy"], x.mean(0, keepdims=True), rtol=1e-6, atol=1e-6)

    def test_scalar(self):
        model = save_model(self.folder / "sum.onnx", [helper.make_node("ReduceSum", ["x"], ["s"], keepdims=0)], ["batch", 4], {"s": []})
        self.refuses_slices(model, '"s" is float32[]', "axis 0 is not the batch")

    def test_other_symbol(self):
        model = save_model(self.folder / "turn.onnx", [helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0])], ["batch", "width"],
                           {"t": ["width", "batch"]})
        x, result = self.refuses_slices(model, '"t" is float32[4x2] for 2 rows', "axis 0 is not the batch")
        np.testing.assert_array_equal(result["t.npy"], x.T)

    def test_rows_that_see_each_other(self):
        model = save_model(self.folder / "mix.onnx", [helper.make_node("Softmax", ["x"], ["p"], axis=0)], ["batch", 4], {"p": ["batch", 4]})
        self.refuses_slices(model, 'output "p" depends on the rows beside it')

    def test_default_slices_of_rows_that_see_each_other_are_given_up(self):
        model = save_model(self.folder / "mix.onnx", [helper.make_node("Softmax", ["x"], ["p"], axis=0)], ["batch", 4], {"p": ["batch", 4]})
        x = np.random.default_rng(6).standard_normal((5000, 4)).astype(np.float32)
        done = self.check(run("--model", model, "--input", f"x={self.save('x', x)}", "--output", self.folder / "p.npy", "--json"))
        self.assertEqual(json.loads(done.stdout)["runs"], 1)
        p = np.load(self.folder / "p.npy")
        np.testing.assert_allclose(p.sum(0), 1, rtol=1e-3)  # 5000 sums of rounded shares

    def test_model_of_one_row(self):
        model = save_model(self.folder / "one.onnx", [helper.make_node("Relu", ["x"], ["y"])], [1, 4], {"y": [1, 4]})
        x = np.random.default_rng(7).standard_normal((9, 4)).astype(np.float32)
        done = self.check(run("--model", model, "--input", f"x={self.save('x', x)}", "--output", self.folder / "y.npy", "--json", "--workers", 2))
        self.assertEqual(json.loads(done.stdout)["runs"], 9)
        np.testing.assert_array_equal(np.load(self.folder / "y.npy"), np.maximum(x, 0))
        self.assertIn("give --batch-size 1", self.refused("--model", model, "--input", f"x={self.folder / 'x.npy'}", "--output", os.devnull,
                                                          "--batch-size", 3))

    def test_model_of_four_rows(self):
        model = save_model(self.folder / "four.onnx", [helper.make_node("Relu", ["x"], ["y"])], [4, 4], {"y": [4, 4]})
        for rows, message in ((8, None), (9, "fill the inputs up to a multiple of 4")):
            x = np.random.default_rng(7).standard_normal((rows, 4)).astype(np.float32)
            arguments = ("--model", model, "--input", f"x={self.save('x', x)}", "--output", self.folder / "y.npy", "--batch-size", 4)
            if message:
                self.assertIn(message, self.refused(*arguments))
            else:
                self.check(run(*arguments))
                np.testing.assert_array_equal(np.load(self.folder / "y.npy"), np.maximum(x, 0))
        self.assertIn("4", self.refused("--model", model, "--input", f"x={self.folder / 'x.npy'}", "--output", os.devnull))


class Rows(RunModelTest):
    def test_none(self):
        for extra in ([], ["--batch-size", 4], ["--workers", 2]):
            out = self.folder / "y.npy"
            done = self.check(run("--model", MLP, "--input", f"x={self.mlp_rows(0)}", "--output", out, "--json", *extra))
            self.assertEqual(json.loads(done.stdout)["rows"], 0)
            self.assertEqual(np.load(out).shape, (0, 8))

    def test_counts_differ(self):
        inputs = self.bert_inputs(6, 5)
        np.save(inputs / "token_type_ids.npy", np.zeros((5, 5), np.int64))
        message = self.refused("--model", BERT, "--input-dir", inputs, "--output", self.folder / "y.npy", "--batch-size", 2)
        self.assertIn('input "token_type_ids" has 5 rows but input "input_ids" has 6', message)

    def test_wrong_type_in_slices(self):
        x = self.save("x", np.zeros((8, 32)))
        self.assertIn("float64", self.refused("--model", MLP, "--input", f"x={x}", "--output", self.folder / "y.npy", "--batch-size", 2))
        self.assertEqual(self.files(), ["x.npy"])

    def test_bfloat16_comes_as_float32(self):
        model = save_model(self.folder / "b.onnx", [helper.make_node("Relu", ["x"], ["y"])], ["n", 4], {"y": ["n", 4]})
        proto = onnx.load(model)
        proto.graph.node.append(helper.make_node("Cast", ["y"], ["z"], to=TensorProto.BFLOAT16))
        proto.graph.output.append(helper.make_tensor_value_info("z", TensorProto.BFLOAT16, ["n", 4]))
        onnx.save(proto, model)
        x = np.random.default_rng(8).standard_normal((7, 4)).astype(np.float32)
        out = self.folder / "out"
        hashes = set()
        for batch in (2, 3, 7):
            self.check(run("--model", model, "--input", f"x={self.save('x', x)}", "--output-dir", out, "--batch-size", batch))
            hashes.add(sha256(out / "z.npy"))
        z = np.load(out / "z.npy")
        self.assertEqual((z.dtype, len(hashes)), (np.float32, 1))
        np.testing.assert_allclose(z, np.load(out / "y.npy"), rtol=2**-8)  # 8 bits of significand, rounded to nearest

    def test_output_in_place_of_its_input(self):
        model = save_model(self.folder / "r.onnx", [helper.make_node("Relu", ["x"], ["y"])], ["n", 4], {"y": ["n", 4]})
        x = np.random.default_rng(9).standard_normal((50, 4)).astype(np.float32)
        path = self.save("x", x)
        self.check(run("--model", model, "--input", f"x={path}", "--output", path, "--batch-size", 8))
        np.testing.assert_array_equal(np.load(path), np.maximum(x, 0))


if __name__ == "__main__":
    unittest.main()
