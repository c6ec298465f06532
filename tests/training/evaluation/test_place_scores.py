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


edges = st.floats(0, 1).map(lambda value: round(value, 3))
spans = st.tuples(edges, edges, edges, edges).filter(lambda b: abs(b[0] - b[2]) > 0.01 and abs(b[1] - b[3]) > 0.01)
rectangles = spans.map(lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3])))


@given(rectangles, rectangles)
def test_agreement_is_a_share_and_whole_only_with_the_same_or_within(box: Box, stall: Box) -> None:
    share = agreement(box, stall)
    assert 0 <= share <= 1 + 1e-9
    assert agreement(stall, stall) == pytest.approx(1)
    apart = box[2] <= stall[0] or box[0] >= stall[2] or box[3] <= stall[1] or box[1] >= stall[3]
    if apart:
        assert share == 0


@pytest.mark.parametrize(
    ("box", "share"),
    [
        ((0.2, 0.2, 0.4, 0.242), 1.0),  # more than a tenth of the stall, within it
        ((0.2, 0.2, 0.4, 0.238), 0.095),  # less: only what both share counts
        ((0.1, 0.2, 0.3, 0.6), 1 / 3),  # half outside
        ((0.142, 0.2, 0.342, 0.4), 0.71),  # just enough of it inside
        ((0.12, 0.2, 0.32, 0.4), 0.25),  # not enough inside
        ((0.4, 0.2, 0.6, 0.6), 0.0),  # beside it
        ((0.3, 0.3, 0.3, 0.3), 0.0),  # without area
    ],
)
def test_agreement_by_hand(box: Box, share: float) -> None:
    assert agreement(box, STALL) == pytest.approx(share, abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 60)), max_size=12))
def test_every_place_counts_once_as_found_doubled_or_false(told: list[tuple[int, float]]) -> None:
    where = (STALL, OTHER, (0.45, 0.7, 0.6, 0.9), (0.0, 0.0, 0.05, 0.05))
    places = [handed(str(n), minutes, where[spot]) for n, (spot, minutes) in enumerate(told)]
    scored = score_places(sequence(KnownStall(STALL), KnownStall(OTHER)), places)
    assert scored.found + scored.doubled + len(scored.false) == len(places)
    assert scored.found == len({spot for spot, _ in told if spot < 2})
    for spot, late in enumerate(scored.late_s):
        first = min((minutes for at_spot, minutes in told if at_spot == spot), default=None)
        assert late == (None if first is None else pytest.approx(first * 60, abs=1e-3))


def test_a_place_is_given_to_the_stall_that_it_overlaps_most() -> None:
    near = KnownStall((0.25, 0.2, 0.45, 0.6))
    scored = score_places(sequence(KnownStall(STALL), near), [handed("a", 5, (0.24, 0.2, 0.44, 0.6))])
    assert scored.late_s == (None, 300.0)


def test_a_stall_that_has_just_left_may_still_be_told() -> None:
    gone = KnownStall(STALL, until=at(30))
    just, late = (score_places(sequence(gone), [handed("a", minutes, STALL)]) for minutes in (35, 35.1))
    assert (just.found, len(just.false)) == (1, 0)
    assert (late.found, len(late.false)) == (0, 1)


def test_one_that_stood_there_before_the_first_picture_is_late_from_the_first_picture() -> None:
    early = KnownStall(STALL, since=at(-600))
    assert score_places(sequence(early), [handed("a", 2, STALL)]).late_s == (120.0,)


def test_nothing_known_and_nothing_told_is_nothing() -> None:
    scored = score_places(sequence(minutes=1440), [])
    assert (scored.stalls, scored.found, scored.doubled, scored.false, scored.days) == (0, 0, 0, (), 1.0)
    assert scored.false_per_day == 0
    assert scored.false_interval == pytest.approx((0, 3.689), abs=0.001)


def test_half_a_day_doubles_the_false_places_of_a_day() -> None:
    false = [handed(str(n), n, (0.45, 0.7, 0.6, 0.9)) for n in range(3)]
    whole, half = (score_places(sequence(minutes=minutes), false) for minutes in (1440, 720))
    assert half.false_per_day == pytest.approx(2 * whole.false_per_day)
    assert half.false_interval == pytest.approx(tuple(2 * end for end in whole.false_interval))


@given(st.integers(0, 60), st.floats(0.5, 0.99))
def test_a_surer_interval_is_wider_and_a_larger_count_lies_higher(count: int, share: float) -> None:
    low, high = poisson_interval(count, share)
    wide_low, wide_high = poisson_interval(count, 0.995)
    next_low, next_high = poisson_interval(count + 1, share)
    assert wide_low <= low
    assert high <= wide_high
    assert low < next_low
    assert high < next_high
