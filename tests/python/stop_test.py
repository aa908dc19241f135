"""What ends a run early: a switch, a time, Ctrl-C; and what forks and the end of the interpreter do."""
import os
import signal
import threading
import time
import unittest

import octet
from octet_case import ENDLESS, MLP, OctetCase, endless_bytes, mlp_rows, run_python

SETUP = "from octet_case import *; import os, signal, threading, time; model = octet.load(endless_bytes())"
LATER = "threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()"


class Stop(OctetCase):
    def setUp(self):
        super().setUp()
        self.model = octet.load(endless_bytes())

    def test_cancel(self):
        cancel = octet.Cancel()
        threading.Timer(0.1, cancel.request).start()
        start = time.monotonic()
        self.refused("", self.model.run, ENDLESS, cancel=cancel, kind=octet.CancelledError)
        self.assertLess(time.monotonic() - start, 5)
        self.assertTrue(cancel.requested)
        self.refused("", self.model.run, {"n": 1000, "x": 0}, cancel=cancel, kind=octet.CancelledError)
        cancel.reset()
        self.assertEqual(self.model.run({"n": 1000, "x": 0}, cancel=cancel)["y"], 1000)

    def test_one_switch_for_many_runs(self):
        cancel, ended = octet.Cancel(), []

        def work():
            try:
                self.model.run(ENDLESS, cancel=cancel)
            except octet.CancelledError:
                ended.append(1)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        cancel.request()
        for thread in threads:
            thread.join(10)
        self.assertEqual(len(ended), 4)

    def test_timeout(self):
        start = time.monotonic()
        error = self.refused("", self.model.run, ENDLESS, timeout=0.1, kind=octet.DeadlineExceededError)
        self.assertIsInstance(error, TimeoutError)
        self.assertTrue(0.09 < time.monotonic() - start < 5)
        self.assertEqual(self.model.run({"n": 10, "x": 0}, timeout=100)["y"], 10)
        self.assertEqual(self.model.run({"n": 10, "x": 0}, timeout=float("inf"))["y"], 10)
        for wrong in (0, -1, float("nan"), "1s"):
            self.refused("timeout", self.model.run, ENDLESS, timeout=wrong)


class Interrupt(OctetCase):
    def test_ctrl_c_ends_a_run(self):
        code = f"""{SETUP}
{LATER}
start = time.monotonic()
try:
    model.run(ENDLESS)
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - start < 5)
print(model.run({{"n": 5, "x": 0}})["y"], signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
        done = run_python(code)
        self.assertEqual(done.stdout, "interrupted True\n5.0 True\n", done.stderr)

    def test_ctrl_c_ends_a_session_and_a_run_with_a_switch(self):
        code = f"""{SETUP}
cancel, session = octet.Cancel(), model.session()
for call in (lambda: session.run(ENDLESS), lambda: model.run(ENDLESS, cancel=cancel), lambda: model.run(ENDLESS, timeout=1e3)):
    {LATER}
    try:
        call()
    except KeyboardInterrupt:
        print("interrupted", cancel.requested)
"""
        done = run_python(code)
        self.assertEqual(done.stdout, "interrupted False\n" * 3, done.stderr)

    def test_uncaught(self):
        done = run_python(f"{SETUP}\n{LATER}\nmodel.run(ENDLESS)")
        self.assertEqual(done.returncode, -signal.SIGINT)
        self.assertIn("KeyboardInterrupt", done.stderr)

    def test_a_handler_that_lets_the_program_go_on(self):
        """The run goes on: it is made again, and gives its result."""
        code = f"""{SETUP}
seen = []
signal.signal(signal.SIGINT, lambda *_: seen.append(1))
{LATER}
steps = 3_000_000
print(model.run({{"n": steps, "x": np.float32(0)}})["y"] > 0, len(seen))
"""
        done = run_python(code)
        self.assertEqual(done.stdout, "True 1\n", done.stderr)

    def test_a_handler_of_its_own_exception(self):
        code = f"""{SETUP}
def handler(*_):
    raise RuntimeError("mine")
signal.signal(signal.SIGINT, handler)
{LATER}
try:
    model.run(ENDLESS)
except RuntimeError as error:
    print(error)
"""
        self.assertEqual(run_python(code).stdout, "mine\n")

    def test_ignored_and_default_signals_stay_so(self):
        code = f"""{SETUP}
signal.signal(signal.SIGINT, signal.SIG_IGN)
{LATER}
try:
    model.run(ENDLESS, timeout=1)
except octet.DeadlineExceededError:
    print("ignored")
signal.signal(signal.SIGINT, signal.SIG_DFL)
{LATER}
model.run(ENDLESS)
"""
        done = run_python(code)
        self.assertEqual((done.stdout, done.returncode), ("ignored\n", -signal.SIGINT), done.stderr)

    def test_threads_other_than_the_main_one_are_not_touched(self):
        code = f"""{SETUP}
result = []
thread = threading.Thread(target=lambda: result.append(model.run({{"n": 2_000_000, "x": 0}})["y"]))
thread.start()
{LATER}
try:
    while thread.is_alive():
        time.sleep(0.01)
except KeyboardInterrupt:
    thread.join()
thread.join()
print(len(result))
"""
        self.assertEqual(run_python(code).stdout, "1\n")


class Fork(OctetCase):
    def child(self, work):
        """The exit status of a forked child that does `work`: 0 where it returns True."""
        child = os.fork()
        if child == 0:
            status = 2
            try:
                status = 0 if work() else 1
            finally:
                os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def test_a_child_uses_what_it_inherits(self):
        model = octet.load(MLP, quantize="w8a8", engine=octet.Engine(threads=2))
        session, x = model.session(), mlp_rows(300)
        expected = session.run({"x": x})["y"]

        def work():
            same = (model.run({"x": x})["y"] == expected).all() and (session.run({"x": x})["y"] == expected).all()
            return same and len(octet.load(MLP).layers) == 2
        self.assertEqual(self.child(work), 0)
        self.assertEqual(self.child(work), 0)
        self.assertTrue((model.run({"x": x})["y"] == expected).all())

    def test_a_child_of_a_process_inside_octet_is_refused(self):
        model, other, cancel = octet.load(endless_bytes()), octet.load(MLP), octet.Cancel()
        thread = threading.Thread(target=lambda: self.assertRaises(octet.CancelledError, model.run, ENDLESS, cancel=cancel))
        thread.start()
        time.sleep(0.2)

        def work():
            refused = 0
            for call in (lambda: model.run(ENDLESS), lambda: other.run({"x": mlp_rows(1)}), lambda: octet.load(MLP),
                         octet.Engine, other.session, lambda: other.replace({"fc1": {}})):
                try:
                    call()
                except octet.InvalidArgumentError as error:
                    refused += "forked while another thread was inside" in str(error)
            model.close()
            return refused == 6
        self.assertEqual(self.child(work), 0)
        cancel.request()
        thread.join()
        self.assertEqual(other.run({"x": mlp_rows(1)})["y"].shape, (1, 8))


class Exit(OctetCase):
    def test_a_daemon_thread_inside_a_run(self):
        code = f"""{SETUP}
def work():
    while True:
        try:
            model.run(ENDLESS)
        except octet.Error as error:
            ended.append(str(error))
            time.sleep(0.001)
ended = []
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.3)
print("done", flush=True)
"""
        for _ in range(3):
            done = run_python(code)
            self.assertEqual((done.stdout, done.returncode), ("done\n", 0), done.stderr)

    def test_models_that_live_to_the_end(self):
        code = f"""{SETUP}
import atexit
engine = octet.Engine(log=print)
kept = [engine, engine.load(MLP), model.session(), engine.load(MLP).run({{"x": mlp_rows(1)}})]
atexit.register(lambda: print(kept[1].run({{"x": mlp_rows(1)}})["y"].shape))
"""
        done = run_python(code)
        self.assertEqual((done.stdout.splitlines()[-1], done.returncode, done.stderr), ("(1, 8)", 0, ""))


if __name__ == "__main__":
    unittest.main()
