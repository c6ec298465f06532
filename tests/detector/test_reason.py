"""Reasons are put into words, whatever they hold."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.reason import LEGACY, Reason, duration, say
from detector.rules.wording import TEXTS, english


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason("stood", {"dwell_s": 372.0, "allowed_s": 300}), "has stood 6 min 12 s, 5 min are allowed"),
        (
            Reason("within_hours", {"at": "2026-11-23T19:05:00+08:00", "hours": "19:00-25:00"}),
            "19:05 local time is within the permitted hours 19:00-25:00",
        ),
        (Reason("has_permit", {"permit": "P-1", "distance_m": 3.14}), "has permit P-1, 3.1 m away"),
        (Reason("inside_zone", {"zone": "50 % of %(x)s", "kind": "lane"}), "inside zone 50 % of %(x)s (lane)"),
        (Reason(LEGACY, {"text": "stands on a road, 100 % sure"}), "stands on a road, 100 % sure"),
        (Reason("what_nobody_knows"), "what nobody knows"),
        (Reason("has_permit", {"permit": "P-1"}), "has permit P-1, ? m away"),
    ],
)
def test_reasons_in_words(reason: Reason, text: str) -> None:
    assert english(reason) == text
    assert english(Reason(**json.loads(json.dumps({"code": reason.code, "params": reason.params})))) == text


def test_another_language_translates_the_sentence_and_the_units() -> None:
    chinese = {TEXTS["stood"]: "已停留 %(dwell_s)s，允许 %(allowed_s)s", "%d s": "%d 秒", "%d min": "%d 分"}
    reason = Reason("stood", {"dwell_s": 61, "allowed_s": 5})
    assert say(reason, TEXTS, lambda text: chinese[text]) == "已停留 1 分 1 秒，允许 5 秒"


@given(st.sampled_from(sorted(TEXTS)), st.dictionaries(st.text(), st.none() | st.text() | st.integers() | st.floats()))
def test_no_parameter_breaks_a_sentence(code: str, params: dict[str, str | int | float | None]) -> None:
    params.pop("at", None)  # a time is one of ours
    lengths = {name: value for name, value in params.items() if not name.endswith("_s")}
    assert english(Reason(code, lengths))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.9, "59 s"), (372, "6 min 12 s"), (7500, "2 h 5 min"), (90061, "1 d 1 h")]
)
def test_durations_have_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
