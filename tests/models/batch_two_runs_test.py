"""Two runs of run_model on one output, named in whatever way: it is one model's complete rows, or the run says why not."""
import os
import random
import signal
import subprocess
import time
import unittest

import numpy as np
import onnx
from onnx import numpy_helper

from run_model_cli import DONE, MLP, REFUSED, RUN_MODEL, RunModelTest, run, sha256

ROUNDS = int(os.environ.get("OCTET_TWO_RUNS_ROUNDS", "6"))  # 40 when it is run at length


class TwoRunsTest(RunModelTest):
    ROWS = 4000

    def setUp(self):
        super().setUp()
        self.x = self.mlp_rows(self.ROWS)
        self.other = self.folder / "other.onnx"
        proto = onnx.load(MLP)
        for tensor in proto.graph.initializer:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * np.float32(1.5), tensor.name))
        onnx.save(proto, self.other)
        self.out = self.folder / "o"
        self.link = self.folder / "link"
        self.link.symlink_to("o")
        self.y = self.out / "y.npy"

    def arguments(self, kind, model=MLP, *extra):
        """Four ways to name o/y.npy."""
        outputs = {"dir": ("--output-dir", self.out), "file": ("--output", self.out / "y.npy"),
                   "link": ("--output", self.link / "y.npy"), "dots": ("--output-dir", self.folder / "nowhere" / ".." / "o")}
        (self.folder / "nowhere").mkdir(exist_ok=True)
        return ("--model", model, "--input", f"x={self.x}", *outputs[kind], "--batch-size", 1, "--quiet", *extra)

    def start(self, *arguments):
        process = subprocess.Popen([RUN_MODEL, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def wait_for(self, path, process, size=0):
        while process.poll() is None and (not path.exists() or path.stat().st_size <= size):
            time.sleep(0.0005)

    def expected(self):
        """The hash of the complete output, per model."""
        hashes = {}
        for model in (MLP, self.other):
            self.check(run("--model", model, "--input", f"x={self.x}", "--output", self.folder / "whole.npy"))
            hashes[model] = sha256(self.folder / "whole.npy")
        self.assertEqual(len(set(hashes.values())), 2)
        return hashes

    def interrupted(self, kind, number=signal.SIGKILL, *extra):
        """A run of MLP that was ended when it had written some rows."""
        process = self.start(*self.arguments(kind, MLP, *extra))
        self.wait_for(self.out / "y.npy.part", process, 4000)
        process.send_signal(number)
        process.communicate(timeout=60)
        self.assertNotEqual(process.returncode, DONE)
        self.assertGreater((self.out / "y.npy.part").stat().st_size, 4000)


class OneOutput(TwoRunsTest):
    def test_a_running_one_keeps_others_out(self):
        for kind in ("dir", "file"):
            first = self.start(*self.arguments(kind))
            self.wait_for(self.out / "y.npy.part", first, 0)
            first.send_signal(signal.SIGSTOP)
            for other in ("dir", "file", "link", "dots"):
                for extra in ((), ("--resume",)):
                    message = self.refused(*self.arguments(other, self.other, *extra))
                    self.assertIn("another run_model", message)
                    self.assertNotIn("remove", message)
            # Also one that writes all rows at once, and other modes that write there.
            message = self.refused("--model", MLP, "--input", f"x={self.x}", "--output", self.y, "--batch-size", self.ROWS)
            self.assertIn("another run_model", message)
            self.assertIn("another run_model", self.refused("--model", MLP, "--bench", "--iterations", 1, "--output", self.y))
            first.send_signal(signal.SIGCONT)
            _, message = first.communicate(timeout=60)
            self.assertEqual(first.returncode, DONE, message)
            self.assertEqual(sha256(self.y), self.expected()[MLP])
            self.assertEqual(self.files(self.out), ["y.npy"])
            self.y.unlink()

    def test_losers_are_told_to_wait(self):
        """Of runs that start at once one goes on; nobody is told to remove what is another's."""
        expected = self.expected()
        for number in range(8):
            kinds = ("dir", "dir") if number % 2 == 0 else ("dir", "file")
            runs = [(model, self.start(*self.arguments(kind, model))) for kind, model in zip(kinds, (MLP, self.other))]
            done = []
            for model, process in runs:
                _, message = process.communicate(timeout=60)
                if process.returncode == DONE:
                    done.append(expected[model])
                else:
                    self.assertEqual(process.returncode, REFUSED, message)
                    self.assertIn("another run_model", message)
                    self.assertNotIn("remove", message)
            self.assertIn(sha256(self.y), done)
            self.assertEqual(self.files(self.out), ["y.npy"])
            self.y.unlink()

    def test_what_one_kept_another_leaves_alone(self):
        for kind in ("dir", "file"):
            self.interrupted(kind)
            kept = (self.out / "y.npy.part").read_bytes()
            for other in {"dir": ("file", "link"), "file": ("dir", "dots")}[kind]:
                for extra in ((), ("--resume",)):
                    message = self.refused(*self.arguments(other, self.other, *extra))
                    self.assertIn("interrupted run", message)
                    self.assertIn("journal", message)
            self.refused("--model", MLP, "--input", f"x={self.x}", "--output", self.link / "y.npy", "--batch-size", self.ROWS, "--resume",
                         "--quantize", "w8a8")
            self.assertIn("interrupted run", self.refused("--model", MLP, "--bench", "--iterations", 1, "--output", self.y))
            self.assertEqual((self.out / "y.npy.part").read_bytes(), kept)
            self.check(run(*self.arguments(kind, MLP, "--resume")))
            self.assertEqual(sha256(self.y), self.expected()[MLP])
            self.y.unlink()

    def test_an_output_away_from_its_journal(self):
        """The journal lies in another folder than the output, which links to it."""
        elsewhere = self.folder / "elsewhere"
        self.interrupted("file", signal.SIGKILL, "--output-dir", elsewhere)
        self.assertTrue((elsewhere / "run_model.journal").exists())
        for kind in ("dir", "link"):
            message = self.refused(*self.arguments(kind, self.other))
            self.assertIn("elsewhere/run_model.journal" if kind == "dir" else "interrupted run", message)
        self.check(run(*self.arguments("file", MLP, "--output-dir", elsewhere, "--resume")))
        self.assertEqual(sha256(self.y), self.expected()[MLP])
        self.assertEqual((self.files(self.out), self.files(elsewhere)), (["y.npy"], ["y.npy"]))

    def test_removing_the_journal_starts_over(self):
        for other in ("dir", "file"):
            self.interrupted("dir")
            (self.out / "run_model.journal").unlink()
            self.check(run(*self.arguments(other, self.other, "--resume")))
            self.assertEqual(sha256(self.y), self.expected()[self.other])
            self.assertEqual(self.files(self.out), ["y.npy"])
            self.y.unlink()

    def test_archive_and_array_of_one_name(self):
        process = self.start("--model", MLP, "--input", f"x={self.x}", "--output-npz", self.y, "--batch-size", 1)
        self.wait_for(self.out / "y.npy.part", process, 0)
        process.send_signal(signal.SIGSTOP)
        self.assertIn("another run_model", self.refused(*self.arguments("dir", self.other)))
        process.kill()

    def test_a_link_is_followed(self):
        """What it points to is written, where it points to."""
        (self.folder / "disk").mkdir()
        y = self.folder / "y.npy"
        y.symlink_to("disk/real.npy")
        for target in (y, y):  # the first time nothing is there yet
            self.check(run("--model", MLP, "--input", f"x={self.x}", "--output", target, "--batch-size", 1000))
            self.assertTrue(y.is_symlink())
            self.assertEqual(self.files(self.folder / "disk"), ["real.npy"])
        self.assertEqual(sha256(y), self.expected()[MLP])

    def test_own_files_clash(self):
        for extra in (("--output-npz", self.out / "y.npy"), ("--output", self.out / "run_model.journal"), ("--output", self.link / "y.npy"),
                      ("--output-npz", self.out / "y.npy.part")):
            message = self.refused("--model", MLP, "--input", f"x={self.x}", "--output-dir", self.out, *extra, "--batch-size", 1000)
            self.assertIn("would be written there", message)
            self.assertEqual(self.files(self.out) if self.out.exists() else [], [])

    def test_output_path_that_is_not_utf8(self):
        y = os.fsencode(self.folder) + b"/\xff\x1b[2J.npy"
        arguments = [os.fsencode(str(argument)) for argument in ("--model", MLP, "--input", f"x={self.x}", "--batch-size", 1, "--quiet")]
        process = subprocess.Popen([RUN_MODEL, *arguments, "--output", y], stderr=subprocess.PIPE)
        while process.poll() is None and (not os.path.exists(y + b".part") or os.stat(y + b".part").st_size < 4000):
            time.sleep(0.0005)
        process.send_signal(signal.SIGINT)
        _, message = process.communicate(timeout=60)
        self.assertIn(b"\\xff\\x1b[2J.npy.part", message)
        self.assertEqual(subprocess.run([RUN_MODEL, *arguments, "--output", y, "--resume"]).returncode, DONE)
        self.assertEqual(sha256(os.fsdecode(y)), self.expected()[MLP])


class Vanished(TwoRunsTest):
    def test_folder(self):
        """Removed or moved while a run writes to it: nothing is kept, and nothing is said to be."""
        for gone in ("removed", "moved", "replaced"):
            process = self.start(*self.arguments("dir"))
            self.wait_for(self.out / "y.npy.part", process, 200)
            process.send_signal(signal.SIGSTOP)
            self.out.rename(self.folder / "elsewhere")
            if gone != "moved":
                for name in self.files(self.folder / "elsewhere"):
                    (self.folder / "elsewhere" / name).unlink()
            if gone == "replaced":
                self.out.mkdir()
                (self.out / "y.npy.part").write_bytes(b"not mine")
            process.send_signal(signal.SIGCONT)
            _, message = process.communicate(timeout=60)
            self.assertEqual(process.returncode, REFUSED, message)
            self.assertIn("removed or moved", message)
            self.assertRegex(message, r"the \d+ of 4000 rows that were done are lost")
            self.assertNotIn("--resume", message)
            self.assertNotIn("kept", message)
            if gone == "replaced":
                self.assertEqual((self.files(self.out), (self.out / "y.npy.part").read_bytes()), (["y.npy.part"], b"not mine"))
                (self.out / "y.npy.part").unlink()
                self.out.rmdir()
            for name in self.files(self.folder / "elsewhere"):
                (self.folder / "elsewhere" / name).unlink()
            (self.folder / "elsewhere").rmdir()

    def test_journal_or_part(self):
        for name in ("run_model.journal", "y.npy.part"):
            process = self.start(*self.arguments("dir"))
            self.wait_for(self.out / "y.npy.part", process, 200)
            process.send_signal(signal.SIGSTOP)
            (self.out / name).unlink()
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGINT)
            _, message = process.communicate(timeout=60)
            self.assertIn(f"{name}: was removed or moved", message)
            self.assertIn("are lost", message)
            self.assertNotIn("kept", message)
            for left in self.files(self.out):
                (self.out / left).unlink()


class Stress(TwoRunsTest):
    """Random starts and kills of runs of every kind. OCTET_TWO_RUNS_ROUNDS=40 runs it at length."""

    def test_random_starts_and_kills(self):
        expected = self.expected()
        rng = random.Random(20)
        ended = {"done": 0, "refused": 0, "killed": 0}
        for number in range(ROUNDS):
            runs = []
            for _ in range(2):
                time.sleep(rng.choice((0, 0, 0.02, 0.3)))
                kind, model = rng.choice(("dir", "file", "link", "dots")), rng.choice((MLP, self.other))
                extra = ("--resume",) if rng.random() < 0.7 else ()
                runs.append((kind, model, self.start(*self.arguments(kind, model, *extra))))
            for _, _, process in runs:
                if rng.random() < 0.5:
                    self.wait_for(self.out / "y.npy.part", process, rng.randrange(0, self.ROWS * 40))
                    process.send_signal(rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM)))
            done = set()
            for kind, model, process in runs:
                _, message = process.communicate(timeout=120)
                self.assertIn(process.returncode, (DONE, REFUSED, -signal.SIGKILL, 130, 143, -signal.SIGINT, -signal.SIGTERM), message)
                if process.returncode == DONE:
                    done.add(expected[model])
                    ended["done"] += 1
                elif process.returncode == REFUSED:
                    ended["refused"] += 1
                    self.assertEqual(message.count("\n"), 1, message)
                else:
                    ended["killed"] += 1
            where = f"round {number}: {[(kind, model.name, process.returncode) for kind, model, process in runs]}"
            if done:
                self.assertIn(sha256(self.y), done, where)
            elif self.y.exists():  # an earlier round's
                self.assertIn(sha256(self.y), expected.values(), where)
            self.finish(expected, rng, where)
        self.assertGreater(ended["done"] + ended["killed"], 0)
        print(f"two runs, {ROUNDS} rounds: {ended}")

    def finish(self, expected, rng, where):
        """What is kept is some run's: it can be gone on with by that run's command, which gives that model's rows."""
        journals = [path for path in self.out.iterdir() if path.name.endswith("journal")] if self.out.exists() else []
        self.assertLessEqual(len(journals), 1, where)
        if not journals or rng.random() < 0.4:
            return
        kind = "dir" if journals[0].name == "run_model.journal" else "file"
        finished = set()
        for model in (MLP, self.other):
            status = run(*self.arguments(kind, model, "--resume"))
            if status.returncode == DONE:
                finished.add(expected[model])
                break
            self.assertIn("the model file is", self.check(status, REFUSED).stderr, where)
        self.assertEqual({sha256(self.y)}, finished, where)
        self.assertEqual(self.files(self.out), ["y.npy"], where)


if __name__ == "__main__":
    unittest.main()
