"""The command line as a user types it, and what it printed."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from api.cli import run


@dataclass(frozen=True, slots=True)
class Printed:
    """The exit code, and what went to standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


Typed = Callable[..., Printed]


@pytest.fixture
def streetwarden(capfd: pytest.CaptureFixture[str]) -> Typed:
    def type_in(*arguments: object) -> Printed:
        code = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Printed(code, out, err)

    return type_in
