"""run_model's progress: a bar on a terminal, plain lines elsewhere, nothing for short runs or with --quiet."""
import os
import pty
import re
import select
import signal
import subprocess
import time
import unittest

from run_model_cli import MLP, RUN_MODEL, RunModelTest


class Progress(RunModelTest):
    def setUp(self):
        super().setUp()
        self.rows = 3_000_000  # one by one: far longer than any of these tests waits
        self.x = self.folder / "x.npy"
        header = self.mlp_rows(1).read_bytes()[:128].replace(b"(1, 32), }       ", b"(%d, 32), } " % self.rows)
        with open(self.x, "wb") as file:
            file.write(header)
            file.truncate(128 + self.rows * 128)

    def start(self, stderr, *extra):
        process = subprocess.Popen([RUN_MODEL, "--model", MLP, "--input", f"x={self.x}", "--output", self.folder / "y.npy", "--batch-size", "1",
                                    *extra], stdout=subprocess.PIPE, stderr=stderr)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def on_a_terminal(self, enough, *extra):
        """What was written until enough(text), and after Ctrl-C then; with the seconds it took."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        start = time.monotonic()
        process = self.start(theirs, *extra)
        os.close(theirs)
        text = ""
        while not enough(text):
            self.assertLess(time.monotonic(), start + 60, text)
            if select.select([ours], [], [], 0.1)[0]:
                text += os.read(ours, 65536).decode()
        seconds = time.monotonic() - start
        process.send_signal(signal.SIGINT)
        try:
            while part := os.read(ours, 65536):
                text += part.decode()
        except OSError:  # the other end was closed
            pass
        return text, seconds

    def test_terminal(self):
        text, seconds = self.on_a_terminal(lambda text: text.count("\r") >= 6)
        bars = re.findall(r"\r\[(#*)(-*)\] (\d+) of 3000000 rows, \d+ %, [\d.]+ rows/s, [\d:]+ left\x1b\[K", text)
        self.assertGreaterEqual(len(bars), 6, text)
        self.assertLessEqual(6, seconds * 10)
        done = [int(bar[2]) for bar in bars]
        self.assertEqual(done, sorted(done))
        self.assertGreater(done[-1], done[0])
        self.assertEqual({len(bar[0]) + len(bar[1]) for bar in bars} - set(range(10, 41)), set())
        self.assertRegex(text, r"\r\x1b\[Krun_model: interrupted by a signal .*--resume\r\n$")  # the bar was wiped

    def test_quiet(self):
        start = time.monotonic()
        text, _ = self.on_a_terminal(lambda text: time.monotonic() > start + 1 and (self.folder / "y.npy.part").exists(), "--quiet")
        self.assertTrue(text.startswith("run_model: interrupted"), text)

    def test_plain_lines(self):
        start = time.monotonic()
        process = self.start(subprocess.PIPE)
        line = process.stderr.readline().decode()
        self.assertGreater(time.monotonic(), start + 5)
        process.send_signal(signal.SIGINT)
        out, text = process.communicate(timeout=60)
        self.assertRegex(line, r"^run_model: \d+ of 3000000 rows, \d+ %, [\d.]+ rows/s, [\d:]+ left\n$")
        self.assertRegex(text.decode(), r"^run_model: interrupted by .*\n$")
        self.assertEqual(out, b"")


if __name__ == "__main__":
    unittest.main()
