"""What stands is found whatever the light does, and what only looks so is not."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.errors import DetectorError
from detector.places.occupancy import Occupancy
from detector.places.places import Place, Places
from detector.vision.boxes import as_array, overlap
from detector.vision.detections import Box, Detections
from detector.vision.frame import Image
from tests.detector.scenes import at, dappled, ground, lit, put, seen_by_camera, shaded, shaken, stall

EMPTY = ground()
STALL = stall(80)
LEFT, TOP = 200, 150
WHERE: Box = (LEFT, TOP, LEFT + STALL.shape[1], TOP + 80)
FRAMES = 34
COMES = 10

Script = Callable[[int, np.random.Generator], Image]


def there(frame: int) -> Image:
    return put(EMPTY, STALL, LEFT, TOP) if frame >= COMES else EMPTY


def watch(
    script: Script, frames: int = FRAMES, seen: Detections | None = None, finder: Occupancy | None = None
) -> list[Place]:
    """Five seconds between frames; the places that were seen to stand for a minute or more."""
    rng = np.random.default_rng(5)
    occupancy, places = finder or Occupancy(), Places("camera")
    known: dict[str, Place] = {}
    for frame in range(frames):
        image = seen_by_camera(script(frame, rng), rng)
        for place in places.update(occupancy.look(image, at(5 * frame), seen), at(5 * frame)):
            known[place.key] = place
    return [place for place in known.values() if (place.last_seen - place.first_seen).total_seconds() >= 60]


def agreement(box: Box, other: Box) -> float:
    """Intersection over union."""
    return float(overlap(as_array([box]), as_array([other]))[0][0, 0])


SHADOW = [(60, 60), (330, 80), (360, 250), (90, 240)]
EMPTY_STREETS: dict[str, Script] = {
    "nothing happens": lambda i, rng: EMPTY,
    "dusk falls": lambda i, rng: lit(EMPTY, 1 - 0.02 * i),
    "the exposure jumps": lambda i, rng: lit(EMPTY, (1, 0.6, 1.3)[i // 10 % 3], (1, 1.2, 0.9)[i // 10 % 3]),
    "a hard shadow falls and stays": lambda i, rng: shaded(EMPTY, SHADOW) if i >= COMES else EMPTY,
    "the sun comes out between leaves": lambda i, rng: dappled(EMPTY) if i >= COMES else EMPTY,
    "a shadow sweeps": lambda i, rng: shaded(EMPTY, [(x + 4 * i, y) for x, y in SHADOW]),
    "the camera shakes": lambda i, rng: shaken(EMPTY, *rng.normal(0, 1.2, 2)),
    "people pass": lambda i, rng: put(EMPTY, stall(60, i), (i * 67) % 420, 120),
    "one stops for ten seconds": lambda i, rng: put(EMPTY, STALL, LEFT, TOP) if i in (20, 21) else EMPTY,
    "something leaves": lambda i, rng: put(EMPTY, STALL, LEFT, TOP) if i < COMES else EMPTY,
}
BUS = stall(150, 9)
STALLS: dict[str, Script] = {
    "a stall comes": lambda i, rng: there(i),
    "at dusk": lambda i, rng: lit(there(i), 1 - 0.018 * i),
    "while the exposure jumps": lambda i, rng: lit(there(i), (1, 0.6, 1.3)[i // 10 % 3]),
    "under a shadow that sweeps": lambda i, rng: shaded(there(i), [(x - 100 + 8 * i, y) for x, y in SHADOW]),
    "while the camera shakes": lambda i, rng: shaken(there(i), *rng.normal(0, 1.2, 2)),
    "behind buses": lambda i, rng: put(there(i), BUS, 190, 110) if i % 6 < 2 else there(i),
    "at night": lambda i, rng: lit(there(i), 0.25),
}


@pytest.mark.parametrize("script", EMPTY_STREETS.values(), ids=EMPTY_STREETS.keys())
def test_an_empty_street_has_no_stall(script: Script) -> None:
    assert watch(script) == []


@pytest.mark.parametrize("script", STALLS.values(), ids=STALLS.keys())
def test_a_stall_is_one_place_where_it_stands(script: Script) -> None:
    places = watch(script)
    assert len(places) == 1
    assert agreement(places[0].box, WHERE) > 0.3  # in the worst light the cart alone is left
    assert places[0].first_seen <= at(5 * COMES + 75)
    assert places[0].found_by == "occupancy"


def test_a_stall_that_leaves_ends_and_leaves_no_ghost() -> None:
    places = watch(lambda i, rng: put(EMPTY, STALL, LEFT, TOP) if COMES <= i < 28 else EMPTY, 50)
    assert len(places) == 1
    assert places[0].last_seen <= at(5 * 28)


def detections(name: str, box: Box, score: float) -> Detections:
    return Detections(np.array([box], np.float32), np.array([score], np.float32), np.array([0]), (name,))


@pytest.mark.parametrize(("name", "stands"), [("car", False), ("truck", False), ("person", False), ("umbrella", True)])
def test_vehicles_and_people_alone_are_no_stall(name: str, stands: bool) -> None:
    places = watch(lambda i, rng: there(i), seen=detections(name, WHERE, 0.7))
    assert bool(places) is stands


def test_a_person_in_front_of_a_cart_does_not_hide_the_stall() -> None:
    vendor: Box = (LEFT + 45, TOP + 20, LEFT + 72, TOP + 80)
    assert len(watch(lambda i, rng: there(i), seen=detections("person", vendor, 0.9))) == 1


def test_boxes_are_in_pixels_of_the_full_picture() -> None:
    def large(frame: int, rng: np.random.Generator) -> Image:
        return np.asarray(cv2.resize(there(frame), (1440, 816)), np.uint8)

    places = watch(large, 36)
    assert len(places) == 1
    assert agreement(places[0].box, (3 * WHERE[0], 3 * WHERE[1], 3 * WHERE[2], 3 * WHERE[3])) > 0.7


def test_what_stands_there_at_the_start_is_found_with_a_kept_empty_scene_only() -> None:
    def already(frame: int, rng: np.random.Generator) -> Image:
        return put(EMPTY, STALL, LEFT, TOP)

    assert watch(already) == []
    before = Occupancy()
    watch(lambda i, rng: EMPTY, 10, finder=before)
    kept = before.snapshot()
    assert kept is not None
    after = Occupancy()
    after.restore(kept, at(-60))
    places = watch(already, finder=after)
    assert len(places) == 1
    assert agreement(places[0].box, WHERE) > 0.3  # in the worst light the cart alone is left


def test_a_kept_scene_of_another_size_is_learned_anew_and_a_spoilt_one_refused() -> None:
    occupancy = Occupancy()
    watch(lambda i, rng: EMPTY, 10, finder=occupancy)
    kept = occupancy.snapshot() or b""
    assert occupancy.look(ground(320, 240), at(600)) == []
    assert not occupancy.ready
    occupancy.restore(kept, at(0))
    assert occupancy.look(ground(320, 240), at(605)) == []
    assert not occupancy.ready
    with pytest.raises(DetectorError, match="the kept empty scene cannot be read"):
        occupancy.restore(b"PK no scene", at(0))


def frames_of(path: Path, step: int) -> list[Image]:
    video, frames = cv2.VideoCapture(str(path)), []
    while video.grab():
        if int(video.get(cv2.CAP_PROP_POS_FRAMES)) % step == 0:
            frames.append(np.asarray(video.retrieve()[1], np.uint8))
    return frames


def test_real_footage_of_walkers_has_no_stall_and_a_pasted_one_is_found(shared: Path) -> None:
    frames = frames_of(shared / "video" / "vtest.avi", 16)
    assert watch(lambda i, rng: frames[i], len(frames)) == []
    thing = stall(110, 1)
    places = watch(lambda i, rng: put(frames[i], thing, 150, 180) if i >= 14 else frames[i], len(frames))
    assert len(places) == 1
    assert agreement(places[0].box, (150, 180, 249, 290)) > 0.7
