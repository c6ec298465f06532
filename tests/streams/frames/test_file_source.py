from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from streams.errors import NotAVideo
from streams.frames.file_source import FileSource
from tests.streams.conftest import Clips

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_a_clip_gives_its_frames_with_their_times(clips: Clips) -> None:
    frames = list(FileSource(clips.path("small"), start=START).frames())
    assert len(frames) == 75
    assert [frame.index for frame in frames] == list(range(75))
    assert frames[50].captured_at == START + timedelta(seconds=2)
    assert (frames[0].width, frames[0].height, frames[0].source) == (320, 240, "small.mp4")


def test_speed_turns_clip_seconds_into_scene_seconds(clips: Clips) -> None:
    source = FileSource(clips.path("small"), start=START, speed=60.0, every=timedelta(seconds=30))
    minutes = [(frame.captured_at - START).total_seconds() for frame in source.frames()]
    assert minutes == pytest.approx([0, 31.2, 60, 91.2, 120, 151.2])


def test_without_a_start_the_files_own_time_is_taken(clips: Clips) -> None:
    frame = next(FileSource(clips.path("small")).frames())
    assert abs(frame.captured_at - datetime.now(UTC)) < timedelta(hours=1)


def test_a_picture_is_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "街.png"
    path.write_bytes(cv2.imencode(".png", np.full((40, 60, 3), 7, np.uint8))[1].tobytes())
    (frame,) = FileSource(path, start=START).frames()
    assert frame.image.shape == (40, 60, 3)
    assert frame.captured_at == START


def test_stop_ends_the_frames(clips: Clips) -> None:
    source = FileSource(clips.path("small"))
    frames = source.frames()
    next(frames)
    source.stop()
    assert list(frames) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", b"nothing to see"),
        ("empty.mp4", b""),
        ("list.mp4", b"ffconcat version 1.0\nfile small.mp4\n"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:3,\n/tmp/small.mp4\n"),
        ("cut.mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(400)),
        ("cut.png", b"\x89PNG\r\n\x1a\n" + bytes(30)),
    ],
)
def test_what_is_no_video_is_refused_by_name(tmp_path: Path, clips: Clips, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    path.with_name("small.mp4").write_bytes(clips.path("small").read_bytes())
    with pytest.raises(NotAVideo, match=name):
        list(FileSource(path).frames())


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NotAVideo, match=r"gone\.mp4.*No such file"):
        FileSource(tmp_path / "gone.mp4")


def test_a_file_named_like_a_protocol_is_only_a_file(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("concat:a.mp4").write_bytes(clips.path("small").read_bytes())
    assert len(list(FileSource(Path("concat:a.mp4")).frames())) == 75
