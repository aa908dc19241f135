#!/usr/bin/env python3
"""Loads liboctet.so in one process with Python's onnx, onnxruntime and torch, in both orders, RTLD_GLOBAL included, and runs a
model before and after: each gives what it gives alone.

Takes the first --python that has one of the modules (OCTET_PEERS_PYTHON in the environment goes first); every order is a
process of its own. Modules that are absent are skipped with a text.
"""

import argparse
import ctypes
import os
import subprocess
import sys

MODULES = ("onnx", "onnxruntime", "torch")
SKIPPED = 77


# ---------------------------------------------------------------------------------------------- one process, one order
class Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("dtype", ctypes.c_int32), ("rank", ctypes.c_int32), ("dims", ctypes.c_int64 * 8),
                ("strides", ctypes.c_void_p), ("device", ctypes.c_int32 * 2), ("reserved", ctypes.c_int64 * 2)]


class LoadOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("quantize", ctypes.c_int32), ("smoothing", ctypes.c_int32),
                ("idle_sessions", ctypes.c_int32)]


class Octet:
    """The library, and the model in float and in int8."""

    def __init__(self, path, mode, model):
        self.library = ctypes.CDLL(path, mode=mode)
        self.library.octet_error_message.restype = ctypes.c_char_p
        self.engine, self.models = ctypes.c_void_p(), []
        self.call("octet_engine_create", None, ctypes.byref(self.engine))
        for quantize in (0, 1):
            options, handle = LoadOptions(ctypes.sizeof(LoadOptions), quantize), ctypes.c_void_p()
            self.call("octet_model_load", self.engine, model.encode(), ctypes.byref(options), ctypes.byref(handle))
            self.models.append(handle)

    def call(self, name, *arguments):
        error = ctypes.c_void_p()
        if getattr(self.library, name)(*arguments, ctypes.byref(error)) != 0:
            raise RuntimeError(self.library.octet_error_message(error).decode())

    def check(self):
        for handle, tolerance in zip(self.models, (0, 0.03)):
            x = (ctypes.c_float * 24)(*[i % 8 for i in range(24)])
            dims = (ctypes.c_int64 * 8)(3, 8)
            tensor, output = Tensor(data=ctypes.cast(x, ctypes.c_void_p), dtype=0, rank=2, dims=dims), Tensor()
            session = ctypes.c_void_p()
            self.call("octet_session_create", handle, ctypes.byref(session))
            self.call("octet_session_run", session, ctypes.byref(tensor), 1, ctypes.byref(output), 1, None)
            y = ctypes.cast(output.data, ctypes.POINTER(ctypes.c_float))
            for i in range(24):
                assert abs(y[i] - (2 * x[i] + 1)) <= tolerance, f"Octet's y[{i}] is {y[i]}"
            self.library.octet_session_free(session)


def use_onnx(model):
    import onnx

    proto = onnx.load(model)
    onnx.checker.check_model(proto, full_check=True)
    assert onnx.shape_inference.infer_shapes(proto).graph.output[0].name == "y"
    assert onnx.defs.get_schema("Gemm", 13).name == "Gemm"


def use_onnxruntime(model):
    import numpy
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    x = numpy.arange(8, dtype=numpy.float32).reshape(1, 8)
    assert (session.run(None, {"x": x})[0] == 2 * x + 1).all()


def use_torch(_):
    import torch

    x = torch.arange(512 * 64, dtype=torch.float32).reshape(512, 64) / 512
    weight = 2 * torch.eye(64)
    linear = torch.nn.functional.linear(x, weight, torch.ones(64))
    assert torch.allclose(linear, 2 * x + 1)
    convolved = torch.nn.functional.conv2d(x.reshape(1, 8, 64, 64), torch.ones(8, 8, 3, 3), padding=1)
    assert torch.isfinite(convolved).all()
    half = torch.nn.functional.linear(x.bfloat16(), weight.bfloat16())
    assert torch.allclose(half.float(), 2 * x, rtol=0.02)


USES = {"onnx": use_onnx, "onnxruntime": use_onnxruntime, "torch": use_torch}


def run_order(library, model, mode, *order):
    """order: names of modules and "octet"; each is used when it comes, and all once more at the end."""
    flags = os.RTLD_NOW | (os.RTLD_GLOBAL if mode == "global" else os.RTLD_LOCAL)
    sys.setdlopenflags(flags)
    octet = None
    for name in order + order:
        if name == "octet":
            octet = octet or Octet(library, flags, model)
        else:
            USES[name](model)
        if octet:
            octet.check()


# ---------------------------------------------------------------------------------------------- all orders
def modules_of(python):
    code = "import importlib.util as u, sys; print(*[m for m in sys.argv[1:] if u.find_spec(m)])"
    result = subprocess.run([python, "-c", code, *MODULES], capture_output=True, text=True)
    return result.stdout.split() if result.returncode == 0 else []


def main():
    if sys.argv[1:2] == ["--order"]:
        return run_order(*sys.argv[2:])
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", action="append", default=[])
    for name in ("--library", "--model"):
        parser.add_argument(name, required=True)
    arguments = parser.parse_args()

    candidates = [python for python in [os.environ.get("OCTET_PEERS_PYTHON"), *arguments.python] if python]
    python, present = next(((python, modules) for python in candidates if (modules := modules_of(python))), ("", []))
    for module in MODULES:
        if module not in present:
            print(f"skipped: {module} is not installed (OCTET_PEERS_PYTHON names a Python that has it)")
    if not present:
        return SKIPPED

    orders = []
    for mode in ("local", "global"):
        orders += [(mode, "octet", *present), (mode, *present, "octet")]
        if mode == "global" and len(present) > 1:
            orders += [(mode, "octet", *reversed(present)), (mode, *reversed(present), "octet")]
    failed = 0
    for order in orders:
        result = subprocess.run([python, "-B", __file__, "--order", arguments.library, arguments.model, *order],
                                capture_output=True, text=True)
        failed += result.returncode != 0
        print(f"{' '.join(order)}: {'ok' if result.returncode == 0 else f'failed, status {result.returncode}'}", flush=True)
        if result.returncode != 0:
            print(result.stdout + result.stderr, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
