"""run_model's progress: a bar on a terminal, plain lines elsewhere, nothing for short runs or with --quiet."""
import os
import pty
import re
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

    def on_a_terminal(self, seconds, *extra):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = self.start(theirs, *extra)
        os.close(theirs)
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        text = b""
        try:
            while part := os.read(ours, 65536):
                text += part
        except OSError:  # the other end was closed
            pass
        return text.decode()

    def test_terminal(self):
        seconds = 2
        text = self.on_a_terminal(seconds)
        bars = re.findall(r"\r\[(#*)(-*)\] (\d+) of 3000000 rows, \d+ %, \d+ rows/s, [\d:]+ left\x1b\[K", text)
        self.assertGreaterEqual(len(bars), 3, text)
        self.assertLessEqual(len(bars), seconds * 10 + 1)
        done = [int(bar[2]) for bar in bars]
        self.assertEqual(done, sorted(set(done)))
        self.assertEqual({len(bar[0]) + len(bar[1]) for bar in bars} - set(range(10, 41)), set())
        self.assertRegex(text, r"\r\x1b\[Krun_model: interrupted by a signal .*--resume\r\n$")  # the bar was wiped

    def test_quiet(self):
        text = self.on_a_terminal(1, "--quiet")
        self.assertTrue(text.startswith("run_model: interrupted"), text)

    def test_plain_lines(self):
        process = self.start(subprocess.PIPE)
        time.sleep(6.5)
        process.send_signal(signal.SIGINT)
        out, text = process.communicate(timeout=60)
        lines = text.decode().splitlines()
        self.assertEqual(len(lines), 2, text)
        self.assertRegex(lines[0], r"^run_model: \d+ of 3000000 rows, \d+ %, \d+ rows/s, [\d:]+ left$")
        self.assertRegex(lines[1], r"^run_model: interrupted")
        self.assertEqual(out, b"")


if __name__ == "__main__":
    unittest.main()
