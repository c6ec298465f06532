"""Subtitle text in all the encodings and shapes in which it is found."""

import pytest

from streams.telemetry.cues import Cue, cues, decode, unjoined

TEXT = "1\r\n00:00:00,066 --> 00:00:00,100\r\n2.7° hello\r\n\r\n2\r\n00:00:00.100 --> 00:00:00.133\r\nworld\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_encodings(encoding: str) -> None:
    found = list(cues(decode(TEXT.encode(encoding))))
    assert found == [Cue(1, 0.066, "2.7° hello"), Cue(2, 0.1, "world")]


def test_signs_of_chinese_keyboards_are_read_as_those_of_others_and_no_sign_as_another() -> None:
    text = "－３４．７：５　６\u2212７\u202f８º，５０²㎡½ﬁ"
    assert decode(text.encode()) == "-34.7:5 6-7 8°,50²㎡½ﬁ"
    assert decode(text.encode("utf-16")) == decode(text.encode())
    assert decode("2.7º".encode("latin-1")) == "2.7°"


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


def test_a_dialogue_of_ass_loses_its_dress_and_keeps_its_commas() -> None:
    line = r"Dialogue: 0,0:00:01.50,0:00:02.00,Default,,0,0,0,,{\an1}GPS(1,2)\NISO: 100"
    (cue,) = cues(f"[Events]\nFormat: Layer, Start\n{line}\n")
    assert (cue.number, cue.start, cue.end, cue.text) == (1, 1.5, 2.0, "GPS(1,2) ISO: 100")


@pytest.mark.parametrize(
    ("written", "seconds"), [("00:01,5", 1.5), ("1:00:00.25", 3600.25), ("100:00:01,005", 360001.005)]
)
def test_clocks_with_and_without_hours(written: str, seconds: float) -> None:
    (cue,) = cues(f"{written} --> {written}\nx")
    assert cue.start == pytest.approx(seconds)
    assert cue.end == pytest.approx(seconds)


def test_a_number_in_the_text_begins_no_cue() -> None:
    (cue,) = cues("1\n00:00:01,000 --> 00:00:02,000\nISO\n100\nf/2.8")
    assert cue.text == "ISO 100 f/2.8"


def test_a_place_can_be_looked_for() -> None:
    assert Cue(3, 1.5, "x").place == "block 3 at 1.500 s"
    assert Cue(3, None, "x").place == "block 3"


def test_recordings_that_were_joined_follow_each_other() -> None:
    first = [Cue(1, 0.0, "a", 1.0), Cue(2, 1.0, "b", 2.0)]
    again = [Cue(1, 0.5, "c", 1.5), Cue(2, 1.5, "d", 2.5)]
    found = unjoined([*first, *again, Cue(1, 0.0, "e", 1.0)])
    assert [(cue.start, cue.end, cue.part) for cue in found] == [
        (0.0, 1.0, 0), (1.0, 2.0, 0), (2.5, 3.5, 1), (3.5, 4.5, 1), (4.5, 5.5, 2),
    ]  # fmt: skip


def test_a_line_a_moment_too_early_begins_no_other_recording() -> None:
    found = unjoined([Cue(1, 0.0, "a"), Cue(2, 5.0, "b"), Cue(3, 4.2, "c"), Cue(4, None, "d")])
    assert [(cue.start, cue.part) for cue in found] == [(0.0, 0), (5.0, 0), (4.2, 0), (None, 0)]
    assert unjoined([]) == []


def test_what_was_joined_to_more_than_ten_days_is_no_recording() -> None:
    long = [Cue(1, 0.0, "x"), Cue(2, 5.0, "y", 900_000.0)]
    assert unjoined([*long, Cue(1, 0.0, "z"), Cue(2, 1.0, "z")]) == long
