"""The album holds the best frame of each place, and never many frames."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from detector.places.best_frames import FRAMES, BestFrames
from detector.places.places import Place, Places
from detector.places.proposal import Proposal
from detector.vision.detections import Box
from detector.vision.frame import Frame

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOX: Box = (100, 100, 200, 200)


def frame(index: int) -> Frame:
    return Frame(np.zeros((4, 4, 3), np.uint8), NOON + timedelta(seconds=index), "camera", index=index)


def place(key: str = "a", box: Box = BOX) -> Place:
    (found,) = Places("camera").update([Proposal("stall", "stall", box, 0.8, "occupancy")], NOON)
    return replace(found, key=key)


def test_a_frame_in_which_the_thing_is_hidden_does_not_replace_one_that_shows_it() -> None:
    album = BestFrames()
    album.keep(frame(0), [place()], hidden=[])
    album.keep(frame(1), [place()], hidden=[(120, 90, 300, 300)])
    shot = album.take("a")
    assert shot is not None
    assert shot.frame.index == 0
    assert album.take("a") is None, "after it was taken, it starts anew"


def test_of_equal_frames_the_latest_is_kept() -> None:
    album = BestFrames()
    for index in range(3):
        album.keep(frame(index), [place()], hidden=[])
    shot = album.take("a")
    assert shot is not None
    assert shot.frame.index == 2


def test_a_box_that_is_unlike_the_usual_one_shows_the_thing_badly() -> None:
    album = BestFrames()
    album.keep(frame(0), [place()], hidden=[])
    usual = replace(place(), boxes=(BOX, BOX, BOX, (100, 100, 140, 140)))
    album.keep(frame(1), [usual], hidden=[])
    shot = album.take("a")
    assert shot is not None
    assert shot.frame.index == 0


def test_the_number_of_frames_is_bounded_however_many_places_there_are() -> None:
    album = BestFrames()
    keys = [f"place {index}" for index in range(3 * FRAMES)]
    for index, key in enumerate(keys):
        album.keep(frame(index), [place(key)], hidden=[])
    held = [shot.frame.index for key in keys if (shot := album.take(key))]
    assert held == list(range(2 * FRAMES, 3 * FRAMES))


def test_places_that_ended_are_let_go() -> None:
    album = BestFrames()
    album.keep(frame(0), [place("a"), place("b")], hidden=[])
    album.drop_all_but(["b"])
    assert album.take("a") is None
    assert album.take("b") is not None
