"""Which known stalls were put before a reviewer, how late, and what was none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.vision.detections import Box
from training.errors import SequenceInvalid
from training.evaluation.place_scores import Handed, agreement, poisson_interval, score_places
from training.evaluation.sequence import KnownStall, PictureSequence, TimedPicture, frames_of, read_sequence

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
STALL: Box = (0.2, 0.2, 0.4, 0.6)
OTHER: Box = (0.7, 0.2, 0.9, 0.6)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def sequence(*stalls: KnownStall, minutes: float = 60) -> PictureSequence:
    return PictureSequence("camera", (TimedPicture(Path("a"), at(0)), TimedPicture(Path("b"), at(minutes))), stalls)


def handed(key: str, minutes: float, box: Box) -> Handed:
    return Handed(key, at(minutes), box, "model", 0.9)


def test_found_missed_doubled_and_false_are_told_apart() -> None:
    stalls = (KnownStall(STALL), KnownStall(OTHER))
    places = [handed("a", 4, STALL), handed("b", 9, (0.21, 0.2, 0.4, 0.58)), handed("c", 5, (0.45, 0.7, 0.6, 0.9))]
    score = score_places(sequence(*stalls), places)
    assert score.late_s == (240.0, None)
    assert (score.found, score.doubled, [one.key for one in score.false]) == (1, 1, ["c"])
    assert score.false_per_day == pytest.approx(24)
    low, high = score.false_interval
    assert low < 24 < high


def test_lateness_counts_from_the_arrival_and_before_it_a_place_is_false() -> None:
    comes = KnownStall(STALL, since=at(10), until=at(30))
    assert score_places(sequence(comes), [handed("a", 14, STALL)]).late_s == (240.0,)
    early, late = (score_places(sequence(comes), [handed("a", when, STALL)]) for when in (5, 40))
    assert len(early.false) == len(late.false) == 1
    assert early.found == late.found == 0


def test_a_parasol_shows_its_stall_but_a_speck_or_a_whole_pavement_does_not() -> None:
    assert agreement((0.2, 0.2, 0.4, 0.35), STALL) == pytest.approx(1)
    assert agreement((0.3, 0.3, 0.31, 0.31), STALL) < 0.2
    assert agreement((0.0, 0.0, 1.0, 1.0), STALL) < 0.2


@given(st.integers(0, 40))
def test_the_interval_holds_its_count_and_fits_the_known_table(count: int) -> None:
    low, high = poisson_interval(count)
    assert 0 <= low <= count < high
    if count == 0:
        assert high == pytest.approx(3.689, abs=0.001)
    if count == 4:
        assert (low, high) == pytest.approx((1.090, 10.242), abs=0.001)


def save(
    folder: Path, times: list[str], stalls: str = "0 0.3 0.4 0.2 0.4\n", sizes: tuple[int, ...] = (64, 64)
) -> Path:
    (folder / "images").mkdir(parents=True)
    rows = ["picture\ttime"]
    for number, (time, size) in enumerate(zip(times, sizes, strict=True)):
        cv2.imwrite(str(folder / "images" / f"{number}.png"), np.zeros((size, size, 3), np.uint8))
        rows.append(f"{number}.png\t{time}")
    (folder / "times.tsv").write_text("\n".join(rows) + "\n")
    (folder / "stalls.txt").write_text(stalls)
    return folder


TIMES = ["2026-11-23T08:00:00+08:00", "2026-11-23T08:00:05+08:00"]


def test_a_sequence_is_read_and_squeezed_pictures_get_their_shape_back(tmp_path: Path) -> None:
    came = f"0 0.3 0.4 0.2 0.4 {TIMES[0]} {TIMES[1]}\n"
    read = read_sequence(save(tmp_path / "s", TIMES, came))
    assert read.seconds == 5
    assert read.stalls[0].box == pytest.approx(STALL)
    assert read.stalls[0].until == read.pictures[1].at
    assert [(frame.width, frame.height) for frame in frames_of(read, 16 / 9)] == [(114, 64)] * 2


@pytest.mark.parametrize(
    ("times", "stalls", "said"),
    [
        (TIMES[::-1], "", r"times.tsv:3: .* earlier than the line before"),
        (["today", TIMES[1]], "", r"times.tsv:2: 'today' is no time"),
        (["2026-11-23T08:00:00", TIMES[1]], "", r"times.tsv:2: .* needs its offset"),
        (TIMES, "0 0.3 0.4 0.2\n", r"stalls.txt:1: write `class x y w h`"),
        (TIMES, "0 0.3 0.4 nan 0.4\n", r"stalls.txt:1: the box is not in shares"),
        (TIMES[:1], "", r"holds 1 pictures"),
    ],
)
def test_a_bad_sequence_is_refused_with_file_and_line(tmp_path: Path, times: list[str], stalls: str, said: str) -> None:
    with pytest.raises(SequenceInvalid, match=said):
        read_sequence(save(tmp_path / "s", times, stalls, (64,) * len(times)))


def test_views_of_different_size_are_refused_and_so_are_names_that_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(SequenceInvalid, match=r"1.png: is 32x32, those before it 64x64"):
        list(frames_of(read_sequence(save(tmp_path / "s", TIMES, sizes=(64, 32)))))
    times = tmp_path / "s" / "times.tsv"
    times.write_text(times.read_text().replace("1.png", "../times.tsv"))
    with pytest.raises(SequenceInvalid, match=r"times.tsv:3: there is no picture"):
        read_sequence(tmp_path / "s")
