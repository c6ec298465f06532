"""Subtitle text in all the encodings and shapes in which it is found."""

import pytest

from streams.telemetry.cues import Cue, cues, decode

TEXT = "1\r\n00:00:00,066 --> 00:00:00,100\r\n2.7° hello\r\n\r\n2\r\n00:00:00.100 --> 00:00:00.133\r\nworld\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_encodings(encoding: str) -> None:
    found = list(cues(decode(TEXT.encode(encoding))))
    assert found == [Cue(1, 0.066, "2.7° hello"), Cue(2, 0.1, "world")]


def test_a_late_start_is_a_late_start() -> None:
    (cue,) = cues("7\n00:15:04,904 --> 00:15:05,905\nx\n")
    assert cue == Cue(7, 904.904, "x")


def test_cues_without_times_are_cut_at_their_numbers() -> None:
    found = list(cues("1\n2017.08.05\n[a]\n\n2\n2017.08.05\n[b]\n"))
    assert found == [Cue(1, None, "2017.08.05 [a]"), Cue(2, None, "2017.08.05 [b]")]


def test_cues_without_empty_lines_between_them() -> None:
    found = list(cues("1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:02,000 --> 00:00:03,000\nb"))
    assert [cue.text for cue in found] == ["a", "b"]


def test_cues_without_numbers() -> None:
    found = list(cues("00:00:01,000 --> 00:00:02,000\na\n\n00:00:02,000 --> 00:00:03,000\nb"))
    assert [(cue.number, cue.text) for cue in found] == [(1, "a"), (2, "b")]


def test_nothing_gives_nothing() -> None:
    assert list(cues("")) == []
    assert list(cues("\n\n")) == []
