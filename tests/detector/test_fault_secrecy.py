"""A fault says what is wrong and never what stood there: the value may be a password, or a page of one."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, cast, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AnyUrl, AwareDatetime, Field, FilePath, Json, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from detector.input_faults import in_words

SECRET = "hunter2secret"
NO_TEXT_IS_THIS = "is not what stands here"


class Transport(Enum):
    """How pictures come."""

    TCP = "tcp"
    UDP = "udp"


def told(kind: object, value: object) -> list[str]:
    """Return the faults of a value in words."""
    adapter = TypeAdapter(cast("type[object]", kind))  # what is annotated is no class
    with pytest.raises(ValidationError) as raised:
        adapter.validate_python(value)
    return [in_words(fault) for fault in raised.value.errors()]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (int, "is not a whole number"),
        (float, "is not a number"),
        (Decimal, "is not a number"),
        (bool, "must be true or false"),
        (date, "is no day: write it like 2026-11-20"),
        (datetime, "is no time: write it like 2026-11-20T10:00:00+08:00"),
        (AwareDatetime, "is no time: write it like 2026-11-20T10:00:00+08:00"),
        (timedelta, "is no length of time: write it like 90s"),
        (UUID, "is no id"),
        (AnyUrl, "is no address: write it like https://example.org/path"),
        (FilePath, "is no file"),
        (Json[int], "is no JSON"),
        (list[int], "must be a list, like [a, b]"),
        (tuple[int, ...], "must be a list, like [a, b]"),
        (set[int], "must be a list, like [a, b]"),
        (dict[str, int], "must be keys with values"),
        (None, "must be left out"),
        (Transport, "must be 'tcp' or 'udp'"),
        (Annotated[str, Field(max_length=3)], "must have at most 3 letters"),
        (Annotated[str, Field(min_length=99)], "must have at least 99 letters"),
        (Annotated[str, Field(pattern="^[0-9]$")], "holds signs that are not allowed here"),
        (IPv4Address, NO_TEXT_IS_THIS),
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_in_our_words_and_not_repeated(kind: object, words: str) -> None:
    assert told(kind, SECRET) == [words]


@given(st.sampled_from(get_args(ErrorType)), st.text(min_size=1))
def test_every_kind_of_the_library_has_words_of_ours(kind: str, value: str) -> None:
    """Also those that no form of ours raises today: what comes with the next version of a form must not leak."""
    own = ("value_error", "assertion_error", "literal_error", "enum")
    fault = ErrorDetails(type=kind, loc=("x",), msg=f"Input should be 7 {SECRET} {value}", input=value)
    if kind not in own:
        assert SECRET not in in_words(fault)
        assert "Input" not in in_words(fault)
        assert in_words(fault)


@given(st.floats(-1e9, 1e9, allow_nan=False), st.floats(1, 1e6))
def test_a_limit_is_told_by_its_own_number_not_by_that_of_the_value(limit: float, beyond: float) -> None:
    above: object = Annotated[float, Field(le=limit)]
    below: object = Annotated[float, Field(ge=limit)]
    for kind, value, words in ((above, limit + beyond, "at most"), (below, limit - beyond, "at least")):
        (said,) = told(kind, value)
        assert said.startswith(f"must be {words} ")
        assert float(said.rpartition(" ")[2]) == pytest.approx(limit)


def test_the_faults_of_inner_parts_are_said_one_by_one() -> None:
    assert told(dict[str, list[int]], {"a": [1, SECRET], SECRET: "x"}) == [
        "is not a whole number",
        "must be a list, like [a, b]",
    ]


def test_a_file_that_is_missing_is_not_named(tmp_path: Path) -> None:
    assert told(FilePath, str(tmp_path / SECRET)) == ["is no file"]
