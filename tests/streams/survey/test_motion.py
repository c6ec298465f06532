"""Pictures against telemetry: the right sidecar changes nothing, another costs the places, no texture says nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.vision.frame import Pose
from streams.survey.features import View, features
from streams.survey.motion import Motion, compare, doubts
from streams.survey.pipeline import SurveyResult, survey
from tests.streams.aerial import HOME, SIZE, Town, leg, red_things, write_video

TOWN = Town(((0, 0), (0, 2.5), (12, -8), (-14, 6)))
STRAIGHT = leg((-12, 0), (12, 0), 24, height=40)  # 6 s at 4 m/s
TURNS = leg((-20, -15), (10, -15), 12, height=40) + leg((10, -15), (10, 15), 12, height=40)
NOTES = {
    "frozen": "the telemetry stands while the pictures move",
    "hovering": "the pictures stand while the telemetry moves",
    "another": "the pictures move otherwise than the telemetry says",
    "late": "the pictures move otherwise than the telemetry says",
}


def moved(poses: list[Pose], north: float, east: float) -> list[Pose]:
    places = [
        HOME.degrees(*(a + b for a, b in zip(HOME.metres(p.lat, p.lon), (north, east), strict=True))) for p in poses
    ]
    return [replace(pose, lat=lat, lon=lon) for pose, (lat, lon) in zip(poses, places, strict=True)]


def fly(folder: Path, true: list[Pose], said: list[Pose]) -> SurveyResult:
    return survey([write_video(folder, TOWN, true, said, fps=4)], red_things, folder)


def located(found: SurveyResult) -> list[bool]:
    return [find.sighting.position is not None for find in found.finds]


@pytest.mark.parametrize(("true", "off"), [(STRAIGHT, 0), (TURNS, -4)])
def test_the_flights_own_telemetry_is_believed(tmp_path: Path, true: list[Pose], off: float) -> None:
    """However far all of it is off: that the pictures cannot tell."""
    found = fly(tmp_path, true, moved(true, off, off))
    assert found.notes == ()
    assert located(found)
    assert all(located(found))
    assert not any(pose.doubt for pose in found.path)


@pytest.mark.parametrize(
    ("what", "true", "said"),
    [
        ("frozen", STRAIGHT, [STRAIGHT[0]] * 24),
        ("hovering", [STRAIGHT[12]] * 24, STRAIGHT),
        ("another", STRAIGHT, leg((0, -20), (0, 20), 24, height=40)),
        ("late", TURNS, TURNS[12:] + [TURNS[-1]] * 12),
    ],
)
def test_other_telemetry_places_nothing(tmp_path: Path, what: str, true: list[Pose], said: list[Pose]) -> None:
    found = fly(tmp_path, true, said)
    *_, note = found.notes
    assert note.startswith(f"flight.mp4: {NOTES[what]}")
    assert note.endswith("not placed")
    assert located(found)
    assert not any(located(found))
    assert found.path == ()


def views(poses: list[Pose], said: list[Pose]) -> list[View]:
    return [View(SIZE, other, features(TOWN.seen_from(pose))) for pose, other in zip(poses, said, strict=True)]


def test_one_pair_of_many_costs_its_frames_and_widens_the_circles_of_the_rest() -> None:
    true = leg((-40, 0), (40, 0), 10, height=40)
    (doubt,) = doubts(views(true, [*moved(true[:1], -25, 0), *true[1:]]), ["a.mp4"] * 10)
    assert (doubt.views, doubt.other) == ((0,), tuple(range(1, 10)))
    assert doubt.metres == pytest.approx(25, abs=1)


def blank(image: np.ndarray) -> np.ndarray:
    return np.full_like(image, 90)


def one_spot(image: np.ndarray) -> np.ndarray:
    out = np.full_like(image, 90)
    out[200:300, 400:560] = image[200:300, 400:560]
    return out


def blurred(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 25), np.uint8)


@pytest.mark.parametrize("spoilt", [blank, one_spot, blurred])
def test_without_texture_nothing_is_said(spoilt: Callable[[np.ndarray], np.ndarray]) -> None:
    a, b = leg((0, 0), (12, 0), 2, height=40)
    wrong = moved([b], 0, 40)[0]
    first, second = (View(SIZE, pose, features(spoilt(TOWN.seen_from(seen)))) for pose, seen in ((a, a), (wrong, b)))
    assert compare(first, second) is None


@pytest.mark.parametrize("metres", [45, 70])
def test_without_overlap_nothing_is_said(metres: float) -> None:
    a, b = leg((-metres / 2, 0), (metres / 2, 0), 2, height=40)
    first, second = views([a, b], [a, moved([b], 0, 40)[0]])
    assert compare(first, second) is None


@pytest.mark.parametrize("pitch", [-5, -12])
def test_towards_the_horizon_nothing_is_said(pitch: float) -> None:
    a, b = leg((-60, 0), (-50, 0), 2, height=40, pitch=pitch)
    first, second = views([a, b], [a, moved([b], 0, 60)[0]])
    assert compare(first, second) is None


def test_a_pair_that_agrees_says_by_how_much() -> None:
    a, b = leg((0, 0), (10, 0), 2, height=40, pitch=-60)
    told = compare(*views([a, b], [a, moved([b], 2, 0)[0]]))
    assert told is not None
    assert told.motion is Motion.AGREES
    assert told.apart == pytest.approx(2, abs=0.3)
