"""Any file: told apart by its content, refused in one line."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.errors import TelemetryUnreadable
from streams.telemetry.mp4 import read_subtitles
from streams.telemetry.read import read_telemetry

SRT = (
    "1\n00:00:00,000 --> 00:00:00,500\n[latitude: 34.7] [longitude: 113.6] [rel_alt: 60.0 abs_alt: 9.0]\n\n"
    "2\n00:00:00,500 --> 00:00:01,000\n[latitude: 34.8] [longitude: 113.6] [rel_alt: 61.0 abs_alt: 9.0]\n\n"
)


@pytest.mark.parametrize("name", ["a.srt", "a.jpg", "a.bin"])
def test_names_do_not_matter(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(SRT)
    assert [record.height for record in read_telemetry(tmp_path / name).records] == [60.0, 61.0]


def test_a_photo_and_a_packet_by_content(shared: Path) -> None:
    folder = shared / "telemetry"
    assert read_telemetry(folder / "dji_photos" / "DJI_0019.JPG").records[0].dialect == "xmp-dji"
    assert read_telemetry(folder / "klv" / "DynamicOnlyMISMMSPacketData.bin").records[0].dialect == "misb-st0601"


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_bytes(b"")
    telemetry = read_telemetry(tmp_path / "a.srt")
    assert telemetry.records == ()
    assert "empty" in telemetry.skipped[0]


@pytest.mark.parametrize("content", [b"hello world", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xd9", bytes(range(256))])
def test_a_file_without_telemetry_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.srt").write_bytes(content)
    with pytest.raises(TelemetryUnreadable, match=r"a\.srt"):
        read_telemetry(tmp_path / "a.srt")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TelemetryUnreadable, match="cannot be opened"):
        read_telemetry(tmp_path / "nowhere.srt")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of picture with the subtitles in a track of their own, as DJI Fly writes it."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg on the PATH to write a video with a subtitle track")
    folder = tmp_path_factory.mktemp("video")
    (folder / "in.srt").write_text(SRT)
    command = "ffmpeg -v error -y -f lavfi -i color=s=64x64:d=1:r=10 -i in.srt -c:s mov_text -threads 1 out.mp4"
    subprocess.run(command.split(), check=True, cwd=folder)
    return folder / "out.mp4"


def test_a_subtitle_track_reads_like_a_sidecar(video: Path, tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text(SRT)
    assert read_telemetry(video).records == read_telemetry(tmp_path / "a.srt").records


def test_a_video_without_subtitles_is_refused(shared: Path) -> None:
    with pytest.raises(TelemetryUnreadable, match="no subtitle track"):
        read_telemetry(shared / "video" / "car_park.mp4")


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_mutated_videos_never_crash(video: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    raw = bytearray(video.read_bytes())
    start = raw.find(b"moov")
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(start, len(raw) - 1))] = data.draw(st.integers(0, 255))
    broken = tmp_path_factory.getbasetemp() / "broken.mp4"
    broken.write_bytes(raw)
    assert isinstance(read_subtitles(broken), str)
