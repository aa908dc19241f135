"""Exceptions: one class for each status of the C API, all of them `octet.Error`.

The message is the library's: where it happened, what was found, what was expected, what to do.
"""


class Error(Exception):
    """Any failure of Octet. `status` is the number that the C API has for it."""

    status = 8


class InvalidArgumentError(Error, ValueError):
    """What the caller passed is wrong: a name, type, shape or value, or a closed model."""

    status = 1


class InvalidModelError(Error, ValueError):
    """The model file is malformed."""

    status = 2


class UnsupportedError(Error, NotImplementedError):
    """Well-formed, but Octet cannot do it: an operator, a type, a kernel for these weights."""

    status = 3


class NotFoundError(Error, LookupError):
    """No such file or layer."""

    status = 4


class ModelNotFoundError(NotFoundError, FileNotFoundError):
    """No model file of this name."""


class LayerNotFoundError(NotFoundError, KeyError):
    """No layer of this name; the message has the names that come nearest."""

    __str__ = Exception.__str__  # KeyError's shows the message quoted


class ResourceExhaustedError(Error, MemoryError):
    """Out of memory, or beyond a limit or the engine's memory ceiling."""

    status = 5


class FileError(Error, OSError):
    """A file cannot be read or written."""

    status = 6


class CancelledError(Error):
    """A run or load that was given a `Cancel` on which request() was called."""

    status = 7


class InternalError(Error, RuntimeError):
    """A bug of Octet."""

    status = 8


class DeadlineExceededError(Error, TimeoutError):
    """The `timeout` of a run or load was over before its end."""

    status = 9


_BY_STATUS = {
    kind.status: kind
    for kind in (InvalidArgumentError, InvalidModelError, UnsupportedError, NotFoundError, ResourceExhaustedError,
                 FileError, CancelledError, InternalError, DeadlineExceededError)
}


def make_error(status: int, message: str) -> Error:
    """The exception for a status of the C API, not raised."""
    return _BY_STATUS.get(status, InternalError)(message)
