"""Uploaded footage is read elsewhere, and what goes wrong there is one clear failure here."""

import json
import os
import re
import signal
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from detector.reason import Reason
from streams.errors import DecoderFailed, NotAVideo
from streams.footage_wording import FootageFault
from streams.sandbox import read as sandbox
from streams.sandbox.kernel import what_holds
from streams.sandbox.messages import SAID
from streams.sandbox.read import Footage, Limits, read_frames, read_length
from streams.sandbox.start import Program
from streams.survey.frame_selection import find_clips, frames
from tests.streams.aerial import Town, leg, write_video

TOWN = Town(((0, 0),))
NOTES: list[str] = []
OURS = ("detector", "models", "streams", "tests")


@pytest.fixture
def flight(tmp_path: Path) -> Footage:
    return Footage("DJI_0001.MP4", write_video(tmp_path, TOWN, leg((-20, 0), (20, 0), 40)), tmp_path / "flight.srt")


def children() -> list[int]:
    """Processes that this one has started."""
    return [
        int(pid)
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text().split()
        if "streams.sandbox.child" in Path(f"/proc/{pid}/cmdline").read_text()
    ]


def test_frames_are_those_that_the_footage_gives_here(flight: Footage) -> None:
    ours = list(frames(find_clips([flight.path])))
    theirs = list(read_frames([flight], NOTES.append))
    assert [one.index for one in theirs] == [one.index for one in ours]
    for here, there in zip(ours, theirs, strict=True):
        assert there.source == "DJI_0001.MP4"
        assert (there.captured_at, there.pose) == (here.captured_at, here.pose)
        assert (there.image == here.image).all()
    assert read_length(flight) == pytest.approx(4.0)
    assert children() == []


def test_the_process_has_no_secret_no_network_and_ends_with_its_reader(
    flight: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETWARDEN_CASE_API_TOKEN", "very-secret")
    reading = read_frames([flight], NOTES.append)
    next(reading)
    (child,) = children()
    assert b"very-secret" not in Path(f"/proc/{child}/environ").read_bytes()
    limits = Path(f"/proc/{child}/limits").read_text()
    assert "Max file size             0 " in limits
    assert "Max core file size        0 " in limits
    status = Path(f"/proc/{child}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE)
    holds = what_holds()
    if holds.footage.network_namespace:
        assert Path(f"/proc/{child}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()
        network = Path(f"/proc/{child}/net/dev").read_text().splitlines()[2:]
        assert [line.split(":")[0].strip() for line in network] in ([], ["lo"])
    if holds.footage.system_calls:
        assert "Seccomp:\t2" in status
    reading.close()
    assert children() == []
    if holds.lacks():
        pytest.skip(f"all else held, but this kernel or container lacks {', '.join(holds.lacks())}")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (signal.SIGKILL, "ended unexpectedly .signal 9"),
        (signal.SIGSEGV, "ended unexpectedly .signal 11"),
        (signal.SIGSTOP, "did not answer for 5 s"),
    ],
)
def test_a_crash_or_a_hang_is_one_clear_failure(flight: Footage, sent: signal.Signals, said: str) -> None:
    reading = read_frames([flight], NOTES.append, limits=Limits(silence=5))
    next(reading)
    os.kill(children()[0], sent)
    with pytest.raises(DecoderFailed, match=rf"^DJI_0001\.MP4: the reading process {said}"):
        list(reading)
    assert children() == []


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless.mp4")
    with pytest.raises(NotAVideo, match=r"^DJI\.MP4: cannot be read \(not a regular file"):
        read_length(Footage("DJI.MP4", tmp_path / "endless.mp4"))
    with pytest.raises(NotAVideo, match=r"^DJI\.MP4: cannot be read \(No such file"):
        read_length(Footage("DJI.MP4", tmp_path / "gone.mp4"))


def test_memory_has_an_end(flight: Footage) -> None:
    with pytest.raises((DecoderFailed, NotAVideo), match=r"^DJI_0001\.MP4"):
        list(read_frames([flight], NOTES.append, limits=Limits(memory=1_000_000)))


def test_time_has_an_end(flight: Footage, tmp_path: Path) -> None:
    sidecar = tmp_path / "flight.srt"
    sidecar.write_text(sidecar.read_text() * 2000)
    with pytest.raises(DecoderFailed, match="more than 2 s of CPU time"):
        list(read_frames([flight], NOTES.append, limits=Limits(cpu=2)))


def test_how_a_reading_process_died_is_a_code(flight: Footage) -> None:
    reading = read_frames([flight], NOTES.append)
    next(reading)
    os.kill(children()[0], signal.SIGKILL)
    with pytest.raises(DecoderFailed) as failed:
        list(reading)
    assert failed.value.reason == Reason(FootageFault.DIED, {"how": "signal 9"})


def test_what_is_no_footage_is_refused_by_its_name(tmp_path: Path) -> None:
    stored = tmp_path / "0123456789abcdef"
    stored.write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")
    with pytest.raises(NotAVideo) as refused:
        read_length(Footage("DJI_0002.MP4", stored))
    assert "DJI_0002.MP4" in str(refused.value)
    assert "0123456789abcdef" not in str(refused.value)
    assert refused.value.reason == Reason(FootageFault.UNKNOWN_FORMAT)


def test_of_several_files_the_refused_one_is_named(tmp_path: Path) -> None:
    photos = [Footage(f"{name}.jpg", tmp_path / f"0123456789{name}") for name in ("first", "second")]
    for photo in photos:
        photo.path.write_text("no picture")
    with pytest.raises(NotAVideo) as refused:
        list(read_frames(photos, NOTES.append))
    assert refused.value.reason == Reason(FootageFault.UNKNOWN_FORMAT, {"file": "first.jpg"})


def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    def part(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000, 9)
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", rows) + part(b"IEND", b""))
    with pytest.raises((NotAVideo, DecoderFailed), match=r"bomb\.png"):
        list(read_frames([Footage("bomb.png", path)], NOTES.append))


def test_a_sidecar_that_cannot_be_read_costs_the_positions_only(flight: Footage, tmp_path: Path) -> None:
    (tmp_path / "flight.srt").write_text("nothing here")
    notes: list[str] = []
    found = list(read_frames([flight], notes.append))
    assert found
    assert any("flight.srt" in note or "DJI_0001" in note for note in notes)


def photos(folder: Path, count: int) -> list[Footage]:
    found = []
    for number in range(count):
        path = folder / f"{number}.jpg"
        cv2.imwrite(str(path), np.full((60, 80, 3), 10 * number, np.uint8))
        found.append(Footage(f"DJI_{number:04d}.JPG", path))
    return found


def test_one_photo_that_fails_takes_only_itself(tmp_path: Path) -> None:
    card = photos(tmp_path, 7)
    card[1].path.write_bytes(card[1].path.read_bytes()[:200])  # cut off: only its beginning is a JPEG's
    card[3].path.write_text("no picture")
    card[4].path.unlink()
    failed: list[tuple[int, str]] = []
    read = read_frames(card, NOTES.append, on_failure=lambda number, why: failed.append((number, str(why))))
    assert [frame.source for frame in read] == [card[number].name for number in (0, 2, 5, 6)]
    assert sorted(number for number, _ in failed) == [1, 3, 4]
    assert all(why.startswith(card[number].name) for number, why in failed)
    assert children() == []


@pytest.mark.parametrize("sent", [signal.SIGSEGV, signal.SIGKILL, signal.SIGSTOP])
def test_one_photo_that_ends_the_decoder_takes_only_itself(tmp_path: Path, sent: signal.Signals) -> None:
    card = photos(tmp_path, 4)
    failed: list[int] = []
    read = read_frames(card, NOTES.append, on_failure=lambda number, _: failed.append(number), limits=Limits(silence=3))
    names = [next(read).source]
    os.kill(children()[0], sent)
    names += [frame.source for frame in read]
    # The decoder may have got to the second photo already, or not: that one is lost, and no other.
    assert len(failed) == 1
    assert names == [one.name for number, one in enumerate(card) if number not in failed or number == 0]
    assert children() == []


def test_without_anybody_to_tell_a_photo_that_fails_is_raised(tmp_path: Path) -> None:
    card = photos(tmp_path, 3)
    card[1].path.write_text("no picture")
    with pytest.raises(NotAVideo, match=r"^DJI_0001\.JPG"):
        list(read_frames(card, NOTES.append))


LIES = (
    {"kind": "picture", "clip": 0},
    {"kind": "begun", "clip": 3},
    {"kind": "done"},
    {"kind": "length", "seconds": -1},
    {"kind": "note", "text": "x" * 3000},
)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: str(lie["kind"]))
def test_what_a_taken_over_decoder_says_is_checked(
    flight: Footage, lie: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "READER", Program("tests.streams.camera.bad_readers", "lying", OURS))
    (flight.path).write_text(json.dumps(lie))
    with pytest.raises(DecoderFailed, match="sent an invalid message"):
        list(read_frames([flight], NOTES.append))


@pytest.mark.parametrize("year", [1, 1900, 9999])
def test_a_time_at_which_no_picture_was_taken_is_no_message(year: int) -> None:
    line = SAID.validate_json  # any zone: year 1 and 9999 have none in which they could be told
    picture = {"kind": "picture", "clip": 0, "index": 0, "height": 1, "width": 1, "pose": None}
    with pytest.raises(ValidationError):
        line(json.dumps({**picture, "captured_at": f"{year:04d}-01-01T00:00:00+14:00"}))


def test_a_taken_over_decoder_may_not_talk_for_ever(flight: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "READER", Program("tests.streams.camera.bad_readers", "chattering", OURS))
    monkeypatch.setattr(sandbox, "MOST_MESSAGES", 3000)
    notes: list[str] = []
    with pytest.raises(DecoderFailed, match="sent more than 3000 messages"):
        list(read_frames([flight], notes.append))
    assert len(notes) == sandbox.MOST_NOTES
    assert all(note.isprintable() for note in notes)
