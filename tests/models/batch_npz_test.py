"""run_model's .npz files: read as NumPy and others write them, written so that NumPy reads them."""
import os
import struct
import unittest
import zipfile
import zlib

import numpy as np
from onnx import helper

from run_model_cli import BERT, MLP, RunModelTest, run, save_model, sha256


class NpzTest(RunModelTest):
    def bert_arrays(self, batch, length):
        folder = self.bert_inputs(batch, length)
        return folder, {path.stem: np.load(path) for path in folder.iterdir()}


class Reading(NpzTest):
    def test_stored_and_deflated(self):
        folder, arrays = self.bert_arrays(21, 6)
        expected = self.folder / "expected.npy"
        self.check(run("--model", BERT, "--input-dir", folder, "--output", expected))
        for save in (np.savez, np.savez_compressed):
            save(self.folder / "in.npz", labels=np.arange(3), **arrays)
            for option in ("--input-npz", "--input"):
                for batch in ([], ["--batch-size", 4, "--workers", 2]):
                    out = self.folder / "y.npy"
                    self.check(run("--model", BERT, option, self.folder / "in.npz", "--output", out, *batch))
                    self.assertEqual(sha256(out), sha256(expected))
                    out.unlink()
        self.check(run("--model", BERT, "--bench", "--iterations", 1, "--input-npz", self.folder / "in.npz"))

    def test_nothing_temporary_is_left(self):
        temporary = self.folder / "tmp"
        temporary.mkdir()
        np.savez_compressed(self.folder / "in.npz", x=np.zeros((900, 32), np.float32))
        self.check(run("--model", MLP, "--input-npz", self.folder / "in.npz", "--output", self.folder / "y.npy", "--batch-size", 100,
                       env={**os.environ, "TMPDIR": str(temporary)}))
        self.assertEqual(self.files(temporary), [])
        message = self.refused("--model", MLP, "--input-npz", self.folder / "in.npz", "--output", self.folder / "y.npy",
                               env={**os.environ, "TMPDIR": "/proc"})
        self.assertIn("TMPDIR", message)

    def test_beyond_4_gb(self):
        """A member that starts behind 5 GB (of a hole), with its place in zip64 fields."""
        x = np.random.default_rng(1).standard_normal((5, 32)).astype(np.float32)
        data = self.save("x", x).read_bytes()
        name, at, top = b"x.npy", 5 << 30, 0xffffffff
        crc = zlib.crc32(data)
        local = struct.pack("<4s5H3I2H", b"PK\3\4", 45, 0, 0, 0, 33, crc, len(data), len(data), len(name), 0) + name
        extra = struct.pack("<2HQ", 1, 8, at)
        entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 45, 45, 0, 0, 0, 33, crc, len(data), len(data), len(name), len(extra), 0, 0, 0, 0,
                            top) + name + extra
        directory = at + len(local) + len(data)
        end = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(entry), directory)
        locator = struct.pack("<4sIQI", b"PK\6\7", 0, directory + len(entry), 1)
        tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(entry), top, 0)
        path = self.folder / "big.npz"
        with open(path, "wb") as file:
            file.seek(at)
            file.write(local + data + entry + end + locator + tail)
        with zipfile.ZipFile(path) as archive, archive.open("x.npy") as member:  # it is a sound archive
            np.testing.assert_array_equal(np.lib.format.read_array(member), x)
        self.check(run("--model", MLP, "--input-npz", path, "--output", self.folder / "y.npy"))
        self.check(run("--model", MLP, "--input", f"x={self.folder / 'x.npy'}", "--output", self.folder / "z.npy"))
        self.assertEqual(sha256(self.folder / "y.npy"), sha256(self.folder / "z.npy"))

    def test_refusals(self):
        path = self.folder / "in.npz"
        arguments = ("--model", MLP, "--input-npz", path, "--output", self.folder / "y.npy")
        self.assertIn("in.npz", self.refused(*arguments))
        for text in (b"", b"PK\5\6", b"no archive" * 10):
            path.write_bytes(text)
            self.assertIn(".npz", self.refused(*arguments))
        x = np.random.default_rng(2).standard_normal((9, 32)).astype(np.float32)
        np.savez(path, y=x)
        self.assertIn('input "x" was not given; the model takes "x" float32[batch, 32]', self.refused(*arguments))
        with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr("x.npy", self.save("x", x).read_bytes())
        self.assertIn("unusual way", self.refused(*arguments))
        self.assertIn("one way", self.refused(*arguments, "--input", f"x={path}"))

    def test_damage(self):
        """Any byte may be wrong: the run fails or gives the right result, it never gives another."""
        x = np.random.default_rng(2).standard_normal((4, 32)).astype(np.float32)
        path, y = self.folder / "in.npz", self.folder / "y.npy"
        for save in (np.savez, np.savez_compressed):
            save(path, x=x)
            sound = path.read_bytes()
            self.check(run("--model", MLP, "--input-npz", path, "--output", y))
            expected = sha256(y)
            rng = np.random.default_rng(3)
            refused = 0
            for at in rng.choice(len(sound), 40, replace=False):
                data = bytearray(sound)
                data[at] ^= 1 << int(rng.integers(8))
                path.write_bytes(data)
                done = run("--model", MLP, "--input-npz", path, "--output", y)
                self.assertIn(done.returncode, (0, 2), done.stderr)
                refused += done.returncode == 2
                if done.returncode == 0:
                    self.assertEqual(sha256(y), expected)
            self.assertGreater(refused, 20)
            for size in range(0, len(sound), 61):
                path.write_bytes(sound[:size])
                self.refused("--model", MLP, "--input-npz", path, "--output", y)


class Writing(NpzTest):
    def test_numpy_reads_it(self):
        folder, _ = self.bert_arrays(13, 6)
        out, npz = self.folder / "out", self.folder / "deep" / "out.npz"
        hashes = set()
        for batch in (1, 5, 13):
            self.check(run("--model", BERT, "--input-dir", folder, "--output-dir", out, "--output-npz", npz, "--batch-size", batch))
            hashes.add(sha256(npz))
            with np.load(npz) as arrays:
                self.assertEqual([f"{name}.npy" for name in sorted(arrays.files)], self.files(out))
                for name in arrays.files:
                    np.testing.assert_array_equal(arrays[name], np.load(out / f"{name}.npy"))
        self.assertEqual(len(hashes), 1)
        self.assertEqual(self.files(npz.parent), ["out.npz"])
        with zipfile.ZipFile(npz) as archive:
            self.assertIsNone(archive.testzip())

    def test_names_that_would_leave_a_folder(self):
        """They are replaced as those of files are; other slashes stay."""
        x = np.random.default_rng(2).standard_normal((9, 4)).astype(np.float32)
        for name, member in (("a/b", "a/b"), ("../../up", ".._.._up"), ("/etc/x", "_etc_x"), ("a/../../b", "a_.._.._b"), ("..", ".."),
                             ("a/./b", "a_._b"), ("a//b", "a__b"), ("a/", "a_"), ("..\\..\\up", ".._.._up"), ("C:\\x", "C__x"), ("C:/x", "C__x"), ("Identity:0", "Identity:0"), ("y:0", "y:0"),
                             ("...", "..."), ("a..b", "a..b"), ("größe", "größe")):
            model = save_model(self.folder / "r.onnx", [helper.make_node("Relu", ["x"], [name])], ["n", 4], {name: ["n", 4]})
            for batch in ((), ("--batch-size", 2)):
                npz = self.folder / "y.npz"
                self.check(run("--model", model, "--input", f"x={self.save('x', x)}", "--output-npz", npz, *batch))
                with zipfile.ZipFile(npz) as archive:
                    self.assertEqual(archive.namelist(), [f"{member}.npy"])
                with np.load(npz) as arrays:
                    np.testing.assert_array_equal(arrays[member], np.maximum(x, 0))
            # As an input it is found again.
            again = save_model(self.folder / "again.onnx", [helper.make_node("Relu", [name], ["y"])], None, {"y": ["n", 4]}, name)
            self.check(run("--model", again, "--input-npz", npz, "--output", self.folder / "again.npy"))

    def test_names_that_become_one(self):
        nodes = [helper.make_node("Relu", ["x"], ["../y"]), helper.make_node("Neg", ["x"], [".._y"])]
        model = save_model(self.folder / "r.onnx", nodes, ["n", 4], {"../y": ["n", 4], ".._y": ["n", 4]})
        x = self.save("x", np.zeros((9, 4), np.float32))
        for batch in ((), ("--batch-size", 2)):
            message = self.refused("--model", model, "--input", f"x={x}", "--output-npz", self.folder / "y.npz", *batch)
            self.assertIn("the name of another", message)
            self.assertEqual(self.files(), ["r.onnx", "x.npy"])

    def test_is_an_input_again(self):
        x = np.random.default_rng(2).standard_normal((9, 32)).astype(np.float32)
        self.check(run("--model", MLP, "--input", f"x={self.save('x', x)}", "--output-npz", self.folder / "y.npz"))
        message = self.refused("--model", MLP, "--input-npz", self.folder / "y.npz", "--output", os.devnull)
        self.assertIn('input "x" was not given', message)  # the archive was read, up to its names

    def test_not_to_a_device(self):
        x = self.mlp_rows(9)
        self.assertIn("archive", self.refused("--model", MLP, "--input", f"x={x}", "--output-npz", os.devnull))


if __name__ == "__main__":
    unittest.main()
