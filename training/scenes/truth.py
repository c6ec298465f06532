"""What is true in a rendered clip, as JSON beside it: poses, objects, visible boxes, ground control points."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.scenes.block import SIGN_BASE
from training.scenes.camera import CameraPose, to_wgs84
from training.scenes.script import SceneActor, SceneScript

MIN_PIXELS = 12  # fewer visible pixels than this are no box


@dataclass(frozen=True, slots=True)
class VisibleObject:
    """The visible part of one actor in one frame: pixels, half-open box, and how many pixels show it."""

    number: int
    box: tuple[int, int, int, int]
    pixels: int


def seen(mask: NDArray[np.int32]) -> tuple[VisibleObject, ...]:
    """Boxes round the visible pixels of each number in the renderer's mask (height, width)."""
    found = []
    for number in np.unique(mask[mask > 0]):
        rows, cols = np.nonzero(mask == number)
        if len(rows) >= MIN_PIXELS:
            box = (int(cols.min()), int(rows.min()), int(cols.max()) + 1, int(rows.max()) + 1)
            found.append(VisibleObject(int(number), box, len(rows)))
    return tuple(found)


def document(
    clip: str, script: SceneScript, poses: list[CameraPose], frames: list[tuple[VisibleObject, ...]], fps: float
) -> dict[str, object]:
    """Return the truth of a clip; docs/scenes.md explains the fields."""
    visible = {s.number for frame in frames for s in frame}
    told = [a for a in script.actors if a.number in visible or a.role != "context"]
    objects = [entry for actor in told if (entry := _object(actor, script, len(frames))) is not None]
    return {
        "clip": clip,
        "seed": script.seed,
        "start": script.start.isoformat(),
        "speed": script.speed,
        "step_s": script.step,
        "fps": fps,
        "objects": objects,
        "frames": [
            {
                "frame": k,
                "scene_s": k * script.step,
                "clip_s": k / fps,
                "time": _clock(script, k),
                "sunlight": round(script.light(k * script.step).through, 3),
                "pose": pose_document(pose),
                "boxes": [{"id": s.number, "box": list(s.box), "pixels": s.pixels} for s in frame],
            }
            for k, (pose, frame) in enumerate(zip(poses, frames, strict=True))
        ],
    }


def _object(actor: SceneActor, script: SceneScript, count: int) -> dict[str, object] | None:
    there = [(k, p) for k in range(count) if (p := actor.at(k * script.step)) is not None]
    if not there:
        return None
    track = [tuple(round(c, 7) for c in to_wgs84(p.x, p.y)) for _, p in there]
    return {
        "id": actor.number,
        "name": actor.name,
        "class": actor.label,
        "role": actor.role,
        "kind": actor.kind,
        "lat": track[0][0],
        "lon": track[0][1],
        "base_height_m": SIGN_BASE if actor.label == "signboard" else actor.ground(),
        "first": _clock(script, there[0][0]),
        "last": _clock(script, there[-1][0]),
        "first_frame": there[0][0],
        "last_frame": there[-1][0],
        "track": track if len(set(track)) > 1 else None,
    }


def pose_document(pose: CameraPose) -> dict[str, float]:
    """Return a pose in WGS-84; `height` is metres above the roadway."""
    lat, lon = to_wgs84(pose.east, pose.north)
    return {
        "lat": round(lat, 8),
        "lon": round(lon, 8),
        "height": pose.height,
        "yaw": pose.yaw,
        "pitch": pose.pitch,
        "roll": pose.roll,
        "focal_px": round(pose.focal, 4),
        "width": pose.width,
        "height_px": pose.size_v,
    }


def _clock(script: SceneScript, frame: int) -> str:
    return (script.start + timedelta(seconds=frame * script.step)).isoformat()


def write_json(path: Path, content: object) -> None:
    """One line per list of numbers would be long; compact separators keep the file small."""
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def read_seen(path: Path) -> tuple[VisibleObject, ...]:
    """Return what `write_seen` kept of a rendered frame."""
    return tuple(
        VisibleObject(r["number"], tuple(r["box"]), r["pixels"]) for r in json.loads(path.read_text(encoding="utf-8"))
    )


def write_seen(path: Path, what: tuple[VisibleObject, ...]) -> None:
    """Keep a frame's boxes beside its picture, so that an interrupted rendering can go on."""
    write_json(path, [asdict(s) for s in what])
