"""Clips and cameras for the tests of streams/."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from streams.video.rtp import EncodedClip, read_clip
from tests.streams.rtsp_server import BadCameras


@dataclass(frozen=True, slots=True)
class Clips:
    """Short synthetic clips; the names say how they differ from `small` (320x240, 25/s, a key frame every 0.4 s,
    H.264).
    """

    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.mp4"

    def __getitem__(self, name: str) -> EncodedClip:
        return read_clip(self.path(name))


X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-sc_threshold", "0", "-threads", "1"]
RECIPES = {
    "small": ["320x240", *X264, "-g", "10"],
    "large": ["640x480", *X264, "-g", "10"],
    "long-gop": ["320x240", *X264, "-g", "75"],
    "sliced": ["320x240", *X264, "-g", "10", "-x264-params", "slices=4"],
    "b-frames": ["320x240", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "10", "-threads", "1"],
    "refresh": ["320x240", *X264, "-g", "10", "-intra-refresh", "1"],
    "hevc-cra": [
        "320x240",
        *["-c:v", "libx265", "-preset", "ultrafast"],
        *["-x265-params", "keyint=10:open-gop=1:bframes=2:log-level=none"],
    ],
    "hevc": [
        "320x240",
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-x265-params",
        "keyint=10:bframes=0:log-level=none",
    ],
}


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """Made by ffmpeg, three seconds each; the picture moves all the time."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        pytest.fail("the tests of streams/ make their clips with ffmpeg: apt-get install ffmpeg")
    folder = tmp_path_factory.mktemp("clips")
    for name, (size, *how) in RECIPES.items():
        source = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration=3"]
        command = [ffmpeg, "-v", "error", "-y", *source, "-pix_fmt", "yuv420p", *how, str(folder / f"{name}.mp4")]
        subprocess.run(command, check=True)
    return Clips(folder)


@pytest.fixture
def bad_cameras() -> Iterator[BadCameras]:
    """An RTSP server on this machine whose cameras fail on demand."""
    with BadCameras() as cameras:
        yield cameras
