"""Rendered flights and their truth: boxes as the renderer drew them, telemetry with errors, how far finds are off."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detector.geometry.error_budget import TELEMETRY
from detector.geometry.wgs import Plane, distance
from detector.vision.boxes import as_array, overlap
from detector.vision.detections import Detections
from detector.vision.frame import Frame
from streams.survey.frame_selection import find_clips, frames
from streams.survey.pipeline import Detect, SurveyFind, SurveyResult, survey

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
LEAST_OVERLAP = 0.3
NAMES = ("stall", "car", "person", "signboard")


@dataclass(frozen=True)
class Flight:
    """A folder that `python -m training.scenes drone` has filled: flight.mp4, flight.srt, flight.json."""

    folder: Path

    @property
    def video(self) -> Path:
        return self.folder / "flight.mp4"

    @property
    def telemetry(self) -> Path:
        return self.folder / "flight.srt"


class Truth:
    """The boxes that a perfect detector gives: what the renderer drew, whole in the picture."""

    def __init__(self, flight: Flight, telemetry: Path) -> None:
        document = json.loads((flight.folder / "flight.json").read_text(encoding="utf-8"))
        self.things = {thing["id"]: thing for thing in document["objects"]}
        self._boxes = [frame["boxes"] for frame in document["frames"]]
        self._looked_at = [frame.index for frame in frames(find_clips([flight.video], telemetry))]
        self._order = iter(self._looked_at)

    def __call__(self, frame: Frame) -> Detections:
        height, width = frame.image.shape[:2]
        boxes, ids = [], []
        for seen in self._boxes[next(self._order)]:
            x1, y1, x2, y2 = seen["box"]
            name = self.things[seen["id"]]["class"]
            if name in NAMES[:2] and x1 > 0 and y1 > 0 and x2 < width and y2 < height:
                boxes.append(seen["box"])
                ids.append(NAMES.index(name))
        scores = np.full(len(ids), 0.9, np.float32)
        return Detections(np.array(boxes, np.float32).reshape(-1, 4), scores, np.array(ids, np.int64), NAMES)

    def shown(self, find: SurveyFind) -> int | None:
        """Return which stall the picture of a find shows inside of its box; None where it is no stall."""
        boxes = self._boxes[self._looked_at[int(find.evidence.stem)]]
        shares = {
            seen["id"]: float(overlap(as_array([find.evidence_box]), as_array([seen["box"]]))[0][0, 0])
            for seen in boxes
            if self.things[seen["id"]]["class"] == "stall"
        }
        best = max(shares, key=lambda number: shares[number], default=None)
        return best if best is not None and shares[best] > LEAST_OVERLAP else None


def fly(
    flight: Flight, folder: Path, telemetry: Path | None = None, detect: Detect | None = None
) -> tuple[SurveyResult, Truth]:
    """Survey a flight; evidence goes to `folder`. Boxes are the renderer's unless there is a `detect`."""
    truth = Truth(flight, telemetry or flight.telemetry)
    return survey([flight.video], detect or truth, folder, telemetry=telemetry or flight.telemetry), truth


def stalls_found(found: SurveyResult, truth: Truth) -> tuple[dict[int, list[float]], int]:
    """Metres off of each find of a true stall, told by its box and not by where it is put; and finds that are none."""
    stalls = {number: thing for number, thing in truth.things.items() if thing["class"] == "stall"}
    off: dict[int, list[float]] = {number: [] for number in stalls}
    invented = 0
    for find in found.finds:
        if find.sighting.class_name != "stall":
            continue
        number, place = truth.shown(find), find.sighting.position
        if number is None:
            invented += 1
        else:
            thing = stalls[number]
            off[number].append(distance(place.lat, place.lon, thing["lat"], thing["lon"]) if place else float("inf"))
    return off, invented


def erred(telemetry: str, rng: np.random.Generator) -> str:
    """Return the flight's subtitles with one error for the whole flight, drawn from the error budget."""
    budget = TELEMETRY
    north, east = rng.normal(0, budget.position_m, 2).tolist()

    def moved(match: re.Match[str]) -> str:
        lat, lon = Plane(float(match[1]), float(match[2])).degrees(north, east)
        return f"[latitude: {lat:.7f}] [longitude: {lon:.7f}]"

    text = re.sub(r"\[latitude: ([\d.]+)\] \[longitude: ([\d.]+)\]", moved, telemetry)
    spreads = {"rel_alt": budget.height_m, "gb_yaw": budget.yaw, "gb_pitch": budget.pitch, "gb_roll": budget.roll}
    for key, spread in spreads.items():
        text = _shifted(text, key, rng.normal(0, spread))
    return _shifted(text, "focal_len", 24.0 * rng.normal(0, budget.focal))


def _shifted(text: str, key: str, error: float) -> str:
    """Return the telemetry with one value off by the same error in every line."""
    return re.sub(rf"{key}: ([-\d.]+)", lambda match: f"{key}: {float(match[1]) + error:.3f}", text)
