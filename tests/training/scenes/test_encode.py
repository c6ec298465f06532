"""The flight's subtitle track, and the encoder's complaints."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from training.errors import EncodingError
from training.scenes import encode
from training.scenes.camera import to_local
from training.scenes.flight_path import FOCAL_35MM, GROUND_ALTITUDE, poses
from training.scenes.timeline import flight_script


def test_the_subtitles_tell_the_rendered_poses() -> None:
    script = flight_script(7)
    flown = poses(script, 1280)
    blocks = encode.subtitles(script, flown, FOCAL_35MM, GROUND_ALTITUDE).strip().split("\n\n")
    assert len(blocks) == len(flown)
    for block, pose in zip(blocks, flown, strict=True):
        told = {key: float(value) for key, value in re.findall(r"([a-z_]+): (-?[\d.]+)", block)}
        east, north = to_local(told["latitude"], told["longitude"])
        assert (east, north) == pytest.approx((pose.east, pose.north), abs=0.08)  # six decimals
        assert told["rel_alt"] == pytest.approx(pose.height, abs=0.001)
        assert (told["gb_yaw"], told["gb_pitch"], told["gb_roll"]) == (pose.yaw, pose.pitch, pose.roll)
        assert told["abs_alt"] - told["rel_alt"] == pytest.approx(GROUND_ALTITUDE)
    assert blocks[3].startswith("4\n00:00:01,500 --> 00:00:02,000\n")
    assert "2026-11-20 10:50:01.500" in blocks[3]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_every_second_frame_is_a_key_frame(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="pillow comes with the scenes extra")
    rng = np.random.default_rng(5)
    for k in range(6):
        pixels = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
        image.fromarray(pixels).save(tmp_path / f"{k:04d}.png")
    encode.encode(tmp_path, tmp_path / "clip.mp4", 2.0, 2, 30)
    probe = ["ffprobe", "-v", "error", "-show_entries", "packet=flags", "-of", "csv=p=0", str(tmp_path / "clip.mp4")]
    flags = subprocess.run(probe, check=True, capture_output=True, text=True).stdout.split()
    assert [flag.startswith("K") for flag in flags] == [True, False] * 3


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_no_frames_are_named_as_the_fault(tmp_path: Path) -> None:
    with pytest.raises(EncodingError, match=re.escape(str(tmp_path))):
        encode.encode(tmp_path, tmp_path / "clip.mp4", 2.0, 2, 30)
