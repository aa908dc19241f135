"""What the native module asks Python about arrays: those that have no plain buffer, and those that it gives."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from octet.errors import InvalidArgumentError

# Elements that NumPy knows through ml_dtypes alone, by its name for them, and their size in bits. Those of fewer than 8 have
# a byte each in NumPy, and share bytes in Octet: the first in the lowest bits.
_CARRIED = {"bfloat16": 16, "float8_e4m3fn": 8, "float8_e4m3fnuz": 8, "float8_e5m2": 8, "float8_e5m2fnuz": 8,
            "float8_e8m0fnu": 8, "float6_e2m3fn": 6, "float6_e3m2fn": 6, "float4_e2m1fn": 4, "int4": 4, "uint4": 4, "int2": 2, "uint2": 2}


def prepare(value: Any, wanted: str, what: str, written: bool) -> tuple[np.ndarray, str | None, tuple[int, ...] | None]:
    """An array with a plain buffer for `value`; the name of its type where the buffer says another; its shape where
    elements share bytes."""
    array = value if isinstance(value, np.ndarray) else _convert(value, wanted, what, written)
    name = array.dtype.name
    bits = _CARRIED.get(name, 0)
    if bits:
        if written and (bits < 8 or not array.flags.writeable):
            reason = "has elements that share bytes in Octet" if bits < 8 else "is read-only"
            raise InvalidArgumentError(f"{what}: its array {reason}, expected one that can be written to in place")
        if bits < 8:
            return pack(array, bits), name, array.shape
        carrier = array.view(f"uint{bits}")
        return carrier if written else np.require(carrier, requirements="A"), name, None
    if array.dtype.kind not in "biuf":
        raise InvalidArgumentError(f"{what} is of type {array.dtype}, expected {wanted}; convert its elements")
    if written:
        reason = "read-only" if not array.flags.writeable else "misaligned or of another byte order"
        raise InvalidArgumentError(f"{what}: its array is {reason}, expected one that can be written to in place")
    return np.array(array, array.dtype.newbyteorder("="), order="C", copy=True), None, None


def pack(array: np.ndarray, bits: int) -> np.ndarray:
    """Elements of `bits` each, one behind the other from the lowest bits on, as uint8."""
    codes = array.astype(np.int8).view(np.uint8) if "int" in array.dtype.name else np.ascontiguousarray(array).view(np.uint8)
    return np.packbits(np.unpackbits(codes.reshape(-1, 1), axis=1, count=bits, bitorder="little"), bitorder="little")


def unpack(packed: np.ndarray, dtype: str, shape: tuple[int, ...], bits: int) -> np.ndarray:
    """What pack() has packed, an array of ml_dtypes; without that, integers: its numbers, or a float's bits."""
    each = np.unpackbits(packed, count=int(np.prod(shape)) * bits, bitorder="little").reshape(-1, bits)
    codes = np.packbits(each, axis=1, bitorder="little").reshape(shape)
    if dtype.startswith("int"):
        codes = codes.view(np.int8) << (8 - bits) >> (8 - bits)  # the sign
    try:
        return codes.astype(_dtype(dtype)) if "int" in dtype else codes.view(_dtype(dtype))
    except ImportError:
        return codes


def _convert(value: Any, wanted: str, what: str, written: bool) -> np.ndarray:
    if written:
        raise InvalidArgumentError(f"{what} is a {type(value).__name__}, expected a NumPy array that can be written to, "
                                   "or a tensor with __dlpack__ in memory of the CPU")
    try:
        array = np.asarray(value)
        if not hasattr(value, "dtype") and array.dtype.name != wanted:  # lists and numbers have no type of their own
            kind = "same_kind" if array.size else "unsafe"  # an empty list is one of floats to NumPy
            array = array.astype(_dtype(wanted), casting=kind)
    except Exception as error:  # whatever np.asarray meets in a foreign object
        raise InvalidArgumentError(f"{what} is a {type(value).__name__} that is no array of {wanted}: {error}") from error
    return array


def _dtype(name: str) -> np.dtype:
    if name not in _CARRIED:
        return np.dtype(name)
    import ml_dtypes

    return np.dtype(getattr(ml_dtypes, name))


def make(shape: tuple[int, ...], dtype: str, bits: int, in_numpy: bool) -> np.ndarray:
    """An array without values; of unsigned integers where NumPy does not know the type."""
    return np.empty(shape, dtype if in_numpy else f"uint{bits}")


def from_carrier(carrier: np.ndarray, dtype: str) -> Any:
    """Unsigned integers as what they carry: an array of ml_dtypes, or without that an object for from_dlpack()."""
    try:
        return carrier.view(_dtype(dtype))
    except ImportError:
        return Carried(carrier, dtype)


class Carried:
    """A tensor whose elements NumPy does not know, where ml_dtypes is not installed: for `torch.from_dlpack()` and its
    like. `bits` is a NumPy array of its elements as unsigned integers."""

    def __init__(self, bits: np.ndarray, dtype: str) -> None:
        self.bits, self.dtype, self.shape = bits, dtype, bits.shape

    def __repr__(self) -> str:
        return f"<octet tensor of {self.dtype} {list(self.shape)}: for from_dlpack(); or pip install ml-dtypes>"

    def __dlpack__(self, **options: Any) -> Any:
        from octet import _native

        return _native.as_dlpack(self.bits, self.dtype).__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


def part_of(array: Any, shape: tuple[int, ...]) -> Any:
    """The elements of a given output that a run has filled: row by row from its start, or where its strides say."""
    array = np.asarray(array)
    if array.flags.c_contiguous:
        return array.reshape(-1)[: int(np.prod(shape))].reshape(shape)
    return array[tuple(slice(extent) for extent in shape)]


Known = tuple[str, str, "tuple[int | str, ...] | None", str]  # name, dtype, shape, kind


def describe(values: Sequence[Known]) -> str:
    """"ids int64 [batch, 128], boxes sequence of float32 [?, 4]"."""
    def one(name: str, dtype: str, shape: tuple[int | str, ...] | None, kind: str) -> str:
        extents = "" if shape is None else f" [{', '.join(map(str, shape))}]"
        return f"{name} {'' if kind == 'tensor' else f'{kind} of '}{dtype}{extents}"
    return ", ".join(one(*value) for value in values)


def refuse_names(kind: str, known: Sequence[Known], given: Mapping[Any, Any]) -> NoReturn:
    """Raises: `given` has other names than the model's inputs or outputs."""
    names = [name for name, *_ in known]
    missing = [name for name in names if name not in given] if kind == "inputs" else []
    unknown = [name for name in given if name not in names]
    wrong = [f'"{name}" is missing' for name in missing] + [f"{name!r} is none of them" for name in unknown]
    raise InvalidArgumentError(f"{kind}: {', '.join(wrong)}; the model's are {describe(known)}")
