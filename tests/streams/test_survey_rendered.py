"""The rendered flight of the samples: a street with houses, cars and stalls of real height."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from detector.detections import Detections
from detector.frame import Image
from detector.rulebook_file import load_rulebook
from detector.rulings import Outcome
from detector.wgs import Plane, distance
from streams.footage import find_clips, frames
from streams.survey import Survey, candidates, survey

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
NAMES = ("stall", "car", "person", "signboard")


class Truth:
    """The boxes that a perfect detector gives: what the renderer drew, whole in the picture."""

    def __init__(self, telemetry: Path) -> None:
        self.document = json.loads((SAMPLES / "flight.json").read_text(encoding="utf-8"))
        self.things = {thing["id"]: thing for thing in self.document["objects"]}
        self._order = (frame.index for frame in frames(find_clips([SAMPLES / "flight.mp4"], telemetry)))

    def __call__(self, image: Image) -> Detections:
        height, width = image.shape[:2]
        boxes, ids = [], []
        for seen in self.document["frames"][next(self._order)]["boxes"]:
            x1, y1, x2, y2 = seen["box"]
            name = self.things[seen["id"]]["class"]
            if name in NAMES[:2] and x1 > 0 and y1 > 0 and x2 < width and y2 < height:
                boxes.append(seen["box"])
                ids.append(NAMES.index(name))
        scores = np.full(len(ids), 0.9, np.float32)
        return Detections(np.array(boxes, np.float32).reshape(-1, 4), scores, np.array(ids, np.int64), NAMES)


def skip_without_flight() -> None:
    if not (SAMPLES / "flight.mp4").exists():
        pytest.skip("no rendered flight in samples/: make one with `python -m training.scenes drone --out samples`")


def fly(folder: Path, telemetry: Path = SAMPLES / "flight.srt") -> tuple[Survey, Truth]:
    skip_without_flight()
    truth = Truth(telemetry)
    return survey([SAMPLES / "flight.mp4"], truth, folder, telemetry=telemetry), truth


def stalls_found(found: Survey, truth: Truth) -> dict[int, list[float]]:
    """Metres off of each find of class stall, by the true stall that lies nearest."""
    stalls = {number: thing for number, thing in truth.things.items() if thing["class"] == "stall"}
    off: dict[int, list[float]] = {number: [] for number in stalls}
    for find in found.finds:
        place = find.sighting.position
        if find.sighting.class_name == "stall" and place is not None:
            near = {n: distance(place.lat, place.lon, thing["lat"], thing["lon"]) for n, thing in stalls.items()}
            nearest = min(near, key=lambda n: near[n])
            off[nearest].append(near[nearest])
    return off


def shifted(text: str, key: str, error: float) -> str:
    """The telemetry with one value off by the same error in every line."""
    return re.sub(rf"{key}: ([-\d.]+)", lambda match: f"{key}: {float(match[1]) + error:.3f}", text)


def test_every_stall_once_and_within_half_a_metre(tmp_path: Path) -> None:
    off = stalls_found(*fly(tmp_path))
    assert all(len(misses) == 1 for misses in off.values())
    assert max(miss for misses in off.values() for miss in misses) < 0.5


def plain_telemetry(rng: np.random.Generator) -> str:
    """The flight's subtitles with one error for the whole flight, drawn from the error budget."""
    north, east = rng.normal(0, 2, 2).tolist()

    def moved(match: re.Match[str]) -> str:
        lat, lon = Plane(float(match[1]), float(match[2])).degrees(north, east)
        return f"[latitude: {lat:.6f}] [longitude: {lon:.6f}]"

    text = (SAMPLES / "flight.srt").read_text(encoding="utf-8")
    text = re.sub(r"\[latitude: ([\d.]+)\] \[longitude: ([\d.]+)\]", moved, text)
    for key, spread in (("rel_alt", 2.0), ("gb_yaw", 3.0), ("gb_pitch", 0.5), ("gb_roll", 0.5)):
        text = shifted(text, key, rng.normal(0, spread))
    return text


def test_every_stall_once_with_plain_telemetry(tmp_path: Path) -> None:
    """Four flights, each with errors of its own: nothing twice, nothing missed, and no further off than claimed."""
    skip_without_flight()
    misses: list[float] = []
    claimed: list[float] = []
    for seed in range(4):
        (tmp_path / "said.srt").write_text(plain_telemetry(np.random.default_rng(seed)), encoding="utf-8")
        found, truth = fly(tmp_path, tmp_path / "said.srt")
        off = stalls_found(found, truth)
        assert all(len(each) == 1 for each in off.values())
        misses += [miss for each in off.values() for miss in each]
        claimed += [find.sighting.position.ce90_m for find in found.finds if find.sighting.position]
    assert np.median(misses) <= np.median(claimed)


def test_cars_that_stand_are_found_once_and_cars_that_drive_are_not_one_with_them(tmp_path: Path) -> None:
    found, truth = fly(tmp_path)
    parked = [thing for thing in truth.things.values() if thing["class"] == "car" and thing["track"] is None]
    for thing in parked:
        near = [
            find
            for find in found.finds
            if find.sighting.class_name == "car"
            and find.sighting.position is not None
            and distance(find.sighting.position.lat, find.sighting.position.lon, thing["lat"], thing["lon"]) < 1
        ]
        assert len(near) == 1


def test_a_passing_drone_never_says_how_long(tmp_path: Path) -> None:
    """The stalls' rule has a dwell time, so they are unknown, for a person to look at, and never violations."""
    found, _ = fly(tmp_path)
    given = list(candidates(found.finds, load_rulebook(SAMPLES / "rulebook.yaml"), ("truth",)))
    stalls = [candidate for candidate in given if candidate.sighting.class_name == "stall"]
    assert stalls
    assert {candidate.ruling.outcome for candidate in stalls} == {Outcome.UNKNOWN}
    for candidate in stalls:
        assert candidate.evidence.pose is not None
        assert candidate.evidence.width > candidate.evidence_box[2]
