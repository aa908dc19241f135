"""run_model interrupted in every way, and resumed: no row is lost, repeated or changed."""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time
import unittest

import numpy as np

from run_model_cli import BERT, MLP, REFUSED, RUN_MODEL, RunModelTest, run, sha256


class ResumeTest(RunModelTest):
    def start(self, *arguments, **options):
        process = subprocess.Popen([RUN_MODEL, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def kill_at(self, process, part, size, number):
        """Sends the signal once `part` has so many bytes; whether it came before the end."""
        while process.poll() is None and (not part.exists() or part.stat().st_size < size):
            time.sleep(0.0005)
        process.send_signal(number)
        _, message = process.communicate(timeout=60)
        return process.returncode, message


class Killed(ResumeTest):
    ROWS = 6000

    def killed_and_resumed(self, outputs, part, whole, *options):
        """kill -9 at random sizes of `part`, each time resumed until it is done; the number of kills."""
        rng = random.Random(11)
        arguments = ("--model", MLP, "--input", f"x={self.folder / 'x.npy'}", *outputs, "--resume", "--quiet", "--json")
        for _ in range(2):
            kills, done_rows = 0, 0
            while True:
                at = rng.randrange(part.stat().st_size if part.exists() else 0, whole.stat().st_size + 4096)
                process = self.start(*arguments, "--batch-size", rng.choice((1, 2, 3)), *options)
                status, _ = self.kill_at(process, part, at, signal.SIGKILL)
                if status == 0:
                    break
                self.assertEqual(status, -signal.SIGKILL)
                kills += 1
                journal = next(self.folder.glob("**/*journal")).read_text()
                self.assertGreaterEqual(max(json.loads(line[:-9])["rows"] for line in journal.splitlines()[1:]), done_rows)
            summary = json.loads(self.check(run(*arguments, "--batch-size", 2000, *options)).stdout)
            self.assertEqual((summary["rows"], summary["resumed_rows"]), (self.ROWS, 0))  # nothing was left to go on from
            yield kills

    def test_kill_9(self):
        self.mlp_rows(self.ROWS)
        whole, y = self.folder / "whole.npy", self.folder / "y.npy"
        self.check(run("--model", MLP, "--input", f"x={self.folder / 'x.npy'}", "--output", whole, "--batch-size", self.ROWS))
        expected = sha256(whole)
        for workers in (1, 2):
            kills = 0
            for count in self.killed_and_resumed(("--output", y), self.folder / "y.npy.part", whole, "--workers", workers):
                kills += count
                self.assertEqual(sha256(y), expected)
                self.assertEqual(self.files(), ["whole.npy", "x.npy", "y.npy"])
            self.assertGreaterEqual(kills, 3)

    def test_kill_9_npz(self):
        self.mlp_rows(self.ROWS)
        whole, y = self.folder / "whole.npz", self.folder / "y.npz"
        self.check(run("--model", MLP, "--input", f"x={self.folder / 'x.npy'}", "--output-npz", whole, "--batch-size", self.ROWS))
        kills = 0
        for count in self.killed_and_resumed(("--output-npz", y), self.folder / "y.npz.part", whole):
            kills += count
            self.assertEqual(sha256(y), sha256(whole))
        self.assertGreaterEqual(kills, 3)

    def test_stopped_between_the_renames(self):
        """All rows are done and one file has its name already, but the other cannot get it."""
        rows = self.ROWS
        x = self.mlp_rows(rows)
        out, y = self.folder / "out", self.folder / "y.npy"
        arguments = ("--model", MLP, "--input", f"x={x}", "--output-dir", out, "--output", y, "--batch-size", 1, "--quiet")
        process = self.start(*arguments)
        while process.poll() is None and not (out / "y.npy.part").exists():
            time.sleep(0.0005)
        process.send_signal(signal.SIGSTOP)
        (out / "y.npy").mkdir()
        process.send_signal(signal.SIGCONT)
        status, message = process.wait(timeout=60), process.stderr.read()
        self.assertNotEqual(status, 0)
        self.assertIn(f"{rows} of {rows} rows are done", message)
        self.assertEqual((y.exists(), self.files(out)), (True, ["run_model.journal", "y.npy", "y.npy.part"]))
        self.assertEqual(self.refused(*arguments, "--resume"), message)
        (out / "y.npy").rmdir()
        self.check(run(*arguments, "--resume"))
        self.assertEqual(self.files(out), ["y.npy"])
        self.assertEqual(sha256(out / "y.npy"), sha256(y))


class Signalled(ResumeTest):
    def test_signals(self):
        inputs = self.bert_inputs(4000, 16)
        whole, out = self.folder / "whole", self.folder / "out"
        arguments = ("--model", BERT, "--quantize", "w8a8", "--input-dir", inputs)
        self.check(run(*arguments, "--output-dir", whole))
        row = 16 * 64 * 4
        for number, text in ((signal.SIGINT, "Interrupt"), (signal.SIGTERM, "Terminated"), (signal.SIGHUP, "Hangup")):
            process = self.start(*arguments, "--output-dir", out, "--batch-size", 4, "--workers", 2)
            status, message = self.kill_at(process, out / "last_hidden_state.npy.part", 100 * row, number)
            self.assertEqual(status, 128 + number, message)
            self.assertEqual(message.count("\n"), 1, message)
            self.assertIn(text, message)
            self.assertRegex(message, r"\d+ of 4000 rows are done and kept in .*last_hidden_state\.npy\.part.*--resume")
            self.assertEqual(process.stdout.read() if not process.stdout.closed else "", "")
            kept = int(message.split(" of 4000")[0].split()[-1])
            self.assertEqual((out / "last_hidden_state.npy.part").stat().st_size, 128 + kept * row)
            # Without --resume the work is not thrown away.
            self.assertIn(f"{kept} rows", self.refused(*arguments, "--output-dir", out))
            summary = json.loads(self.check(run(*arguments, "--output-dir", out, "--resume", "--json")).stdout)
            self.assertEqual((summary["rows"], summary["resumed_rows"]), (4000, kept))
            self.assertEqual(self.files(out), ["last_hidden_state.npy"])
            self.assertEqual(sha256(out / "last_hidden_state.npy"), sha256(whole / "last_hidden_state.npy"))
            shutil.rmtree(out)

    def test_two_at_once(self):
        x = self.mlp_rows(200_000)
        arguments = ("--model", MLP, "--input", f"x={x}", "--output", self.folder / "y.npy", "--batch-size", 1, "--quiet")
        first = self.start(*arguments)
        while not (self.folder / "y.npy.part").exists() and first.poll() is None:
            time.sleep(0.001)
        for resume in ([], ["--resume"]):
            self.assertIn("another run_model", self.refused(*arguments, *resume))
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=60)
        self.assertEqual(first.returncode, 130)


class FullDisk(ResumeTest):
    def full(self, *extra):
        x = self.mlp_rows(1000)
        whole, y = self.folder / "whole.npy", self.folder / "y.npy"
        arguments = ("--model", MLP, "--input", f"x={x}", "--batch-size", 10, *extra)
        self.check(run(*arguments, "--output", whole))
        limit = 20_000  # bytes; a row has 32
        done = run(*arguments, "--output", y, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        message = self.check(done, REFUSED).stderr
        self.assertIn("y.npy: cannot be written: File too large; 620 of 1000 rows are done and kept", message)
        self.assertIn("--resume", message)
        self.assertFalse(y.exists())
        self.assertGreater((self.folder / "y.npy.part").stat().st_size, 128 + 620 * 32)  # with a torn slice behind them
        summary = json.loads(self.check(run(*arguments, "--output", y, "--resume", "--json")).stdout)
        self.assertEqual(summary["resumed_rows"], 620)
        self.assertEqual(sha256(y), sha256(whole))

    def test_file_limit(self):
        self.full()

    def test_file_limit_with_workers(self):
        self.full("--workers", 3)

    def test_nothing_fits(self):
        x = self.mlp_rows(1000)
        done = run("--model", MLP, "--input", f"x={x}", "--output", self.folder / "y.npy", "--batch-size", 10,
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)))
        self.check(done, REFUSED)
        self.assertEqual(self.files(), ["x.npy"])

    def test_small_file_system(self):
        if os.geteuid() != 0:
            self.skipTest("only root can mount a small file system")
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", disk], capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"tmpfs cannot be mounted here: {mounted.stderr}")
        self.addCleanup(subprocess.run, ["umount", disk])
        x = self.mlp_rows(20_000)
        arguments = ("--model", MLP, "--input", f"x={x}", "--batch-size", 100)
        self.check(run(*arguments, "--output-dir", self.folder / "whole"))
        message = self.refused(*arguments, "--output-dir", disk)
        self.assertRegex(message, r"No space left on device; [1-9]\d* of 20000 rows are done")
        subprocess.run(["mount", "-o", "remount,size=4m", disk], check=True)
        self.check(run(*arguments, "--output-dir", disk, "--resume"))
        self.assertEqual(sha256(disk / "y.npy"), sha256(self.folder / "whole" / "y.npy"))


class BadRow(ResumeTest):
    def test_is_named_and_the_rows_before_it_are_kept(self):
        inputs = self.bert_inputs(100, 7)
        whole, out = self.folder / "whole", self.folder / "out"
        arguments = ("--model", BERT, "--input-dir", inputs, "--batch-size", 8, "--workers", 2)
        self.check(run(*arguments, "--output-dir", whole))
        ids = np.load(inputs / "input_ids.npy")
        good = ids[53, 2]
        ids[53, 2] = 8000
        np.save(inputs / "input_ids.npy", ids)
        message = self.refused(*arguments, "--output-dir", out)
        self.assertIn("row 53: ", message)
        self.assertIn("8000", message)
        self.assertIn("48 of 100 rows are done", message)
        self.assertIn("correct the inputs from row 48 on", message)
        self.assertEqual(self.refused(*arguments, "--output-dir", out, "--resume"), message)
        ids[53, 2] = good
        np.save(inputs / "input_ids.npy", ids)
        self.check(run(*arguments, "--output-dir", out, "--resume"))
        self.assertEqual(sha256(out / "last_hidden_state.npy"), sha256(whole / "last_hidden_state.npy"))

    def test_in_the_first_slice_nothing_is_written(self):
        inputs = self.bert_inputs(20, 7)
        ids = np.load(inputs / "input_ids.npy")
        ids[3, 0] = -8001
        np.save(inputs / "input_ids.npy", ids)
        message = self.refused("--model", BERT, "--input-dir", inputs, "--output-dir", self.folder / "out", "--batch-size", 8)
        self.assertIn("row 3: ", message)
        self.assertNotIn("--resume", message)
        self.assertEqual(self.files(), ["inputs"])

    def test_input_that_ends_early(self):
        x = self.mlp_rows(100)
        x.write_bytes(x.read_bytes()[:-100])
        self.assertIn("12700 bytes of data, but its shape needs 12800",
                      self.refused("--model", MLP, "--input", f"x={x}", "--output", self.folder / "y.npy", "--batch-size", 8))


if __name__ == "__main__":
    unittest.main()
