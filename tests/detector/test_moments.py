"""A candidate brings the pictures of its first sighting and of a moment at which the rule was broken, never before."""

from datetime import timedelta

import numpy as np
import pytest

from detector.look import Look
from detector.places.pictures import Moment
from detector.recording import Gap
from detector.rules.ruling import Outcome
from detector.vision.jpeg import decode
from tests.detector.scenes import put, stall
from tests.detector.test_look import EMPTY, STALLS, START, book, run, street


def test_the_pictures_are_of_the_first_sighting_and_of_the_breach_or_later() -> None:
    found = run(Look("camera", book(STALLS), []), street(10, 110))
    assert [one.ruling.outcome for one in found] == [Outcome.VIOLATION, Outcome.VIOLATION]
    for one in found:
        now = next(picture for picture in one.pictures if picture.moment is Moment.NOW)
        assert now.captured_at == one.sighting.last_seen
        assert now.captured_at - one.sighting.first_seen >= STALLS.dwell
        shown = decode(now.jpeg)
        assert np.abs(shown.astype(int) - put(EMPTY, stall(), 200, 150)).mean() < 12
    first = [picture for picture in found[0].pictures if picture.moment is Moment.FIRST]
    assert [picture.captured_at for picture in first] == [found[0].sighting.first_seen]
    assert first[0].box == pytest.approx((200, 150, 272, 230), abs=30)
    assert Moment.FIRST not in {picture.moment for picture in found[1].pictures}, "once is enough"


def test_what_occupancy_found_comes_with_the_empty_scene_that_it_learned() -> None:
    found = run(Look("camera", book(STALLS), []), street(10, 60))
    empty = next(picture for picture in found[0].pictures if picture.moment is Moment.EMPTY)
    shown = decode(empty.jpeg).astype(int)
    x1, y1, x2, y2 = (round(side) for side in empty.box)
    apart = [
        np.abs(shown[y1:y2, x1:x2] - scene[y1:y2, x1:x2]).mean() for scene in (EMPTY, put(EMPTY, stall(), 200, 150))
    ]
    assert apart[0] < 12 < apart[1], "where the stall stands it shows the paving"


def test_a_span_without_frames_is_told_with_the_candidate() -> None:
    pictures = street(10, 60)
    look = Look("camera", book(STALLS), [])
    assert run(look, pictures[:30]) == []
    (found,) = run(look, pictures[30:], start=5 * 30 + 55)
    assert found.recording is not None
    before, after = START + timedelta(seconds=5 * 29), START + timedelta(seconds=5 * 30 + 55)
    assert found.recording.gaps == (Gap(before, after),)
    assert found.recording.clock == "footage"
