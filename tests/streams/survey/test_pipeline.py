"""A flight over a flat town: every thing once, where it stands, with its best picture."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.geometry.pose import PoseLocator
from detector.geometry.rays import rotation
from detector.geometry.terrain import terrain_of
from detector.vision.detections import Detection, Detections
from detector.vision.frame import Frame, Lens, Pose
from streams.survey.pipeline import SurveyResult, locate, survey, to_json
from tests.streams.aerial import HOME, Town, leg, noisy, red_things, write_video

# pairs 2.5 m and 3 m apart in the middle of it
TOWN = Town(((0, 0), (0, 2.5), (12, -8), (15, -8), (-14, 6), (20, 12), (-20, -15)))
OVER = leg((-28, 0), (28, 0), 60)
BACK = leg((28, 6), (-28, 6), 60, yaw=180)
OBLIQUE = leg((-60, 0), (-20, 0), 50, height=40, pitch=-50)


def fly(folder: Path, true: list[Pose], said: list[Pose] | None = None) -> SurveyResult:
    return survey([write_video(folder, TOWN, true, said)], red_things, folder)


def misses(found: SurveyResult, town: Town = TOWN) -> list[float]:
    """Metres from each find to the nearest thing not yet taken; as many as things exactly when each is found once."""
    left = list(town.stalls)
    off = []
    for find in found.finds:
        assert find.sighting.position is not None
        here = HOME.metres(find.sighting.position.lat, find.sighting.position.lon)
        distances = [float(np.hypot(here[0] - n, here[1] - e)) for n, e in left]
        off.append(min(distances))
        left.pop(int(np.argmin(distances)))
    assert not left
    return off


@pytest.mark.parametrize(("true", "within"), [(OVER, 0.4), (OVER + BACK, 0.4), (OBLIQUE, 1.0)])
def test_every_thing_once_with_perfect_telemetry(tmp_path: Path, true: list[Pose], within: float) -> None:
    found = fly(tmp_path, true)
    off = misses(found)
    assert len(off) == len(TOWN.stalls)
    assert np.median(off) <= within
    assert max(off) <= 1.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_thing_once_with_noisy_telemetry(tmp_path: Path, seed: int) -> None:
    """Both passes have errors of their own, several metres apart; the neighbours stay apart all the same."""
    rng = np.random.default_rng(seed)
    found = fly(tmp_path, OVER + BACK, noisy(OVER, rng) + noisy(BACK, rng))
    off = misses(found)
    budget = np.median([find.sighting.position.ce90_m for find in found.finds if find.sighting.position])
    assert np.median(off) <= 1.3 * budget


def test_frames_are_few_and_every_find_has_its_picture(tmp_path: Path) -> None:
    seen: list[int] = []
    path = write_video(tmp_path, TOWN, OVER)
    found = survey([path], red_things, tmp_path, progress=seen.append)
    assert 4 <= seen[-1] <= 15  # of 60: 56 m of way, 58 m of it in one picture
    for find in found.finds:
        image = cv2.imread(str(find.evidence))
        assert image is not None
        x1, y1, x2, y2 = (round(edge) for edge in find.evidence_box)
        assert np.asarray(image)[y1:y2, x1:x2, 2].mean() > 180
    assert len(found.path) == seen[-1]


def test_what_is_as_wide_as_a_house_is_no_stall(tmp_path: Path) -> None:
    path = write_video(tmp_path, TOWN, OVER)

    def as_stalls(frame: Frame) -> Detections:
        return replace(red_things(frame), names=("stall",))

    def with_a_roof(frame: Frame) -> Detections:
        seen = red_things(frame)
        roof = np.array([[0, 0, frame.width / 2, frame.height / 3]], np.float32)
        return Detections(
            np.vstack([seen.boxes, roof]),
            np.append(seen.scores, np.float32(0.9)),
            np.append(seen.class_ids, 0),
            ("stall",),
        )

    assert [find.sighting.key for find in survey([path], with_a_roof, tmp_path).finds] == [
        find.sighting.key for find in survey([path], as_stalls, tmp_path).finds
    ]


def test_times_are_those_of_the_telemetry(tmp_path: Path) -> None:
    first = fly(tmp_path, OVER).finds[0].sighting
    assert datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC) <= first.first_seen <= first.last_seen
    assert first.last_seen < datetime(2026, 11, 20, 10, 0, 6, tzinfo=UTC)
    assert set(to_json(first)) == {
        "class",
        "lat",
        "lon",
        "ce90",
        "confidence",
        "first_seen",
        "last_seen",
        "frames",
    }


def test_a_second_run_gives_the_same_keys(tmp_path: Path) -> None:
    keys = [{find.sighting.key for find in fly(tmp_path, OVER).finds} for _ in range(2)]
    assert keys[0] == keys[1]
    assert len(keys[0]) == len(TOWN.stalls)


@pytest.mark.parametrize("turn", [180.0, 90.0])
def test_turned_frames_are_found_and_mended(tmp_path: Path, turn: float) -> None:
    """A third of the photos lies upside down, or on its side, although the telemetry says nothing of it."""
    true = [replace(pose, roll=turn) if 20 <= i < 40 else pose for i, pose in enumerate(OVER)]
    found = fly(tmp_path, true, OVER)
    assert any(f"turned by {turn:g} degrees" in note for note in found.notes)
    assert len(misses(found)) == len(TOWN.stalls)
    assert np.median(misses(found)) <= 0.5


def test_a_terrain_model_puts_things_on_their_hill(tmp_path: Path) -> None:
    """The plain of the pictures lies 8 m below take-off, as the model says: without it everything is 10 m off."""
    heights = np.full((3, 3), 100.0)
    corner = (HOME.lon - 0.003, 0.002, 0.0, HOME.lat + 0.003, 0.0, -0.002)
    terrain = replace(terrain_of(heights, corner, "EPSG:4326"), base=108.0)
    said = [replace(pose, height=pose.height - 8) for pose in OBLIQUE]
    path = write_video(tmp_path, TOWN, OBLIQUE, said)
    plain, placed = survey([path], red_things, tmp_path), survey([path], red_things, tmp_path, terrain=terrain)
    assert np.median(misses(placed)) <= 1.0
    assert np.median(misses(plain)) > 4.0


def test_without_telemetry_things_are_counted_but_not_placed(tmp_path: Path) -> None:
    path = write_video(tmp_path, TOWN, OVER)
    (tmp_path / "flight.srt").unlink()
    found = survey([path], red_things, tmp_path)
    assert len(found.finds) == len(TOWN.stalls)
    assert all(find.sighting.position is None for find in found.finds)
    assert any("no telemetry" in note for note in found.notes)


@pytest.mark.parametrize("pitch", [-90.0, -70.0, -50.0, -45.0, -30.0])
@pytest.mark.parametrize("sides", [(2.5, 2.5, 2.3), (3.0, 1.5, 2.0)])
def test_solid_things_stand_where_they_touch_the_ground(pitch: float, sides: tuple[float, float, float]) -> None:
    """Boxes around cuboids that stand on the street, seen from 60 m up at every angle."""
    rng = np.random.default_rng(5)
    lens = Lens(2775, 2775, 1920, 1080)
    corners = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0, 1)]) * sides
    off = []
    for _ in range(40):
        pose = Pose(HOME.lat, HOME.lon, 60, rng.uniform(-180, 180), pitch, 0, lens)
        foot = PoseLocator(pose).locate(rng.uniform(400, 3440), rng.uniform(900, 1860))
        north, east = HOME.metres(foot.lat, foot.lon)
        turn = rotation(rng.uniform(0, 180), 0, 0)
        solid = (corners @ turn.T + (north, east, 0)) * (1, 1, -1) + (0, 0, 60)
        body = solid @ rotation(pose.yaw, pose.pitch, 0)
        u, v = (lens.cx + lens.fx * body[:, 1] / body[:, 0], lens.cy + lens.fy * body[:, 2] / body[:, 0])
        box = (float(u.min()), float(v.min()), float(u.max()), float(v.max()))
        found = locate(Detection("stall", 0.9, box), pose)
        assert found is not None
        here = HOME.metres(found.lat, found.lon)
        off.append(float(np.hypot(here[0] - north, here[1] - east)))
    assert np.median(off) < 0.6
    assert max(off) < 1.5
