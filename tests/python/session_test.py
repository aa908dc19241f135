"""Sessions: arrays that stay bound, models that change under them, profiles."""
import threading
import time
import unittest

import numpy as np

import octet
from octet_case import BERT, ENDLESS, MLP, OctetCase, bert_inputs, endless_bytes, mlp_rows


class Sessions(OctetCase):
    def setUp(self):
        super().setUp()
        self.model = octet.load(MLP, quantize="w8a8")
        self.x = mlp_rows(4)
        self.y = self.model.run({"x": self.x})["y"]

    def test_bound_outputs(self):
        y = np.zeros((4, 8), np.float32)
        with octet.Session(self.model, {"y": y}) as session:
            for sign in (1, -1, 1):
                self.assertIs(session.run({"x": sign * self.x})["y"], y)
            np.testing.assert_array_equal(y, self.y)
            session.bind({})
            other = session.run({"x": self.x})["y"]
            self.assertIsNot(other, y)
            np.testing.assert_array_equal(other, self.y)
            session.bind({"z": y})
            self.refused("'z'", session.run, {"x": self.x})
        self.refused("closed", session.run, {"x": self.x})

    def test_outputs_of_earlier_runs_stay(self):
        session = self.model.session()
        first = session.run({"x": self.x})["y"]
        session.run({"x": -self.x})
        session.run({"x": mlp_rows(50)})
        session.close()
        np.testing.assert_array_equal(first, self.y)

    def test_a_warm_session_takes_no_more_memory(self):
        session = self.model.session({"y": np.zeros((4, 8), np.float32)})
        session.run({"x": self.x})
        engine, held = self.model.engine.memory, session.memory
        for _ in range(100):
            session.run({"x": self.x})
        self.assertEqual((self.model.engine.memory.in_use, session.memory), (engine.in_use, held))

    def test_rebind(self):
        layer = self.model.layers["fc2"]
        session = self.model.session()
        other = self.model.replace({"fc2": {"scale": layer.scale * 2}})
        session.rebind(other)
        self.model.close()
        np.testing.assert_array_equal(session.run({"x": self.x})["y"], other.run({"x": self.x})["y"])
        self.refused("replaced", session.rebind, octet.load(MLP))
        self.refused("expected an octet.Model", session.rebind, "other")
        self.refused("expected an octet.Model", octet.Session, None)

    def test_one_thread_at_a_time(self):
        session, cancel = octet.load(endless_bytes()).session(), octet.Cancel()
        thread = threading.Thread(target=lambda: self.assertRaises(octet.CancelledError, session.run, ENDLESS, cancel=cancel))
        thread.start()
        while True:  # until the thread is in its run
            try:
                session.run({"n": 1, "x": 1})
                time.sleep(0.01)
            except octet.InvalidArgumentError as error:
                self.assertIn("another thread", str(error))
                break
        for call in (session.profile, session.trace, lambda: session.memory, lambda: session.set_profile(True)):
            self.refused("another thread", call)
        session.close()  # the run keeps what it needs
        cancel.request()
        thread.join()

    def test_profile(self):
        model = octet.load(BERT, quantize="w8a8")
        profile = model.profile(bert_inputs(), runs=3)
        self.assertEqual(profile["runs"], 3)
        self.assertTrue({"node", "op", "kernel", "calls", "microseconds"} <= set(profile["nodes"][0]))
        session = model.session(profile=True)
        session.run(bert_inputs())
        self.assertEqual(session.profile()["runs"], 1)
        self.assertTrue(session.trace()["traceEvents"])
        session.set_profile(False)
        self.assertEqual(session.profile()["nodes"], [])


class Looking(OctetCase):
    def test_what_a_model_says(self):
        model = octet.load(BERT, quantize="w8a8", layers={"*/output/dense*": "none"})
        self.assertEqual(model.inputs[0], ("input_ids", "int64", ("batch", "sequence"), "tensor"))
        self.assertEqual(model.outputs[0].shape, ("batch", "sequence", 64))
        rows = model.explain()
        self.assertTrue({"node", "op", "kernel", "step", "region", "declined", "types"} <= set(rows[0]))
        self.assertTrue(all(product.reason for product in model.float_products))
        text = repr(model)
        for part in ("bert.onnx", "12 layers", "w8a8", "none", "MB", "cpu", "input_ids int64 [batch, sequence]", "last_hidden_state"):
            self.assertIn(part, text)
        self.assertGreater(model.memory, 0)


if __name__ == "__main__":
    unittest.main()
