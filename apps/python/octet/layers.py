"""Linear layers and the parts of their quantized weights."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from octet import _native
from octet.errors import InvalidArgumentError, LayerNotFoundError, NotFoundError


class Layer:
    """A linear layer of a model, and its weight: W[n, k] = (int_data[n, k] - zero_point) * scale / smoothing[k].

    The parts are read-only copies, whatever layout the kernel has packed them in, made when the first is asked for: change
    a copy (`codes = layer.int_data.copy()`) and hand it to `model.replace`.
    """

    __slots__ = ("_info", "_model", "_weights", "index")

    def __init__(self, model: _native.Model, index: int) -> None:
        self._model, self.index = model, index
        self._info = model.layer(index)
        self._weights: dict[str, np.ndarray] | None = None

    @property
    def name(self) -> str:
        """Of its ONNX node."""
        return self._info["name"]

    @property
    def aliases(self) -> tuple[str, ...]:
        """The names of its weight and bias."""
        return self._info["aliases"]

    @property
    def scheme(self) -> str:
        """"none", "w8a8", "w8", "w4", "bf16", or what the file has made of it."""
        return self._info["scheme"]

    @property
    def granularity(self) -> str:
        """"per_tensor", "per_channel" or "blocked"; "none" for a float layer."""
        return self._info["granularity"]

    @property
    def n(self) -> int:
        """Output features."""
        return self._info["n"]

    @property
    def k(self) -> int:
        """Input features."""
        return self._info["k"]

    @property
    def bytes(self) -> int:
        """Of the weight as it is kept."""
        return self._info["bytes"]

    @property
    def kernel(self) -> str:
        """The kernel that computes it."""
        return self._info["kernel"]

    @property
    def declined(self) -> tuple[str, ...]:
        """"kernel: reason" of the kernels before it in the table, which do not take it."""
        return self._info["declined"]

    @property
    def layout(self) -> str:
        """Of the packed codes, for the curious; "plain" where they are not packed."""
        return self._info["layout"]

    @property
    def products(self) -> str:
        """What is multiplied: "int8", "bf16" or "f32"."""
        return self._info["products"]

    @property
    def reason(self) -> str:
        """Why the scheme is "none"; else ""."""
        return self._info["reason"]

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """The parts that there are, as `model.replace` takes them. Raises UnsupportedError for a float layer."""
        if self._weights is None:
            self._weights = self._model.weights(self.index)
        return dict(self._weights)

    @property
    def int_data(self) -> np.ndarray:
        """int8 or uint8 [N, K]: one code per element, also of narrower codes."""
        return self.weights["int_data"]

    @property
    def scale(self) -> np.ndarray:
        """float32 [N] or [1]; [N, blocks of K] where the granularity is "blocked"."""
        return self.weights["scale"]

    @property
    def zero_point(self) -> np.ndarray | None:
        """Like scale, of int_data's type or float32; None: the codes are symmetric."""
        return self.weights.get("zero_point")

    @property
    def smoothing(self) -> np.ndarray | None:
        """float32 [K], by which the activations are divided; None: they are not."""
        return self.weights.get("smoothing")

    def to_torchao(self) -> Any:
        """The weight as a tensor of PyTorch AO; see `octet.torchao`. Needs torch and torchao."""
        from octet import torchao

        return torchao.to_torchao(self)

    def __repr__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        return (f"<octet.Layer {self.name!r}: [{self.n}, {self.k}] {self.scheme}{reason}, {self.granularity}, "
                f"{self.bytes} bytes, {self.kernel}>")


class Layers(Mapping[str, Layer]):
    """A model's linear layers. Iteration gives the names of their ONNX nodes, in the order of the graph; a layer is found
    by that, and by the name of its weight or bias where no other layer has it."""

    __slots__ = ("_model",)

    def __init__(self, model: _native.Model) -> None:
        self._model = model

    def __getitem__(self, name: str) -> Layer:
        """Raises LayerNotFoundError (a KeyError) with near names, InvalidArgumentError for a name that layers share."""
        try:
            return Layer(self._model, self._model.find_layer(name))
        except NotFoundError as error:
            raise LayerNotFoundError(str(error)) from None

    def __contains__(self, name: object) -> bool:
        try:
            self._model.find_layer(name)
        except (NotFoundError, InvalidArgumentError):
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter([self._model.layer(index)["name"] for index in range(len(self))])

    def __len__(self) -> int:
        return self._model.layer_count()

    def __repr__(self) -> str:
        return f"<octet.Layers: {len(self)}>" + "".join(f"\n  {layer!r}" for layer in self.values())
