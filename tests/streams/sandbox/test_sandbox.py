"""Uploaded footage is read elsewhere, and what goes wrong there is one clear failure here."""

import os
import signal
import struct
import zlib
from pathlib import Path

import pytest

from detector.reason import Reason
from streams.errors import DecoderFailed, NotAVideo
from streams.footage_wording import FootageFault
from streams.sandbox.read import Footage, Limits, read_frames, read_length
from streams.survey.frame_selection import find_clips, frames
from tests.streams.aerial import Town, leg, write_video

TOWN = Town(((0, 0),))
NOTES: list[str] = []


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
    if Path(f"/proc/{child}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
        pytest.skip("this machine's kernel lets nobody leave the network")
    interfaces = [line.split(":")[0].strip() for line in Path(f"/proc/{child}/net/dev").read_text().splitlines()[2:]]
    assert interfaces in ([], ["lo"])
    reading.close()
    assert children() == []


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (signal.SIGKILL, "died .signal 9"),
        (signal.SIGSEGV, "died .signal 11"),
        (signal.SIGSTOP, "said nothing for 5 s"),
    ],
)
def test_a_crash_or_a_hang_is_one_clear_failure(flight: Footage, sent: signal.Signals, said: str) -> None:
    reading = read_frames([flight], NOTES.append, limits=Limits(silence=5))
    next(reading)
    os.kill(children()[0], sent)
    with pytest.raises(DecoderFailed, match=rf"^DJI_0001\.MP4: the reading process {said}"):
        list(reading)
    assert children() == []


def test_a_file_that_never_answers_is_given_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless.mp4")
    with pytest.raises(DecoderFailed, match=r"^DJI\.MP4: the reading process said nothing for 3 s"):
        read_length(Footage("DJI.MP4", tmp_path / "endless.mp4"), Limits(silence=3))


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
