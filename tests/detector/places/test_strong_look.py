"""What one look says of a place: there, gone, or that it cannot tell."""

import pytest

from detector.places.strong_look import PlaceNow, SeenPlace, StrongLook
from detector.vision.detections import Box

PLACE: Box = (200.0, 100.0, 300.0, 200.0)
BESIDE: Box = (400.0, 100.0, 500.0, 200.0)
BOTH = frozenset({"stall", "signboard"})


@pytest.mark.parametrize(
    ("look", "says"),
    [
        (StrongLook(BOTH), PlaceNow.GONE),
        (StrongLook(frozenset({"signboard"})), PlaceNow.UNSURE),  # nobody looked for stalls
        (StrongLook(BOTH, (SeenPlace("stall", (205.0, 102.0, 305.0, 198.0), True),)), PlaceNow.THERE),
        (StrongLook(BOTH, (SeenPlace("stall", (205.0, 102.0, 305.0, 198.0), False),)), PlaceNow.UNSURE),
        (StrongLook(BOTH, (SeenPlace("stall", BESIDE, True),)), PlaceNow.GONE),
        (StrongLook(BOTH, (SeenPlace("signboard", PLACE, True),)), PlaceNow.GONE),
        (StrongLook(BOTH, (), ((150.0, 90.0, 235.0, 250.0),)), PlaceNow.UNSURE),  # a lorry before a third of it
        (StrongLook(BOTH, (), ((150.0, 90.0, 210.0, 250.0),)), PlaceNow.GONE),
        (StrongLook(BOTH, (), (BESIDE,)), PlaceNow.GONE),
        (StrongLook(BOTH, (SeenPlace("stall", PLACE, True),), (PLACE,)), PlaceNow.THERE),
    ],
)
def test_a_look_says_what_it_can(look: StrongLook, says: PlaceNow) -> None:
    assert look.at("stall", PLACE) is says
