"""Sessions: the memory of one run at a time, kept for the next."""
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from octet import _native
from octet.engine import Cancel, milliseconds, native_cancel
from octet.errors import InvalidArgumentError

if TYPE_CHECKING:
    from octet.model import Model


class Session:
    """The memory of one run at a time: for a loop that runs one model again and again, into the same arrays.

    Arguments:
        model: may be closed afterwards; the session keeps what it needs.
        outputs: arrays that every run writes to, by output name; see `bind`.
        profile: see `set_profile`.

    One thread at a time: a call while another is going on raises InvalidArgumentError. Sessions run beside each other.
    """

    __slots__ = ("_native", "_outputs", "__weakref__")

    def __init__(self, model: Model, outputs: Mapping[str, Any] | None = None, *, profile: bool = False) -> None:
        self._native = _native.Session(_native_model(model))
        self._outputs: dict[str, Any] = {}
        self.bind(outputs or {})
        if profile:
            self.set_profile(True)

    def bind(self, outputs: Mapping[str, Any]) -> None:
        """From now on runs write these outputs to these arrays, which are checked by each run; others get new arrays.
        What was bound before is not any more."""
        self._outputs = dict(outputs)

    def run(self, inputs: Mapping[str, Any], *, cancel: Cancel | None = None,
            timeout: float | None = None) -> dict[str, Any]:
        """As `Model.run`; a bound output is its array itself."""
        return self._native.run(inputs if type(inputs) is dict else dict(inputs), self._outputs or None,
                                native_cancel(cancel), milliseconds(timeout))

    def rebind(self, model: Model) -> None:
        """Moves the session to a model that was replaced from its own; raises InvalidArgumentError for any other."""
        self._native.rebind(_native_model(model))

    def set_profile(self, enable: bool) -> None:
        """Times every kernel call of the runs to come, or stops. What was measured before is dropped."""
        self._native.set_profile(bool(enable))

    def profile(self) -> dict[str, Any]:
        """What was measured since: {"runs", "threads", "nodes": [{"node", "op", "kernel", "step", "calls",
        "microseconds", "rows", "multiply_adds"}, ...]}, summed over calls and threads."""
        return json.loads(self._native.profile())

    def trace(self) -> dict[str, Any]:
        """The same call by call, as a Chrome trace: json.dump it to a file for chrome://tracing."""
        return json.loads(self._native.trace())

    @property
    def memory(self) -> int:
        """Bytes that the session holds for its runs."""
        return self._native.memory()

    def close(self) -> None:
        """Frees the session when its run has ended; every later use raises InvalidArgumentError."""
        self._native.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _native_model(model: Any) -> _native.Model:
    from octet.model import Model

    if not isinstance(model, Model):
        raise InvalidArgumentError(f"model is a {type(model).__name__}, expected an octet.Model")
    return model._native
