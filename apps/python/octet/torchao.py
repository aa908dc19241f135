"""Weights between Octet's layers and the tensors of PyTorch AO.

Reading needs neither torch nor torchao: tensors are known by their attributes. Current ones have `qdata`, `scale` and
`zero_point` (Int8Tensor, IntxUnpackedToInt8Tensor, Int4Tensor), older ones the same in `tensor_impl` (or `layout_tensor`)
with codes called `int_data` (AffineQuantizedTensor). `Layer.to_torchao` makes current ones.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from octet.errors import InvalidArgumentError, LayerNotFoundError, UnsupportedError

if TYPE_CHECKING:
    from octet.layers import Layer, Layers
    from octet.model import Model


class _Weight(NamedTuple):
    """W = (codes - zero_point) * scale, for inputs that are multiplied by pre_scale."""

    codes: np.ndarray  # [N, K] integers
    scale: np.ndarray  # float32 [N, blocks of K], [N, 1] or [1, 1]
    zero_point: np.ndarray | None  # as scale
    unsigned_half: int  # of unsigned codes half of their range: 8 or 128; else 0
    pre_scale: np.ndarray | None  # [K]


def import_weights(model: Model, state_dict: Mapping[str, Any], *, names: Mapping[str, str] | None = None,
                   strict: bool = True) -> Model:
    """A new model with the quantized weights of a state dict in its layers; see `Model.replace`.

    Arguments:
        model: loaded with a scheme whose codes they are ("w8a8" or "w8" for int8 per channel or tensor, "w4" for int4 in
            groups) and with smoothing="none".
        state_dict: `module.state_dict()` after torchao's `quantize_`. What is not quantized in it is left alone.
        names: {name in the state dict: name of the layer}, for those that are called otherwise in the ONNX file than an
            export calls them.
        strict: a quantized weight without a layer raises LayerNotFoundError; else it is left out.

    Raises LayerNotFoundError, InvalidArgumentError (shapes, groups, smoothing), UnsupportedError (layouts made for one
    kernel, codes that no kernel of the layer takes).
    """
    known = _layer_names(model.layers)
    changes: dict[str, dict[str, Any]] = {}
    found = False
    for key, tensor in state_dict.items():
        weight = _read(key, tensor)
        if weight is None:
            continue
        found = True
        name = (names or {}).get(key) or _layer_of(key, model.layers, known)
        if name is None and strict:
            raise LayerNotFoundError(f'"{key}" has no layer in the model; name it in names=, or pass strict=False. '
                                     f"Layers: {', '.join(list(model.layers)[:8])}, ..")
        if name is not None:
            changes[name] = _parts_for(model.layers[name], weight, key)
    if not found:
        raise InvalidArgumentError("the state dict has no quantized tensor, expected the state_dict() of a module after "
                                   "torchao's quantize_")
    return model.replace(changes)


def to_torchao(layer: Layer) -> Any:
    """A layer's weight as an Int8Tensor (per tensor or channel) or an IntxUnpackedToInt8Tensor (blocks), on the CPU. Its
    smoothing becomes act_pre_scale. Activations are not quantized. Needs torch and torchao; raises UnsupportedError for a
    float layer and for parts that torchao has no place for."""
    try:
        import torch
        from torchao import quantization
    except ImportError as error:
        raise UnsupportedError(f"to_torchao needs torch and torchao: pip install torch torchao ({error})") from error
    parts = layer.weights
    codes, scale, zero_point = parts["int_data"], parts["scale"], parts.get("zero_point")
    if codes.dtype == np.uint8:
        codes = (codes.astype(np.int16) - 128).astype(np.int8)
        zero_point = (0 if zero_point is None else zero_point.astype(np.float32)) - np.full(scale.shape, 128, np.float32)
    if zero_point is not None and not _is_int8(zero_point):
        raise UnsupportedError(f'layer "{layer.name}": its zero points are no int8 numbers, which torchao wants')

    def tensor(array: np.ndarray, dtype: type = np.float32) -> Any:
        return torch.from_numpy(np.array(array, dtype))

    if layer.granularity != "blocked":
        shape = (scale.size, 1)
        pre_scale = None if layer.smoothing is None else tensor(1 / layer.smoothing)
        return quantization.Int8Tensor(
            tensor(codes, np.int8), tensor(scale.reshape(shape)), [1 if scale.size > 1 else layer.n, layer.k],
            torch.float32, zero_point=None if zero_point is None else tensor(zero_point.reshape(shape), np.int8),
            act_pre_scale=pre_scale)
    if layer.k % scale.shape[1] != 0 or layer.smoothing is not None:
        raise UnsupportedError(f'layer "{layer.name}": its last block is shorter, or it has smoothing; torchao has no such '
                               "tensor")
    narrow = codes.min() >= -8 and codes.max() <= 7
    return quantization.IntxUnpackedToInt8Tensor(
        tensor(codes, np.int8), tensor(scale),
        tensor(np.zeros(scale.shape) if zero_point is None else zero_point, np.int8),
        torch.int4 if narrow else torch.int8, (1, layer.k // scale.shape[1]), torch.float32, None)


# ------------------------------------------------------------------------------------------------ tensors
def _read(key: str, tensor: Any) -> _Weight | None:
    """None: it is not quantized."""
    tensor = getattr(tensor, "original_weight_tensor", tensor)  # older: around one whose activations are quantized, too
    held = next((getattr(tensor, name) for name in ("tensor_impl", "layout_tensor") if hasattr(tensor, name)), tensor)
    codes = next((getattr(held, name) for name in ("qdata", "int_data") if hasattr(held, name)), None)
    if codes is None:
        if held is not tensor:
            raise _packed(key, held)
        return None
    codes, scale = _to_numpy(codes), _to_numpy(held.scale).astype(np.float32)
    zero_point = getattr(held, "zero_point", None)
    zero_point = None if zero_point is None else _to_numpy(zero_point).astype(np.float32)
    shape = tuple(getattr(tensor, "shape", codes.shape))
    least, most = getattr(tensor, "quant_min", None), getattr(tensor, "quant_max", None)
    unsigned = codes.dtype == np.uint8 or least == 0
    half = (128 if most is None else (int(most) + 1) // 2) if unsigned else 0
    domain = str(getattr(getattr(tensor, "zero_point_domain", None), "name", ""))
    if shape != codes.shape:
        if codes.dtype.itemsize != 1 or len(shape) != 2 or codes.shape != (shape[0], shape[1] // 2):
            raise _packed(key, tensor)
        codes, half = _unpack(codes), 0  # Int4Tensor: W = codes * scale + zero_point, and both are [groups, N]
        scale, domain = scale.T, "FLOAT"
        zero_point = None if zero_point is None else zero_point.T
    if codes.ndim != 2:
        raise UnsupportedError(f'"{key}" has {codes.ndim} axes, expected the [N, K] of a linear layer')
    scale = _blocks(key, scale, codes.shape)
    zero_point = None if zero_point is None or domain == "NONE" else _blocks(key, zero_point, codes.shape)
    if domain == "FLOAT":  # it is added to the products, with codes around the middle of their range
        with np.errstate(divide="ignore", invalid="ignore"):
            zero_point = half - np.where(scale == 0, 0, (0 if zero_point is None else zero_point) / scale)
    pre_scale = getattr(tensor, "act_pre_scale", None)
    return _Weight(codes, scale, zero_point, half, None if pre_scale is None else _to_numpy(pre_scale).reshape(-1))


def _packed(key: str, tensor: Any) -> UnsupportedError:
    return UnsupportedError(f'"{key}" is a {type(tensor).__name__}, whose codes are packed for one kernel; quantize with a '
                            "plain layout (Int8WeightOnlyConfig, IntxWeightOnlyConfig, PackingFormat.PLAIN)")


def _to_numpy(tensor: Any) -> np.ndarray:
    for step in ("detach", "cpu"):
        tensor = getattr(tensor, step, lambda same=tensor: same)()
    if str(getattr(tensor, "dtype", "")) in ("torch.bfloat16", "torch.float16"):
        tensor = tensor.float()
    return np.asarray(tensor)


def _unpack(codes: np.ndarray) -> np.ndarray:
    """Two signed codes of 4 bits from each byte, the first in the low bits."""
    low, high = codes.astype(np.int8) << 4 >> 4, codes.astype(np.int8) >> 4
    return np.stack([low, high], -1).reshape(codes.shape[0], -1)


def _blocks(key: str, part: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """[N, blocks of K], [N, 1] or [1, 1]."""
    if part.size == 1 and shape[0] != 1:
        return part.reshape(1, 1)
    if part.size % shape[0] != 0 or (part.ndim == 2 and part.shape[0] != shape[0]):
        raise InvalidArgumentError(f'"{key}": scale or zero_point has shape {list(part.shape)} for codes {list(shape)}, '
                                   "expected one for each row or for each group of columns in it")
    return part.reshape(shape[0], -1)


def _is_int8(values: np.ndarray) -> bool:
    return bool(np.all((values == np.rint(values)) & (values >= -128) & (values <= 127)))


# ------------------------------------------------------------------------------------------------ layers
def _parts_for(layer: Layer, weight: _Weight, key: str) -> dict[str, Any]:
    """The weight as the layer's own parts are."""
    codes, scale, zero_point = weight.codes, weight.scale, weight.zero_point
    where = f'"{key}" for layer "{layer.name}"'
    if codes.shape != (layer.n, layer.k):
        raise InvalidArgumentError(f"{where}: its codes have shape {list(codes.shape)}, expected {[layer.n, layer.k]}")
    own = layer.weights
    _check_smoothing(where, weight.pre_scale, own.get("smoothing"))
    if layer.granularity == "blocked":
        blocks, groups = own["scale"].shape[1], scale.shape[1]
        if blocks % groups != 0 or (groups > 1 and layer.k % blocks != 0):
            raise InvalidArgumentError(f"{where}: it has {groups} groups per row, expected a divisor of the layer's {blocks} "
                                       "blocks; quantize with groups of 32, or a multiple")
        widen = lambda part: np.ascontiguousarray(np.repeat(np.broadcast_to(part, (layer.n, groups)), blocks // groups, 1))
    elif scale.shape[1] != 1:
        raise InvalidArgumentError(f"{where}: it has {scale.shape[1]} groups per row, and the layer one scale; load the model "
                                   'with quantize="w4", whose scales are in blocks of 32')
    else:
        widen = lambda part: np.ascontiguousarray(part.reshape(-1))
    # The layer's own kind of codes: signed or unsigned.
    signed = own["int_data"].dtype == np.int8
    shift = -weight.unsigned_half if signed else (0 if weight.unsigned_half else (8 if own["int_data"].max() < 16 else 128))
    if shift != 0:
        codes = codes.astype(np.int32) + shift
        zero_point = np.full(scale.shape, shift, np.float32) + (0 if zero_point is None else zero_point)
    parts = {"int_data": _narrow(where, codes, own["int_data"].dtype), "scale": widen(scale)}
    if zero_point is not None and np.any(zero_point != 0):
        zero_point = widen(zero_point)
        whole = np.all(zero_point == np.rint(zero_point)) and not np.any((zero_point < -128) | (zero_point > 255))
        parts["zero_point"] = _narrow(where, zero_point, own["int_data"].dtype) if whole else zero_point.astype(np.float32)
    return parts


def _check_smoothing(where: str, pre_scale: np.ndarray | None, smoothing: np.ndarray | None) -> None:
    given = 1 if pre_scale is None else pre_scale
    own = 1 if smoothing is None else smoothing
    if np.allclose(given * own, 1, rtol=1e-6, atol=0):
        return
    found = "without act_pre_scale" if pre_scale is None else "with act_pre_scale"
    expected = "the layer has none" if smoothing is None else 'the layer has smoothing; load the model with smoothing="none"'
    raise InvalidArgumentError(f"{where}: its codes were made {found}, and {expected}")


def _narrow(where: str, values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    limits = np.iinfo(dtype)
    if values.size and (values.min() < limits.min or values.max() > limits.max):
        raise InvalidArgumentError(f"{where}: codes or zero points from {values.min()} to {values.max()} are beyond {dtype}")
    return np.ascontiguousarray(values.astype(dtype))


def _layer_names(layers: Layers) -> dict[str, str | None]:
    """The names that modules of PyTorch may have had before an export, by layer; None where several layers would do."""
    known: dict[str, str | None] = {}
    for name, layer in layers.items():
        dotted = [text.strip("/").replace("/", ".") for text in (name, *layer.aliases)]
        for called in {text.removesuffix(end) for text in dotted for end in (".MatMul", ".Gemm", ".weight", ".bias")}:
            known[called] = None if called in known else name
    return known


def _layer_of(key: str, layers: Layers, known: Mapping[str, str | None]) -> str | None:
    module = key.removesuffix(".weight")
    return next((name for name in (key, module) if name in layers), None) or known.get(module)
