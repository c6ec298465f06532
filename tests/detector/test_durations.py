"""Lengths of time: one grammar, whoever reads it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0s", timedelta(0)),
        ("500ms", timedelta(milliseconds=500)),
        ("90s", timedelta(seconds=90)),
        ("1.5h", timedelta(minutes=90)),
        ("2min", timedelta(minutes=2)),
        ("5M", timedelta(minutes=5)),
        ("1h30m", timedelta(minutes=90)),
        (" 1h 30 min ", timedelta(minutes=90)),
        ("7d", timedelta(days=7)),
        ("1d2h3m4s5ms", timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=5)),
    ],
)
def test_what_people_write(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text",
    ["", " ", "soon", "-1s", "+1s", "1e3s", "30m1h", "1s 2s", "1 h x", "s", "1.s", ".5s", "99999999999d", None],
)
def test_what_names_no_length_of_time(text: object) -> None:
    with pytest.raises(ValueError, match="no length of time: write"):
        parse_duration(text)


def test_a_number_alone_means_seconds() -> None:
    assert parse_duration("300") == parse_duration(300) == timedelta(minutes=5)


def test_what_no_timedelta_can_hold_is_refused() -> None:
    assert parse_duration("999999999d") == timedelta(days=999999999)
    with pytest.raises(ValueError, match="longer than"):
        parse_duration("999999999d 24h")


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=90_000)))
def test_every_length_can_be_written(length: timedelta) -> None:
    days, rest = divmod(length, timedelta(days=1))
    hours, rest = divmod(rest, timedelta(hours=1))
    minutes, rest = divmod(rest, timedelta(minutes=1))
    seconds, rest = divmod(rest, timedelta(seconds=1))
    text = f"{days}d{hours}h{minutes}m{seconds}s{rest / timedelta(milliseconds=1)}ms"
    assert parse_duration(text) == length


@given(st.text(max_size=20))
def test_any_text_is_a_length_or_one_line(text: str) -> None:
    try:
        found: timedelta | str = parse_duration(text)
    except ValueError as error:
        found = str(error)
    assert "\n" not in found if isinstance(found, str) else found >= timedelta(0)
