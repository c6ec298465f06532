"""A flat town seen from a drone: pictures, telemetry and truth, without a renderer."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.geometry.rays import rotation
from detector.geometry.wgs import Plane
from detector.vision.detections import Detections
from detector.vision.frame import Frame, Image, Lens, Pose

HOME = Plane(34.7466, 113.6253)
SIZE = (960, 540)
LENS = Lens(665.6, 665.6, 480, 270)  # what 24 mm mean on the full width of a 4:3 sensor
METRE = 10  # pixels of the town's picture
EXTENT = 160  # metres, north and east of the home point in the middle
RED = (40, 40, 230)


@dataclass(frozen=True)
class Town:
    """Stalls are red squares of `side` metres at (north, east) metres from the home point, on a busy grey ground."""

    stalls: tuple[tuple[float, float], ...]
    side: float = 2.0
    picture: NDArray[np.uint8] = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(3)
        size = EXTENT * METRE
        coarse = cv2.resize(rng.integers(60, 200, (size // 40, size // 40), np.uint8), (size, size))
        fine = cv2.resize(rng.integers(0, 56, (size // 6, size // 6), np.uint8), (size, size))
        gray = np.asarray(cv2.add(coarse, fine), np.uint8)
        picture = np.repeat(gray[..., None], 3, axis=2)
        half = self.side / 2
        for north, east in self.stalls:
            top, left = (round((EXTENT / 2 - north - half) * METRE), round((EXTENT / 2 + east - half) * METRE))
            picture[top : top + round(self.side * METRE), left : left + round(self.side * METRE)] = RED
        object.__setattr__(self, "picture", picture)

    def seen_from(self, pose: Pose) -> Image:
        """The town's picture as the drone's camera sees it."""
        north, east = HOME.metres(pose.lat, pose.lon)
        to_ground = np.array(((0, -1 / METRE, EXTENT / 2), (1 / METRE, 0, -EXTENT / 2), (0, 0, 1)))
        shift = np.array(((1, 0, -north), (0, 1, -east), (0, 0, pose.height)))
        lens = pose.lens
        camera = np.array(((lens.cx, lens.fx, 0), (lens.cy, 0, lens.fy), (1, 0, 0)))
        mapping = camera @ rotation(pose.yaw, pose.pitch, pose.roll).T @ shift @ to_ground
        return np.asarray(cv2.warpPerspective(self.picture, mapping, SIZE, flags=cv2.INTER_AREA), np.uint8)


def red_things(frame: Frame) -> Detections:
    """A detector of what is red and wholly in the picture."""
    image = frame.image
    mask = cv2.inRange(image, np.array((0, 0, 150)), np.array((110, 110, 255)))
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    boxes = [
        (x, y, x + w, y + h)
        for x, y, w, h, area in stats[1:].tolist()
        if area >= 30 and x > 0 and y > 0 and x + w < image.shape[1] and y + h < image.shape[0]
    ]
    count = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.full(count, 0.9, np.float32),
        np.zeros(count, np.int64),
        ("thing",),
    )


def leg(start: tuple[float, float], end: tuple[float, float], count: int, **pose: float) -> list[Pose]:
    """Poses from start to end, (north, east) metres from the home point."""
    poses = []
    for share in np.linspace(0, 1, count).tolist():
        lat, lon = HOME.degrees(*(a + (b - a) * share for a, b in zip(start, end, strict=True)))
        poses.append(
            Pose(
                lat, lon, pose.get("height", 60), pose.get("yaw", 0), pose.get("pitch", -90), pose.get("roll", 0), LENS
            )
        )
    return poses


def write_video(
    folder: Path, town: Town, true: Sequence[Pose], said: Sequence[Pose] | None = None, fps: int = 10
) -> Path:
    """flight.mp4 as flown on the `true` poses and flight.srt with the poses that the telemetry said."""
    path = folder / "flight.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, SIZE)
    for pose in true:
        writer.write(town.seen_from(pose))
    writer.release()
    lines = []
    for i, pose in enumerate(said or true):
        clock = [f"00:00:{k // fps:02d},{k % fps * 1000 // fps:03d}" for k in (i, i + 1)]
        lines.append(
            f"{i + 1}\n{clock[0]} --> {clock[1]}\nFrameCnt: {i + 1}, DiffTime: {1000 // fps}ms\n"
            f"2026-11-20 10:00:{i // fps:02d}.{i % fps * 1000 // fps:03d}\n"
            f"[focal_len: 24.00] [latitude: {pose.lat:.7f}] [longitude: {pose.lon:.7f}] "
            f"[rel_alt: {pose.height:.3f} abs_alt: 160.0] "
            f"[gb_yaw: {pose.yaw:.2f} gb_pitch: {pose.pitch:.2f} gb_roll: {pose.roll:.2f}]\n"
        )
    (folder / "flight.srt").write_text("\n".join(lines))
    return path


def noisy(poses: Sequence[Pose], rng: np.random.Generator) -> list[Pose]:
    """The same flight as plain telemetry reports it: one error for the whole pass, drawn from the error budget."""
    north, east = rng.normal(0, 2, 2).tolist()
    height, yaw, pitch, roll = (rng.normal(0, 1, 4) * (2, 3, 0.5, 0.5)).tolist()
    moved = []
    for pose in poses:
        here = HOME.metres(pose.lat, pose.lon)
        lat, lon = HOME.degrees(here[0] + north, here[1] + east)
        moved.append(
            replace(
                pose,
                lat=lat,
                lon=lon,
                height=pose.height + height,
                yaw=pose.yaw + yaw,
                pitch=pose.pitch + pitch,
                roll=pose.roll + roll,
            )
        )
    return moved
