"""run_model --resume: it goes on with the interrupted run and no other, whatever became of its journal and parts."""
import json
import os
import pathlib
import resource
import shutil
import unittest
import zlib

import numpy as np
import onnx

from run_model_cli import MLP, REFUSED, RunModelTest, run, sha256


class WhatIsResumed(RunModelTest):
    """The resumed run must be the interrupted one."""

    def setUp(self):
        super().setUp()
        self.x = self.mlp_rows(1000)
        self.out = self.folder / "out"
        self.model = self.folder / "model.onnx"
        shutil.copy(MLP, self.model)
        limit = 20_000
        self.check(run(*self.arguments(), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))), REFUSED)
        self.journal = self.out / "run_model.journal"
        self.part = self.out / "y.npy.part"
        self.assertTrue(self.journal.exists() and self.part.exists())

    def arguments(self, **other):
        values = {"model": self.model, "input": f"x={self.x}", "output-dir": self.out, "batch-size": 10, **other}
        return [text for name, value in values.items() for text in (f"--{name}", value)]

    def done_rows(self):
        return max(json.loads(line[:-9])["rows"] for line in self.journal.read_text().splitlines()[1:])

    def resumes(self, *extra, **other):
        self.check(run(*self.arguments(**other), "--resume", *extra))
        self.check(run(*self.arguments(**{**other, "output-dir": self.folder / "again"})))
        self.assertEqual(sha256(self.out / "y.npy"), sha256(self.folder / "again" / "y.npy"))

    def test_other_batch_size_and_workers(self):
        self.resumes("--workers", 3, **{"batch-size": 7})

    def test_one_slice(self):
        self.resumes(**{"batch-size": 1000})

    def test_greatest_batch_size(self):
        self.resumes(**{"batch-size": 2**63 - 1})

    def test_newer_files_of_the_same_content(self):
        self.model.touch()
        self.x.touch()
        self.resumes()

    def test_other_model(self):
        proto = onnx.load(self.model)
        proto.doc_string = "another"
        onnx.save(proto, self.model)
        self.assertRegex(self.refused(*self.arguments(), "--resume"), r"the model file is \d+ bytes .* now but was \d+ bytes .*run_model\.journal")

    def test_other_options(self):
        self.assertIn("--quantize is w8a8 now but was none", self.refused(*self.arguments(quantize="w8a8"), "--resume"))
        self.assertIn("--smoothing is none now but was norm", self.refused(*self.arguments(smoothing="none"), "--resume"))
        self.assertIn("--output is ", self.refused(*self.arguments(output=self.folder / "z.npy"), "--resume"))

    def test_other_inputs(self):
        x = np.load(self.x)
        np.save(self.x, x[:999])
        self.assertIn('input "x" is float32[999x32] now but was float32[1000x32]', self.refused(*self.arguments(), "--resume"))
        x[5, 3] += 1
        np.save(self.x, x)
        self.assertIn('rows of input "x" are not those', self.refused(*self.arguments(), "--resume"))

    def test_rows_still_to_come_may_change(self):
        x = np.load(self.x)
        x[self.done_rows():] += 1
        np.save(self.x, x)
        self.resumes()

    def test_changed_part(self):
        data = bytearray(self.part.read_bytes())
        data[500] ^= 1
        self.part.write_bytes(data)
        self.assertIn("y.npy: what an interrupted run left", self.refused(*self.arguments(), "--resume"))
        self.part.write_bytes(data[:400])
        self.assertIn("y.npy: what an interrupted run left", self.refused(*self.arguments(), "--resume"))
        self.part.unlink()
        self.assertIn("y.npy", self.refused(*self.arguments(), "--resume"))
        self.assertTrue(self.journal.exists())

    def test_weights_that_changed_beside_the_model_file(self):
        """The part and its checksums belong together, but were not computed by this model."""
        shutil.rmtree(self.out)
        limit = 20_000
        proto = onnx.load(self.model)
        onnx.save(proto, self.model, save_as_external_data=True, location="weights.bin", size_threshold=0)
        self.check(run(*self.arguments(), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))), REFUSED)
        weights = self.folder / "weights.bin"
        values = np.frombuffer(weights.read_bytes(), np.float32) * np.float32(1.0001)
        weights.write_bytes(values.tobytes())
        self.assertIn("would come out differently", self.refused(*self.arguments(), "--resume"))

    def test_torn_records(self):
        """Whatever was torn, an earlier record counts, or the file is refused; never a wrong row."""
        text = self.journal.read_bytes()
        first = text.index(b"\n") + 1
        slot = (len(text) - first) // 4
        rows = [json.loads(text[first + i * slot:first + (i + 1) * slot - 10])["rows"] for i in range(4)]
        for torn in range(4):
            data = bytearray(text)
            data[first + torn * slot + 9] ^= 1
            self.journal.write_bytes(data)
            part = self.part.read_bytes()
            summary = json.loads(self.check(run(*self.arguments(), "--resume", "--json")).stdout)
            self.assertEqual(summary["resumed_rows"], max(rows[:torn] + rows[torn + 1:]))
            self.check(run(*self.arguments(**{"output-dir": self.folder / "again"})))
            self.assertEqual(sha256(self.out / "y.npy"), sha256(self.folder / "again" / "y.npy"))
            (self.out / "y.npy").unlink()
            self.part.write_bytes(part)
        for damaged in (bytes(byte ^ (at >= first) for at, byte in enumerate(text)), text[:20] + b"#" + text[21:], b"no journal", b"\n" * 5000,
                        text[:first] + b"\n" + text[first:]):
            self.journal.write_bytes(damaged)
            for resume in ([], ["--resume"]):
                self.assertIn("damaged", self.refused(*self.arguments(), *resume))
            self.assertEqual(self.journal.read_bytes(), damaged)

    def test_after_a_reboot_only_what_was_synced_counts(self):
        text = self.journal.read_text()
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # Another start of the machine, and checksums to match.
        lines = text.splitlines()
        lines[1:] = [line.replace(boot, boot[::-1])[:-9] for line in lines[1:]]
        rows = [json.loads(line)["rows"] for line in lines[1:]]
        self.journal.write_text(lines[0] + "\n" + "".join(f"{line} {zlib.crc32(line.encode()):08x}\n" for line in lines[1:]))
        summary = json.loads(self.check(run(*self.arguments(), "--resume", "--json")).stdout)
        self.assertEqual(summary["resumed_rows"], max(rows[2:]))

    def test_journal_cut_short(self):
        """It says so, and nothing is lost: not even where there are no outputs beside it."""
        text = self.journal.read_bytes()
        part = self.part.read_bytes()
        for kept in (True, False):
            if not kept:
                self.part.unlink()
            for size in (0, 1, 10, 300, text.index(b"\n") + 1, len(text) - 1):
                self.journal.write_bytes(text[:size])
                for resume in ((), ("--resume",)):
                    message = self.refused(*self.arguments(), *resume)
                    self.assertIn("run_model.journal: is damaged: it is empty" if size == 0 else "run_model.journal: is damaged", message)
                    self.assertIn("remove it to start over", message)
                self.assertEqual(self.journal.read_bytes(), text[:size])
                if kept:
                    self.assertEqual(self.part.read_bytes(), part)
        self.journal.unlink()
        summary = json.loads(self.check(run(*self.arguments(), "--resume", "--json")).stdout)
        self.assertEqual((summary["rows"], summary["resumed_rows"]), (1000, 0))
        self.assertEqual(self.files(self.out), ["y.npy"])

    def test_wrong_json_with_right_checksums(self):
        """Somebody wrote a journal: whatever it says, the run goes on rightly or is refused."""
        text, part = self.journal.read_bytes(), self.part.read_bytes()
        self.check(run(*self.arguments(**{"output-dir": self.folder / "whole"})))
        lines = text.split(b"\n")[:5]
        header, records = json.loads(lines[0][:-9]), [json.loads(line[:-9]) for line in lines[1:]]
        size = len(lines[1]) + 1

        def line(value, width=0):
            data = (value if isinstance(value, bytes) else json.dumps(value).encode()).ljust(width)
            return data + b" %08x\n" % zlib.crc32(data)

        def journal(header, records):
            return line(header) + b"".join(line(record, size - 10) for record in records)

        self.assertIn("is damaged", self.wrong(journal(b"nonsense", records), part))
        wrongs = [None, [], {}, "text", 0, -1, 1.5, 2**64, 10**30, [[]], [{}], True, ["x"], [-1], [1e300]]
        for key in header:
            for wrong in wrongs:
                self.wrong(journal({**header, key: wrong}, records), part)
            self.wrong(journal({name: value for name, value in header.items() if name != key}, records), part)
        for key in ("name", "dtype", "dims"):
            for wrong in wrongs + [[1000, 2**62], [1000, 0], [1000] * 9, [2**62] * 3]:
                self.wrong(journal({**header, "outputs": [{**header["outputs"][0], key: wrong}]}, records), part)
        for key in records[0]:
            for wrong in wrongs:
                self.wrong(journal(header, [{**record, key: wrong} for record in records]), part)
        for record in (b"", b"[" * (size - 10), b"nonsense", b"[1, 2", b"null"):
            self.wrong(journal(header, [record] * 4), part)
        for rows in (1001, 2**62, 2**63 - 1, 2**63):
            self.wrong(journal(header, [{**record, "rows": rows} for record in records]), part)
        deep = b"[" * 3_000_000 + b"]" * 3_000_000
        self.wrong(line(json.dumps({**header, "outputs": "DEEP"}).encode().replace(b'"DEEP"', deep)), part)

    def wrong(self, journal, part):
        """The refusal of this journal, which leaves everything as it is; or "" where it does not matter."""
        self.journal.write_bytes(journal)
        self.part.write_bytes(part)
        done = run(*self.arguments(), "--resume")
        if done.returncode == 0:
            self.assertEqual(sha256(self.out / "y.npy"), sha256(self.folder / "whole" / "y.npy"))
            (self.out / "y.npy").unlink()
            return ""
        self.check(done, REFUSED)
        self.assertEqual((self.journal.read_bytes(), self.part.read_bytes()[:len(part)]), (journal, part))
        return done.stderr

    def test_to_a_device(self):
        self.assertIn("--resume", self.refused("--model", MLP, "--input", f"x={self.x}", "--output", os.devnull, "--resume"))


if __name__ == "__main__":
    unittest.main()
