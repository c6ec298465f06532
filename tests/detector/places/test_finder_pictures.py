"""The small picture of each finder's surest look at a place."""

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from detector.candidate import FinderPicture
from detector.places.finder_pictures import KEPT, SIDE, FinderPictures
from detector.places.place_evidence import MODEL, OBJECTS, Support
from detector.places.places import Places
from detector.places.proposal import STALL, Proposal
from detector.vision.frame import Image

START = datetime(2026, 11, 23, 2, tzinfo=UTC)
BOX = (600.0, 300.0, 1000.0, 700.0)


def grey(level: int) -> Image:
    return np.full((1080, 1920, 3), level, np.uint8)


def seen(finder: str, score: float) -> Proposal:
    return Proposal(STALL, STALL, BOX, score, finder, (Support(finder, score, 1.0),))


def level_of(picture: FinderPicture) -> float:
    shown = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert (picture.height, picture.width) == shown.shape[:2]
    return float(shown.mean())


def test_each_finder_keeps_the_look_in_which_it_was_surest() -> None:
    places, pictures = Places("camera"), FinderPictures()
    looks = [(MODEL, 0.4, 40), (MODEL, 0.8, 80), (OBJECTS, 0.3, 120), (MODEL, 0.5, 160)]
    for number, (finder, score, level) in enumerate(looks):
        at = START + timedelta(seconds=20 * number)
        pictures.keep(grey(level), at, places.update([seen(finder, score)], at, (), {STALL: (MODEL, OBJECTS)}))
    (place,) = places.all
    of_model, of_objects = sorted(pictures.of(place.key), key=lambda one: one.finder)
    assert (of_model.finder, of_model.captured_at) == (MODEL, START + timedelta(seconds=20))
    assert (of_objects.finder, of_objects.captured_at) == (OBJECTS, START + timedelta(seconds=40))
    assert abs(level_of(of_model) - 80) < 2
    assert abs(level_of(of_objects) - 120) < 2
    assert max(of_model.width, of_model.height) == SIDE
    pictures.drop_all_but(())
    assert pictures.of(place.key) == ()


def test_no_more_pictures_are_held_than_are_useful() -> None:
    pictures, image = FinderPictures(), grey(90)[:64, :64]
    first = None
    for number in range(KEPT + 1):
        places = Places(f"camera {number}")
        pictures.keep(image, START, places.update([seen(MODEL, 0.5)], START, (), {STALL: (MODEL,)}))
        first = first or places.all[0].key
        last = places.all[0].key
    assert first is not None
    assert (len(pictures.of(first)), len(pictures.of(last))) == (0, 1)
