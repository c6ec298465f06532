"""Rendered flights: a street with houses, trees, cars and stalls of real height, seen from above and at 45 degrees."""

from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from benchmarks.flights import SAMPLES, Flight, Truth, erred, fly, stalls_found
from detector.geometry.wgs import Plane, distance
from detector.rules.load import load_rulebook
from detector.rules.ruling import Outcome
from streams.survey.features import View, features, turns
from streams.survey.frame_selection import find_clips, frames
from streams.survey.pipeline import SurveyResult, candidate_of, ruling_of

LOW = Flight(SAMPLES)
FLIGHTS = [LOW, Flight(SAMPLES / "flights" / "nadir-60m"), Flight(SAMPLES / "flights" / "oblique-60m")]


@pytest.fixture(scope="module")
def low(tmp_path_factory: pytest.TempPathFactory) -> tuple[SurveyResult, Truth]:
    """The survey of the lowest flight with its own telemetry."""
    return fly(LOW, tmp_path_factory.mktemp("low"))


@pytest.mark.parametrize("flight", FLIGHTS, ids=lambda flight: flight.folder.name)
def test_every_stall_once_and_within_half_a_metre(tmp_path: Path, flight: Flight) -> None:
    off, invented = stalls_found(*fly(flight, tmp_path))
    assert invented == 0
    assert all(len(misses) == 1 for misses in off.values())
    assert median(miss for misses in off.values() for miss in misses) < 0.5
    assert max(miss for misses in off.values() for miss in misses) < 1.0


@pytest.mark.parametrize("flight", FLIGHTS, ids=lambda flight: flight.folder.name)
def test_every_stall_once_with_plain_telemetry(tmp_path: Path, flight: Flight) -> None:
    """Flights with errors of their own: nothing twice, nothing missed, and no further off than claimed."""
    misses: list[float] = []
    claimed: list[float] = []
    for seed in range(3):
        said = erred(flight.telemetry.read_text(encoding="utf-8"), np.random.default_rng(seed))
        (tmp_path / "said.srt").write_text(said, encoding="utf-8")
        found, truth = fly(flight, tmp_path, tmp_path / "said.srt")
        off, _ = stalls_found(found, truth)
        assert all(len(each) == 1 for each in off.values())
        misses += [miss for each in off.values() for miss in each]
        claimed += [find.sighting.position.ce90_m for find in found.finds if find.sighting.position]
    assert np.median(misses) <= np.median(claimed)


def test_a_wrong_position_is_no_turned_picture() -> None:
    """One picture twice, said to be taken 22 m apart: a turn would explain what lies round its centre, and is none."""
    frame = next(iter(frames(find_clips([LOW.video], LOW.telemetry))))
    assert frame.pose is not None
    lat, lon = Plane(frame.pose.lat, frame.pose.lon).degrees(22, 0)
    corners = features(frame.image)
    poses = (frame.pose, replace(frame.pose, lat=lat, lon=lon))
    assert turns([View((frame.width, frame.height), pose, corners) for pose in poses], [(0, 1)]) == [0, 0]


def test_cars_that_stand_are_found_once_and_cars_that_drive_are_not_one_with_them(
    low: tuple[SurveyResult, Truth],
) -> None:
    found, truth = low
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


def test_a_passing_drone_never_says_how_long(low: tuple[SurveyResult, Truth]) -> None:
    """The stalls' rule has a dwell time, so they are unknown, for a person to look at, and never violations."""
    found, _ = low
    book = load_rulebook(SAMPLES / "rulebook.yaml")
    maybe = [candidate_of(find, ruling_of(find, book)) for find in found.finds]
    given = [one for one in maybe if one is not None]
    stalls = [candidate for candidate in given if candidate.sighting.class_name == "stall"]
    assert stalls
    assert {candidate.ruling.outcome for candidate in stalls} == {Outcome.UNKNOWN}
    for candidate in stalls:
        assert candidate.evidence.pose is not None
        assert candidate.evidence.width > candidate.evidence_box[2]
