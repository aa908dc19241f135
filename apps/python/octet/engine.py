"""Engines: the threads, memory and limits that models share; and what stops a run."""
from __future__ import annotations

import logging
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from octet import _native
from octet.errors import InvalidArgumentError

if TYPE_CHECKING:
    from octet.model import Model

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
_LARGEST = {"threads": 2**31 - 1}


class Memory(NamedTuple):
    """Bytes of Octet's own memory in the models, sessions and outputs of an engine."""

    in_use: int
    peak: int
    ceiling: int  # 0: none


class Engine:
    """Threads, memory and limits that models share. Several may live in one process; any thread may use one.

    Arguments, all by name:
        threads: that work on one run at once; default: the CPUs that this process may use.
        memory_ceiling: bytes that all models, sessions and outputs of the engine may take together; a call that would
            exceed it raises ResourceExhaustedError, and what there is stays usable. Default: none.
        memory_limit: bytes that one session may take for a run.
        log: a logging.Logger, or a function (level, text) with level "debug", "info" or "warning", called by the thread
            whose call it is about. It must not call Octet. What it raises goes to sys.unraisablehook.
        max_model_bytes, max_nodes, ...: limits on model files, the fields of octet_engine_options in octet.h.

    Raises InvalidArgumentError for an option or value that there is none of, UnsupportedError on a CPU without AVX2.
    """

    __slots__ = ("_native", "__weakref__")

    def __init__(self, *, threads: int | None = None, memory_ceiling: int | None = None, memory_limit: int | None = None,
                 log: logging.Logger | Callable[[str, str], object] | None = None, **limits: int) -> None:
        options = {"threads": threads, "memory_ceiling": memory_ceiling, "memory_limit": memory_limit, **limits}
        checked = {name: _count(name, value) for name, value in options.items() if value is not None}
        if isinstance(log, logging.Logger):
            log = _to_logger(log)
        elif log is not None and not callable(log):
            raise InvalidArgumentError(f"log is a {type(log).__name__}, expected a logging.Logger or a function (level, text)")
        self._native = _native.Engine(checked, log)

    def load(self, model: Any, **options: Any) -> Model:
        """`octet.load(model, engine=self, ...)`."""
        from octet.model import load

        return load(model, engine=self, **options)

    @property
    def threads(self) -> int:
        """How many threads work on one run."""
        return self._native.threads()

    @property
    def memory(self) -> Memory:
        """Bytes in use, their peak, and the ceiling. An output's memory counts until its array is gone."""
        return Memory(*self._native.memory())

    def __repr__(self) -> str:
        memory = self.memory
        ceiling = f" of {memory.ceiling / 1e6:.1f}" if memory.ceiling else ""
        return f"<octet.Engine: {self.threads} threads, {memory.in_use / 1e6:.1f}{ceiling} MB in use>"


class Cancel:
    """A switch that ends the runs and loads that are given it (`cancel=`): they raise CancelledError.

    Any thread may turn it; a run ends within some milliseconds, whatever it is computing.
    """

    __slots__ = ("_native", "__weakref__")

    def __init__(self) -> None:
        self._native = _native.Cancel()

    def request(self) -> None:
        """Ends the calls that are going on, and those to come."""
        self._native.request()

    def reset(self) -> None:
        """Lets calls to come go through again."""
        self._native.reset()

    @property
    def requested(self) -> bool:
        return self._native.requested()

    def __repr__(self) -> str:
        return f"<octet.Cancel: {'requested' if self.requested else 'off'}>"


_default: Engine | None = None


def default_engine() -> Engine:
    """The engine of `octet.load` where none is given: made at its first use, with all defaults."""
    global _default  # no lock, which a fork could leave locked: at worst two threads get an engine each
    if _default is None:
        _default = Engine()
    return _default


def native_cancel(cancel: Cancel | None) -> _native.Cancel | None:
    if cancel is None:
        return None
    if not isinstance(cancel, Cancel):
        raise InvalidArgumentError(f"cancel is a {type(cancel).__name__}, expected an octet.Cancel")
    return cancel._native


def milliseconds(timeout: float | None) -> float:
    """Seconds as the C API's milliseconds; 0: none."""
    if timeout is None:
        return 0.0
    try:
        seconds = float(timeout)
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(f"timeout is {timeout!r}, expected seconds or None") from error
    if not seconds > 0:
        raise InvalidArgumentError(f"timeout is {timeout!r}, expected seconds greater than 0, or None for no limit")
    return seconds * 1e3


def _count(name: str, value: Any) -> int:
    try:
        number = operator.index(value)
    except TypeError as error:
        raise InvalidArgumentError(f"{name} is {value!r}, expected an integer") from error
    largest = _LARGEST.get(name, 2**63 - 1)
    if not 0 <= number <= largest:
        raise InvalidArgumentError(f"{name} is {number}, expected 1 to {largest}, or 0 for the default")
    return number


def _to_logger(logger: logging.Logger) -> Callable[[str, str], object]:
    return lambda level, text: logger.log(_LEVELS[level], "%s", text)
