"""Pavement and road from the feet of people and the wheels of vehicles."""

import numpy as np
from shapely import Point, Polygon

from detector.places.ground_use import LEAST, PAVEMENT, ROAD, GroundUse, ProposedArea
from detector.vision.detections import Box, Detections

WIDTH, HEIGHT = 1920, 1080
NAMES = ("person", "car", "umbrella")
RNG = np.random.default_rng(12)


def seen(name: str, box: Box) -> Detections:
    boxes = np.array([box], np.float32)
    return Detections(boxes, np.array([0.9], np.float32), np.array([NAMES.index(name)]), NAMES)


def walk(use: GroundUse, count: int, top: float = 800, bottom: float = 900) -> None:
    for _ in range(count):
        x, y = RNG.uniform(100, 1800), RNG.uniform(top, bottom)
        use.learn(seen("person", (x - 20, y - 120, x + 20, y)))


def drive(use: GroundUse, count: int) -> None:
    for _ in range(count):
        x, y = RNG.uniform(200, 1700), RNG.uniform(550, 650)
        use.learn(seen("car", (x - 100, y - 100, x + 100, y)))


def over(areas: tuple[ProposedArea, ...], u: float, v: float) -> list[str]:
    return [area.use for area in areas if Polygon(area.corners).contains(Point(u, v))]


def test_people_make_a_pavement_and_vehicles_a_road() -> None:
    use = GroundUse(WIDTH, HEIGHT)
    walk(use, 300)
    drive(use, 300)
    walk(use, 15, top=550, bottom=650)  # who crosses the road makes no pavement of it
    areas = use.proposed()
    assert {area.use for area in areas} == {PAVEMENT, ROAD}
    assert over(areas, 960, 850) == [PAVEMENT]
    assert over(areas, 960, 600) == [ROAD]
    assert over(areas, 960, 300) == over(areas, 960, 1040) == []
    assert all(3 <= len(area.corners) <= 16 for area in areas)
    assert all(0 <= u <= WIDTH and 0 <= v <= HEIGHT for area in areas for u, v in area.corners)


def test_of_too_few_nothing_is_proposed_and_other_things_tell_nothing() -> None:
    use = GroundUse(WIDTH, HEIGHT)
    walk(use, LEAST - 1)
    for _ in range(100):
        use.learn(seen("umbrella", (400, 500, 500, 600)))
    assert use.proposed() == ()
    walk(use, 40)
    assert {area.use for area in use.proposed()} == {PAVEMENT}


def test_whose_feet_the_border_cuts_stands_nowhere() -> None:
    use = GroundUse(WIDTH, HEIGHT)
    for x in range(100, 1800, 10):
        use.learn(seen("person", (x, 900, x + 60, HEIGHT)))
    assert (use.seen[PAVEMENT], use.proposed()) == (0, ())
