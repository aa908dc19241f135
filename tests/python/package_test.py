"""The package itself: its stub, its exceptions, its command, its symbols."""
import ast
import json
import pathlib
import subprocess
import sys
import unittest

import octet
from octet import _native
from octet_case import MLP, OctetCase

PACKAGE = pathlib.Path(octet.__file__).parent


def public(names):
    return {name for name in names if not name.startswith("_")}


class Package(OctetCase):
    def test_the_stub_has_what_the_native_module_has(self):
        stub = ast.parse((PACKAGE / "_native.pyi").read_text())
        classes = {node.name: {member.name for member in node.body} for node in stub.body if isinstance(node, ast.ClassDef)}
        functions = {node.name for node in stub.body if isinstance(node, ast.FunctionDef)}
        values = {node.target.id for node in stub.body if isinstance(node, ast.AnnAssign)}
        self.assertEqual(public(dir(_native)), set(classes) | functions | values)
        for name, members in classes.items():
            self.assertEqual(public(dir(getattr(_native, name))), public(members))

    def test_everything_has_a_docstring(self):
        for name in octet.__all__:
            self.assertTrue(getattr(octet, name).__doc__, name)
        for kind in (octet.Engine, octet.Model, octet.Layer, octet.Session):
            for name in public(vars(kind)) - {"engine", "index"}:
                self.assertTrue(getattr(kind, name).__doc__, f"{kind.__name__}.{name}")

    def test_typed(self):
        self.assertTrue((PACKAGE / "py.typed").exists())

    def test_versions(self):
        self.assertEqual(octet.__version__, _native.version)
        self.assertGreaterEqual(_native.api_version, 7)

    def test_a_class_for_each_status(self):
        from octet.errors import make_error
        kinds = {make_error(status, "text").__class__ for status in range(1, 10)}
        self.assertEqual(len(kinds), 9)
        for status in range(1, 10):
            error = make_error(status, "text")
            self.assertEqual((error.status, str(error)), (status, "text"))
            self.assertIsInstance(error, octet.Error)
        self.assertIsInstance(make_error(99, "text"), octet.InternalError)

    def test_only_the_module_is_seen_from_outside(self):
        listed = subprocess.run(["nm", "-D", "--defined-only", _native.__file__], capture_output=True, text=True, check=True)
        symbols = {line.split()[-1].split("@")[0] for line in listed.stdout.splitlines()}
        self.assertEqual({symbol for symbol in symbols if not symbol.startswith(("__asan", "__ubsan", "__odr_asan"))}, {"PyInit__native"})

    def test_python_m_octet(self):
        command = [sys.executable, "-B", "-m", "octet", "--model"]
        done = subprocess.run([*command, MLP, "--list-weights", "--json"], capture_output=True, text=True)
        self.assertEqual([layer["name"] for layer in json.loads(done.stdout)], ["fc1", "fc2"])
        done = subprocess.run([*command, "nowhere"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertTrue(done.stderr.startswith("run_model: "), done.stderr)


if __name__ == "__main__":
    unittest.main()
