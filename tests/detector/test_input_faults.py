"""Faults in our words: no text of the checking library reaches a person, whatever is wrong."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, ValidationError, field_validator

from detector.input_faults import in_words

THEIRS = ("Input should", "Field required", "String should", "Value error", "should be", "Extra inputs", "validation")


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    word: Annotated[str, Field(pattern="^[a-z]+$", min_length=2, max_length=5)] = "abc"
    number: Annotated[float, Field(ge=0, lt=9, allow_inf_nan=False)] = 1.0
    whole: Annotated[int, Field(gt=0, le=9)] = 1
    one_of: Literal["tcp", "udp"] = "tcp"
    several: Annotated[list[int], Field(min_length=1, max_length=3)] = Field(default_factory=lambda: [1])
    at: AwareDatetime | None = None
    wall: datetime | None = None
    day: date | None = None
    key: UUID | None = None
    url: HttpUrl | None = None
    sure: bool = True
    inner: "Form | None" = None
    our_own: str = ""

    @field_validator("our_own")
    @classmethod
    def _ours(cls, value: str) -> str:
        if value:
            raise ValueError("write nothing here")
        return value


def said(**values: object) -> list[str]:
    with pytest.raises(ValidationError) as raised:
        Form.model_validate(values)
    return [in_words(fault) for fault in raised.value.errors()]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"word": "A B"}, "holds signs that are not allowed here"),
        ({"word": None}, "must be a text"),
        ({"word": "a"}, "must have at least 2 letters"),
        ({"number": "x"}, "is not a number"),
        ({"number": -1}, "must be at least 0"),
        ({"whole": "1.5"}, "is not a whole number"),
        ({"whole": 11}, "must be at most 9"),
        ({"one_of": "http"}, "must be 'tcp' or 'udp'"),
        ({"several": "1"}, "must be a list, like [a, b]"),
        ({"several": []}, "must have at least 1 values"),
        ({"at": "2026-11-20T10:00:00"}, "has no time zone: write it like 2026-11-20T10:00:00+08:00"),
        ({"day": "2026-13-40"}, "is no day: write it like 2026-11-20"),
        ({"sure": "perhaps"}, "must be true or false"),
        ({"colour": 1}, "unknown key"),
        ({"our_own": "x"}, "write nothing here"),
    ],
)
def test_what_is_wrong_is_said(values: dict[str, object], words: str) -> None:
    assert said(**values) == [words]


FIELDS = sorted(Form.model_fields)


@given(
    st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.none() | st.text() | st.integers() | st.lists(st.floats()))
)
def test_no_word_of_the_library_is_shown(values: dict[str, object]) -> None:
    try:
        Form.model_validate(values)
    except ValidationError as error:
        for fault in error.errors():
            assert not any(theirs in in_words(fault) for theirs in THEIRS), fault
