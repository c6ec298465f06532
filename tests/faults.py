"""A process that dies at its nth step on the disk: what is left must be the state before, or the state after."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

STEPS = ("fsync", "open", "link", "mkdir", "rename", "replace", "unlink", "rmdir")
"""Functions of `os` that change a disk, or open what will be changed."""


class Killed(BaseException):
    """Nothing catches it, and nothing after it happens."""


@contextmanager
def dying_at(step: int, error: Callable[[], BaseException]) -> Iterator[list[str]]:
    """Raise `error` at the nth of STEPS, and at every later one: a dead process, and a full disk, stay so.

    Gives the list of the steps that were reached.
    """
    reached: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, _counted(name, getattr(os, name), reached, step, error))
        yield reached


def _counted(
    name: str,
    real: Callable[..., object],
    reached: list[str],
    step: int,
    error: Callable[[], BaseException],
) -> Callable[..., object]:
    def counted(*arguments: object, **named: object) -> object:
        reached.append(name)
        if len(reached) > step:
            raise error()
        return real(*arguments, **named)

    return counted


def killed() -> BaseException:
    """The process is gone."""
    return Killed()


def disk_full() -> BaseException:
    """No room left."""
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under a folder but locks and what a process that died left half-written."""
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            found[str(inside)] = path.read_bytes()
    return found
