"""Octet runs ONNX models with their linear layers quantized, and opens every quantized weight as NumPy arrays.

    import octet
    model = octet.load("encoder.onnx", quantize="w8a8")
    outputs = model.run({"input_ids": ids, "attention_mask": mask})
    layer = model.layers["encoder.layer.0.attention.self.query"]     # layer.int_data, .scale, .zero_point, .smoothing
    model = model.replace({layer.name: {"scale": layer.scale * 0.5}})
    model.save("encoder.int8.onnx")
"""
from typing import Any

from octet import _native, torchao
from octet.engine import Cancel, Engine, Memory, default_engine
from octet.errors import (CancelledError, DeadlineExceededError, Error, FileError, InternalError, InvalidArgumentError,
                          InvalidModelError, LayerNotFoundError, ModelNotFoundError, NotFoundError,
                          ResourceExhaustedError, UnsupportedError)
from octet.layers import Layer, Layers
from octet.model import FloatProduct, Model, Value, load
from octet.session import Session

__version__: str = _native.version

__all__ = [
    "Cancel", "CancelledError", "DeadlineExceededError", "Engine", "Error", "FileError", "FloatProduct", "InternalError",
    "InvalidArgumentError", "InvalidModelError", "Layer", "LayerNotFoundError", "Layers", "Memory", "Model",
    "ModelNotFoundError", "NotFoundError", "ResourceExhaustedError", "Session", "UnsupportedError", "Value", "as_dlpack",
    "default_engine", "load", "torchao",
]


def as_dlpack(array: Any) -> Any:
    """An object with __dlpack__ over the memory of an array, which it keeps: `torch.from_dlpack(octet.as_dlpack(array))`.

    For arrays of ml_dtypes (bfloat16, float8), which NumPy itself does not hand over; `torch.from_dlpack(array)` does for
    all others. Nothing is copied.
    """
    return _native.as_dlpack(array, None)
