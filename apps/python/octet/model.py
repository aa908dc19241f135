"""Models: loading them, running them, looking into them, replacing their weights."""
from __future__ import annotations

import collections
import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from octet import _arrays, _native
from octet.engine import Cancel, Engine, default_engine, milliseconds, native_cancel
from octet.errors import InvalidArgumentError, ModelNotFoundError, NotFoundError
from octet.layers import Layers

if TYPE_CHECKING:
    from octet.session import Session

_SMOOTHING = {"norm": True, "none": False}
_FORMATS = {"standard": False, "ort": True}
_PLACES = {"source": 0, "inside": 1, "beside": 2}


class Value(NamedTuple):
    """An input or output of a model."""

    name: str
    dtype: str  # NumPy's name, or that of ml_dtypes
    # An extent that is not fixed is the text of its expression: ("batch", 128). None: the model does not say.
    shape: tuple[int | str, ...] | None
    kind: str = "tensor"  # or "sequence" (a list), "optional" (None, or what it holds), "optional sequence"


class FloatProduct(NamedTuple):
    """A product that is no linear layer, so that no scheme applies to it."""

    name: str
    reason: str


class Model:
    """An immutable, compiled model, made by `octet.load` or `replace`. Any thread may use it, several at once.

    `with octet.load(...) as model:` closes it at the end; without that its memory is freed with the last reference.
    """

    __slots__ = ("_engine", "_layers", "_native", "_name", "__weakref__")

    def __init__(self, native: _native.Model, engine: Engine, name: str) -> None:
        self._native, self._engine, self._name = native, engine, name
        self._layers = Layers(native)

    def run(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any] | None = None, *, cancel: Cancel | None = None,
            timeout: float | None = None) -> dict[str, Any]:
        """Runs the model.

        Arguments:
            inputs: an array for each of the model's inputs, by name: NumPy arrays of the input's dtype and shape, any
                strides; buffers; or tensors with __dlpack__ in memory of the CPU (PyTorch, JAX). They are read where
                they lie; one whose strides are not row-major costs one copy. Lists and numbers are converted.
                A sequence is a list of arrays; an empty optional is None.
            outputs: arrays to be written to, for some or all outputs, by name; they must have the output's dtype and
                shape, and share no memory with inputs or each other. An extent that only a run can tell is room there.
            cancel: ends the run when its request() is called.
            timeout: seconds.

        Returns the outputs by name: NumPy arrays of the caller's own, of ml_dtypes where the output is bfloat16 (without
        ml_dtypes: an object for torch.from_dlpack()). An output that was given is that same array.

        Raises InvalidArgumentError for a wrong name, dtype, shape or array, CancelledError, DeadlineExceededError,
        ResourceExhaustedError, UnsupportedError (memory of a GPU). Ctrl-C in the main thread ends the run.
        The GIL is free while the model runs.
        """
        if type(inputs) is not dict:
            inputs = _dict("inputs", inputs)
        if outputs is not None and type(outputs) is not dict:
            outputs = _dict("outputs", outputs)
        return self._native.run(inputs, outputs, None if cancel is None else native_cancel(cancel), milliseconds(timeout))

    def session(self, outputs: Mapping[str, Any] | None = None, *, profile: bool = False) -> Session:
        """`octet.Session(model, ...)`: the memory of one run at a time, kept for the next."""
        from octet.session import Session

        return Session(self, outputs, profile=profile)

    @property
    def layers(self) -> Layers:
        """The linear layers with constant weights, by the name of their ONNX node, weight or bias."""
        return self._layers

    def replace(self, layers: Mapping[str, Mapping[str, Any]]) -> Model:
        """A new model with other weights in some layers; everything else is shared, and this model stays as it is.

        Arguments:
            layers: for each layer, by name, the parts that change: any of
                int_data: int8 or uint8 [N, K], the layer's own code type and range;
                scale: float32 [N] or [1], or [N, blocks of K] as the layer's own; finite, 0 and negative ones included;
                zero_point: like scale, of int_data's type or float32;
                smoothing: float32 [K], equal to the layer's own.
                Parts that are missing or None stay as they are, but for one: int_data without zero_point is symmetric.

        Raises LayerNotFoundError, InvalidArgumentError for a wrong part, dtype, shape or value, UnsupportedError where no
        kernel takes the weights or the layer is float.
        """
        native, done = self._native, {}
        for name, parts in _dict("layers", layers).items():
            layer = self._layers[name]
            if layer.name in done:
                raise InvalidArgumentError(f'replace: "{name}" and "{done[layer.name]}" are one layer; give it once')
            done[layer.name] = name
            native = native.replace(layer.index, _dict(f'layer "{name}"', parts), layer.name)
        return Model(native, self._engine, self._name)

    def save(self, path: str | os.PathLike[str], *, format: str = "standard", data: str = "source", source: Any = None,
             cancel: Cancel | None = None, timeout: float | None = None) -> None:
        """Writes the model as a standard ONNX file: the graph that it was loaded from, with its layers as they are now.

        Weights are codes with scales, zero points and DequantizeLinear, and are the same, bit for bit, when the file is loaded
        again. Written aside and renamed when complete; never over its source.

        Arguments:
            path: of the file.
            format: how layers are written whose activations are quantized at run time: "standard": per token, as they run,
                a model-local function of standard operators that Octet knows again; "ort": per tensor, DynamicQuantizeLinear
                and MatMulInteger, for which ONNX Runtime has kernels.
            data: of large tensors: "source": where the source has them, beside the file from 2 GiB on; "inside"; "beside".
            source: for a model that was loaded from bytes: those bytes, which Octet has not kept.
            cancel, timeout (seconds): what may end it early.

        Raises InvalidArgumentError (the source has changed, or is `path`), UnsupportedError, FileError.
        """
        if format not in _FORMATS or data not in _PLACES:
            raise InvalidArgumentError(f"format is {format!r} and data {data!r}, expected one of {', '.join(_FORMATS)}, and of "
                                       f"{', '.join(_PLACES)}")
        if source is not None and not isinstance(source, (bytes, bytearray, memoryview)):
            raise InvalidArgumentError(f"source is a {type(source).__name__}, expected the bytes that the model was loaded from")
        file, is_path, _ = _source(path)
        if not is_path:
            raise InvalidArgumentError(f"path is a {type(path).__name__}, expected a str or path")
        self._native.save(file, _FORMATS[format], _PLACES[data], source, native_cancel(cancel), milliseconds(timeout))

    @property
    def inputs(self) -> list[Value]:
        """What the model takes, in its order."""
        return [Value(*value) for value in self._native.values(True)]

    @property
    def outputs(self) -> list[Value]:
        """What the model gives, in its order."""
        return [Value(*value) for value in self._native.values(False)]

    @property
    def float_products(self) -> list[FloatProduct]:
        """The MatMuls and Gemms that are no linear layers, and why."""
        return [FloatProduct(*product) for product in self._native.float_products()]

    def explain(self) -> list[dict[str, Any]]:
        """A row for every node: "node", "op", "kernel", "step", "region", "declined" (faster kernels, and why they do not
        take it), "types"; products have a "scheme", and a "reason" where that is "none"."""
        return json.loads(self._native.explain())

    def profile(self, inputs: Mapping[str, Any], runs: int = 1) -> dict[str, Any]:
        """Runs the model once to warm it, then `runs` times, and tells where the time went: {"runs", "threads", "nodes":
        [{"node", "op", "kernel", "step", "calls", "microseconds", "rows", "multiply_adds"}, ...]}, summed over runs and
        threads."""
        session = self.session()
        session.run(inputs)
        session.set_profile(True)
        for _ in range(runs):
            session.run(inputs)
        return session.profile()

    @property
    def memory(self) -> int:
        """Bytes that loading this model took and that it holds: weights and constants, without what it shares with the
        model that it was replaced from."""
        return self._native.memory()

    @property
    def engine(self) -> Engine:
        return self._engine

    def close(self) -> None:
        """Frees the model when its last run has ended; every later use raises InvalidArgumentError. Sessions and models
        replaced from it are not touched."""
        self._native.close()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError("an octet.Model cannot be pickled; send the path, and load it in each process")

    def __repr__(self) -> str:
        if self._native.is_closed():
            return f"<octet.Model {self._name}: closed>"
        schemes = collections.Counter(layer.scheme for layer in self._layers.values())
        layers = ", ".join(f"{count} {scheme}" for scheme, count in schemes.most_common())
        return (f"<octet.Model {self._name}: {len(self._layers)} layers{f' ({layers})' if layers else ''}, "
                f"{self.memory / 1e6:.1f} MB of its own, cpu, {self._engine.threads} threads\n"
                f"  inputs:  {_arrays.describe(self._native.values(True))}\n"
                f"  outputs: {_arrays.describe(self._native.values(False))}>")


def load(model: str | os.PathLike[str] | bytes | bytearray | memoryview, *, quantize: str = "none",
         layers: Mapping[str, str] | None = None, smoothing: str = "norm", requantize: bool = False,
         engine: Engine | None = None, cancel: Cancel | None = None, timeout: float | None = None,
         idle_sessions: int = 0) -> Model:
    """Loads an ONNX model.

    Arguments:
        model: the path of an .onnx file, whose external data is looked for in its folder; or the file's bytes.
        quantize: the scheme of all linear layers: "none", "w8a8", "w8", "w4" or "bf16". Layers that the file itself has
            quantized keep its codes and scales.
        layers: {pattern: scheme}: layers that get another one, by name or alias; "*" stands for any characters, "?" for
            one; of several patterns for a layer the last decides. "none" makes floats also of the file's own codes.
        smoothing: "norm": weights and activations share the load, by what the LayerNorm before a layer says; "none".
        requantize: activations whose range the file takes from a whole tensor get one per token.
        engine: threads, memory and limits; default: one for all models that are loaded without.
        cancel, timeout (seconds): what may end loading early.
        idle_sessions: that `run` keeps for its next calls; default: one per thread of the engine.

    Raises ModelNotFoundError, InvalidModelError, UnsupportedError (with all operators that are missing),
    ResourceExhaustedError, InvalidArgumentError (options), CancelledError, DeadlineExceededError. The GIL is free.
    """
    engine = engine or default_engine()
    if not isinstance(engine, Engine):
        raise InvalidArgumentError(f"engine is a {type(engine).__name__}, expected an octet.Engine")
    if smoothing not in _SMOOTHING:
        raise InvalidArgumentError(f'smoothing is {smoothing!r}, expected "norm" or "none"')
    if not isinstance(idle_sessions, int) or not 0 <= idle_sessions < 2**31:
        raise InvalidArgumentError(f"idle_sessions is {idle_sessions!r}, expected 1 to 4096, or 0 for the default")
    options = {"quantize": quantize, "layers": list(_dict("layers", layers or {}).items()),
               "smoothing": _SMOOTHING[smoothing], "requantize": bool(requantize), "idle_sessions": int(idle_sessions)}
    source, is_path, name = _source(model)
    try:
        native = _native.load(engine._native, source, is_path, options, native_cancel(cancel), milliseconds(timeout))
    except NotFoundError as error:
        raise ModelNotFoundError(str(error)) from None
    return Model(native, engine, name)


def _source(model: Any) -> tuple[Any, bool, str]:
    """The path as bytes, or the file itself; which of them it is; what the model is called."""
    if isinstance(model, (bytes, bytearray, memoryview)):
        return model, False, f"of {memoryview(model).nbytes} bytes"
    try:
        path = os.fsencode(model)
    except TypeError:
        raise InvalidArgumentError(
            f"model is a {type(model).__name__}, expected the path of an .onnx file or its bytes") from None
    if b"\0" in path:
        raise InvalidArgumentError(f"model is {model!r}, which no path is: it has a NUL in it")
    return path, True, f"{os.path.basename(os.fsdecode(path))!r}"


def _dict(what: str, given: Any) -> dict[Any, Any]:
    try:
        return given if type(given) is dict else dict(given)
    except (TypeError, ValueError):
        raise InvalidArgumentError(f"{what}: a {type(given).__name__} was given, expected a dict by name") from None
