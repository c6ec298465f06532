"""Frames to a small H.264 file, and a DJI-style subtitle track beside a flight."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from training.errors import EncodingError
from training.scenes.camera import CameraPose, to_wgs84
from training.scenes.script import SceneScript

# ffmpeg filters. A lens is never as sharp as a renderer, and half a pixel of blur saves a quarter of the bytes.
LENS = "gblur=0.5"
# Air, a small sensor and a flat colour profile, as in survey flights.
FLAT = "gblur=1.6,eq=contrast=0.8:saturation=0.62:gamma=0.78"


def encode(folder: Path, target: Path, fps: float, key_every: int, quality: int, optics: str = LENS) -> None:
    """PNG frames `0000.png`... to an mp4 whose every `key_every`-th frame is a key frame (closed groups, no B frames).

    `quality` is x264's constant rate factor; `optics` is what lens and camera do to the picture.
    Needs the `ffmpeg` program with libx264 on the PATH.
    """
    command = ["ffmpeg", "-v", "error", "-y", "-framerate", str(fps), "-i", str(folder / "%04d.png")]
    command += ["-vf", f"{optics},scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-colorspace", "bt709"]
    command += ["-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
    command += [
        "-c:v",
        "libx264",
        "-preset",
        "slower",
        "-tune",
        "ssim",
        "-crf",
        str(quality),
        "-threads",
        "1",
        "-bf",
        "0",
    ]
    command += ["-g", str(key_every), "-keyint_min", str(key_every), "-sc_threshold", "0", "-flags", "+cgop"]
    command += ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart", str(target)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as missing:
        raise EncodingError("ffmpeg is not installed: apt install ffmpeg") from missing
    except subprocess.CalledProcessError as refused:
        raise EncodingError(f"ffmpeg refused {folder}: {refused.stderr.strip()}") from refused


def subtitles(script: SceneScript, poses: Sequence[CameraPose], focal_35mm: float, ground_altitude: float) -> str:
    """Return the flight's SRT as a Mavic 3 Enterprise writes it: one block a frame, gimbal angles to 0.1 degree."""
    blocks = []
    for k, pose in enumerate(poses):
        lat, lon = to_wgs84(pose.east, pose.north)
        when = script.start + timedelta(seconds=k * script.step)
        begin, end = (_cue(t) for t in (k * script.step, (k + 1) * script.step))
        blocks.append(
            f"{k + 1}\n{begin} --> {end}\n"
            f'<font size="28">FrameCnt: {k + 1}, DiffTime: {round(script.step * 1000)}ms\n'
            f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d}\n"
            "[iso: 100] [shutter: 1/1000.0] [fnum: 2.8] [ev: 0] [color_md: default] "
            f"[focal_len: {focal_35mm:.2f}] [dzoom_ratio: 1.00], [latitude: {lat:.6f}] [longitude: {lon:.6f}] "
            f"[rel_alt: {pose.height:.3f} abs_alt: {pose.height + ground_altitude:.3f}] [ct: 5400] "
            f"[gb_yaw: {pose.yaw:.1f} gb_pitch: {pose.pitch:.1f} gb_roll: {pose.roll:.1f}] </font>\n"
        )
    return "\n".join(blocks)


def _cue(seconds: float) -> str:
    millis = round(seconds * 1000)
    return f"{millis // 3600000:02d}:{millis // 60000 % 60:02d}:{millis // 1000 % 60:02d},{millis % 1000:03d}"
