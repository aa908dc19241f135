"""Loading and engines: options, limits, logs, and what is refused."""
import gc
import logging
import pickle
import threading
import unittest
import weakref
from unittest import mock

import numpy as np

import octet
from octet_case import BERT, MLP, OctetCase, bert_inputs, mlp_rows


class Load(OctetCase):
    def test_from_anywhere(self):
        data = MLP.read_bytes()
        for source in (MLP, str(MLP), data, bytearray(data), memoryview(data)):
            self.assertEqual(len(octet.load(source).layers), 2)

    def test_what_is_no_model(self):
        error = self.refused("nowhere.onnx", octet.load, self.folder / "nowhere.onnx", kind=octet.ModelNotFoundError)
        self.assertIsInstance(error, FileNotFoundError)
        for source, kind in ((b"", octet.Error), (b"no model", octet.InvalidModelError), (self.folder, octet.Error)):
            with self.assertRaises(kind):
                octet.load(source)
        path = self.folder / "page.onnx"
        path.write_text("<html>")
        self.refused("HTML", octet.load, path, kind=octet.InvalidModelError)
        self.refused("NUL", octet.load, "a\0b")
        self.refused("expected the path", octet.load, 7)
        self.refused("expected the path", octet.load, None)

    def test_wrong_options(self):
        for options, text in (({"quantize": "w9"}, "w9"), ({"quantize": None}, "expected a str"), ({"smoothing": "some"}, "norm"),
                              ({"layers": {"*": "w9"}}, "w9"), ({"layers": {3: "w8"}}, "expected a str"),
                              ({"layers": {"a\0": "w8"}}, "NUL"), ({"layers": ["fc1"]}, "expected a dict"),
                              ({"engine": "mine"}, "expected an octet.Engine"), ({"timeout": 0}, "greater than 0"),
                              ({"timeout": float("nan")}, "greater than 0"), ({"timeout": "soon"}, "expected seconds"),
                              ({"cancel": 1}, "expected an octet.Cancel"), ({"idle_sessions": -1}, "idle_sessions"),
                              ({"idle_sessions": 5000}, "idle_sessions"), ({"idle_sessions": 2**40}, "idle_sessions")):
            with self.subTest(options):
                self.refused(text, octet.load, MLP, **options)
        with self.assertRaises(TypeError):
            octet.load(MLP, quantise="w8")

    def test_early_ends(self):
        cancel = octet.Cancel()
        cancel.request()
        self.refused("", octet.load, BERT, cancel=cancel, kind=octet.CancelledError)
        self.refused("", octet.load, BERT, timeout=1e-9, kind=octet.DeadlineExceededError)
        cancel.reset()
        self.assertFalse(cancel.requested)
        octet.load(BERT, cancel=cancel, timeout=1e9)

    def test_models_are_not_pickled(self):
        with self.assertRaises(TypeError):
            pickle.dumps(octet.load(MLP))


class Engines(OctetCase):
    def test_threads_and_memory(self):
        engine = octet.Engine(threads=1, memory_ceiling=16 << 20)
        self.assertEqual((engine.threads, engine.memory.ceiling), (1, 16 << 20))
        model = engine.load(MLP)
        self.assertIs(model.engine, engine)
        self.assertGreater(engine.memory.in_use, 0)
        self.assertIn("1 threads", repr(engine))
        self.refused("", model.run, {"x": np.zeros((1_000_000, 32), np.float32)}, kind=octet.ResourceExhaustedError)
        self.assertEqual(model.run({"x": mlp_rows(1)})["y"].shape, (1, 8))

    def test_limits_on_models(self):
        engine = octet.Engine(max_model_bytes=1000)
        error = self.refused("1000", engine.load, BERT, kind=octet.ResourceExhaustedError)
        self.assertIsInstance(error, MemoryError)

    def test_wrong_options(self):
        for options, text in (({"threads": -1}, "threads"), ({"threads": 2**40}, "threads"), ({"threads": 1.5}, "threads"),
                              ({"memory_ceiling": -1}, "memory_ceiling"), ({"memory_ceiling": 2**70}, "memory_ceiling"),
                              ({"thread": 1}, '"thread"'), ({"log": 3}, "log is a int"), ({"max_nesting": 10**6}, "max_nesting")):
            with self.subTest(options):
                self.refused(text, octet.Engine, **options)

    def test_log(self):
        lines = []
        octet.Engine(log=lambda level, text: lines.append((level, text, threading.get_ident()))).load(MLP, layers={"nothing": "w8"})
        self.assertIn("warning", [level for level, *_ in lines])
        self.assertTrue(any("nothing" in text for _, text, _ in lines))
        self.assertEqual({thread for *_, thread in lines}, {threading.get_ident()})
        logger = logging.getLogger("octet.test")
        with self.assertLogs(logger, "DEBUG") as logged:
            octet.Engine(log=logger).load(MLP)
        self.assertTrue(logged.output)

    def test_log_functions_that_fail(self):
        seen = []

        def log(level, text):
            try:
                octet.load(MLP)
            except octet.InvalidArgumentError as error:
                seen.append(str(error))
            raise RuntimeError("from the log")
        unraisable = []
        with mock.patch("sys.unraisablehook", lambda found: unraisable.append(str(found.exc_value))):
            octet.Engine(log=log).load(MLP)
        self.assertIn("from the log", unraisable)
        self.assertIn("must not call Octet", seen[0])

    def test_an_engine_in_a_cycle_with_its_log_is_collected(self):
        class Server:
            def __init__(self):
                self.engine = octet.Engine(threads=1, log=self.log)
                self.model = self.engine.load(MLP)

            def log(self, level, text):
                pass
        server = weakref.ref(Server())
        gc.collect()
        self.assertIsNone(server())

    def test_a_model_keeps_its_engine(self):
        lines = []
        model = octet.Engine(threads=1, log=lambda level, text: lines.append(text)).load(BERT, quantize="w8a8")
        gc.collect()
        model.run(bert_inputs())
        self.assertEqual(model.engine.threads, 1)


if __name__ == "__main__":
    unittest.main()
