"""Recorded sequences: times with their offsets, boxes in shares, and every fault with file and line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.errors import SequenceInvalid
from training.evaluation.sequence import frames_of, read_sequence

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
share = st.floats(0.01, 1).map(lambda value: round(value, 4))


def save(folder: Path, lines: list[str], stalls: str = "", names: tuple[str, ...] = ("a.png", "b.png")) -> Path:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for name in names:
        assert cv2.imwrite(str(folder / "images" / name), np.zeros((8, 8, 3), np.uint8))
    (folder / "times.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "stalls.txt").write_text(stalls, encoding="utf-8")
    return folder


def rows(*times: str, head: str = "picture\ttime") -> list[str]:
    return [head, *(f"{name}\t{time}" for name, time in zip(("a.png", "b.png"), times, strict=False))]


EIGHT, NINE = "2026-11-23T08:00:00+08:00", "2026-11-23T09:00:00+08:00"


def test_times_of_several_offsets_are_compared_as_instants(tmp_path: Path) -> None:
    read = read_sequence(save(tmp_path / "cam-7", rows("2026-11-23T08:00:00+08:00", "2026-11-23T00:00:01+00:00")))
    assert read.seconds == 1
    assert read.name == "cam-7"
    with pytest.raises(SequenceInvalid, match=r"times\.tsv:3: .*earlier"):
        read_sequence(save(tmp_path / "b", rows("2026-11-23T08:00:00+00:00", "2026-11-23T09:00:00+08:00")))


def test_two_pictures_of_one_moment_are_in_order(tmp_path: Path) -> None:
    assert read_sequence(save(tmp_path / "s", rows(EIGHT, EIGHT))).seconds == 0


def test_empty_lines_do_not_shift_the_line_that_is_named(tmp_path: Path) -> None:
    lines = ["picture\ttime", "", f"a.png\t{NINE}", "", f"b.png\t{EIGHT}"]
    with pytest.raises(SequenceInvalid, match=r"times\.tsv:5: "):
        read_sequence(save(tmp_path / "s", lines))
    with pytest.raises(SequenceInvalid, match=r"stalls\.txt:4: write"):
        read_sequence(save(tmp_path / "t", rows(EIGHT, NINE), "\n0 0.5 0.5 0.1 0.1\n\n0 0.5\n"))


def test_a_quotation_mark_in_a_name_is_part_of_it(tmp_path: Path) -> None:
    lines = ["picture\ttime", f'"a.png\t{EIGHT}', f"b.png\t{NINE}"]
    read = read_sequence(save(tmp_path / "s", lines, names=('"a.png', "b.png")))
    assert [picture.path.name for picture in read.pictures] == ['"a.png', "b.png"]


def test_a_line_that_no_table_can_have_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SequenceInvalid, match=r"times\.tsv: is no table"):
        read_sequence(save(tmp_path / "s", ["picture\ttime", "x" * 200_000]))


def test_further_columns_and_their_order_do_not_matter(tmp_path: Path) -> None:
    lines = ["weather\ttime\tpicture", f"rain\t{EIGHT}\ta.png", f"sun\t{NINE}\tb.png"]
    assert read_sequence(save(tmp_path / "s", lines)).seconds == 3600


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["file\ttime", f"a.png\t{EIGHT}"], r"times\.tsv:2: needs the columns picture and time"),
        (["picture,time", f"a.png,{EIGHT}"], r"times\.tsv:2: needs the columns"),
        (["picture\ttime", "a.png"], r"times\.tsv:2: needs the columns"),
        (["picture\ttime", f"\t{EIGHT}"], r"times\.tsv:2: needs the columns"),
        (rows(EIGHT, "09:00"), r"times\.tsv:3: '09:00' is no time"),
        (["picture\ttime", f"../times.tsv\t{EIGHT}"], r"times\.tsv:2: there is no picture \.\./times\.tsv"),
        (["picture\ttime", f"/etc/hostname\t{EIGHT}"], r"times\.tsv:2: there is no picture"),
        (["picture\ttime", f"..\t{EIGHT}"], r"times\.tsv:2: there is no picture"),
        (["picture\ttime", f"c.png\t{EIGHT}"], r"times\.tsv:2: there is no picture c\.png"),
        (["picture\ttime"], r"holds 0 pictures; a sequence needs at least two"),
        ([], r"holds 0 pictures"),
    ],
)
def test_a_bad_table_is_named_with_its_line(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(SequenceInvalid, match=said):
        read_sequence(save(tmp_path / "s", lines))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 0.5 0.5 0.1", "write `class x y w h`"),
        (f"0 0.5 0.5 0.1 0.1 {EIGHT}", "write `class x y w h`"),
        ("0 0.5 0.5 wide 0.1", "are no four numbers"),
        ("0 0.5 0.5 0 0.1", "not in shares"),
        ("0 0.5 0.5 0.1 -0.1", "not in shares"),
        ("0 1.5 0.5 0.1 0.1", "not in shares"),
        ("0 0.5 0.5 inf 0.1", "not in shares"),
        ("0 nan 0.5 0.1 0.1", "not in shares"),
        ("0 320 240 64 64", "not in shares"),
        (f"0 0.5 0.5 0.1 0.1 {EIGHT} later", "'later' is no time"),
        (f"0 0.5 0.5 0.1 0.1 2026-11-23T08:00:00 {NINE}", "needs its offset"),
        (f"0 0.5 0.5 0.1 0.1 {NINE} {EIGHT}", "leaves before it comes"),
    ],
)
def test_a_bad_stall_is_named_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(SequenceInvalid, match=rf"stalls\.txt:2: .*{said}"):
        read_sequence(save(tmp_path / "s", rows(EIGHT, NINE), f"0 0.5 0.5 0.1 0.1\n{line}\n"))


@pytest.mark.parametrize("missing", ["times.tsv", "stalls.txt"])
def test_a_missing_file_says_what_a_sequence_is(tmp_path: Path, missing: str) -> None:
    folder = save(tmp_path / "s", rows(EIGHT, NINE))
    (folder / missing).unlink()
    with pytest.raises(SequenceInvalid, match=rf"{missing}: no such file; a sequence is images/, times\.tsv"):
        read_sequence(folder)


@pytest.mark.parametrize("broken", ["times.tsv", "stalls.txt"])
def test_bytes_that_are_no_text_are_one_line(tmp_path: Path, broken: str) -> None:
    folder = save(tmp_path / "s", rows(EIGHT, NINE))
    (folder / broken).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SequenceInvalid, match=rf"{broken}: cannot be read as text"):
        read_sequence(folder)


@given(st.lists(st.tuples(share, share, share, share), max_size=6), st.integers(0, 86_400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_stalls_come_back_with_their_edges_and_times(
    tmp_path: Path, boxes: list[tuple[float, float, float, float]], stays: int
) -> None:
    until = START + timedelta(seconds=stays)
    text = "".join(
        f"0 {' '.join(map(str, box))}{f' {START.isoformat()} {until.isoformat()}' if n % 2 else ''}\n"
        for n, box in enumerate(boxes)
    )
    read = read_sequence(save(tmp_path / "s", rows(EIGHT, NINE), text))
    assert len(read.stalls) == len(boxes)
    for n, (stall, (x, y, w, h)) in enumerate(zip(read.stalls, boxes, strict=True)):
        assert stall.box == pytest.approx((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
        assert (stall.since, stall.until) == ((START, until) if n % 2 else (None, None))


def test_a_file_that_is_no_picture_says_which_line_to_remove(tmp_path: Path) -> None:
    folder = save(tmp_path / "s", rows(EIGHT, NINE))
    (folder / "images/b.png").write_text("no picture")
    frames = frames_of(read_sequence(folder))
    assert next(frames).index == 0
    with pytest.raises(SequenceInvalid, match=r"b\.png: cannot be read as a picture; remove its line from times\.tsv"):
        next(frames)


def test_frames_carry_the_camera_the_time_and_their_number(tmp_path: Path) -> None:
    read = read_sequence(save(tmp_path / "cam", rows(EIGHT, NINE)))
    frames = list(frames_of(read))
    assert [frame.index for frame in frames] == [0, 1]
    assert [(frame.width, frame.height) for frame in frames] == [(8, 8)] * 2
    assert [frame.width for frame in frames_of(read, 1.0)] == [8, 8], "of the right shape already"
    assert [frame.width for frame in frames_of(read, 2.0)] == [16, 16]
