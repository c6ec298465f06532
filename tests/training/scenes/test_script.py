"""Actors on their paths, and the light."""

import itertools
from datetime import datetime

import pytest

from training.scenes.script import SceneActor, Stop, sun
from training.scenes.timeline import street_script


def _actor(*path: tuple[float, float, float]) -> SceneActor:
    return SceneActor(1, "walker", "person", "context", "walker", 0, 0.5, tuple(Stop(*p) for p in path))


def test_an_actor_walks_between_its_stops() -> None:
    walker = _actor((10, 0, 0), (20, 0, 10), (30, 0, 10))
    assert walker.at(9.9) is None
    half = walker.at(15)
    assert half is not None
    assert (half.x, half.y, half.moving) == (0, 5, True)
    assert half.turn == pytest.approx(1.5708, abs=1e-4)
    rest = walker.at(25)
    assert rest is not None
    assert (rest.y, rest.moving, rest.turn) == (10, False, 0.5)
    assert walker.at(30.1) is None


@pytest.mark.parametrize(
    ("when", "elevation"),
    [
        # at solar noon the sun stands 90 - latitude + declination high: -19.7 on 20 November, 23.44 at the solstice
        ("2026-11-20T12:11:00+08:00", 35.6),
        ("2026-06-21T12:27:00+08:00", 78.7),
    ],
)
def test_the_noon_sun_stands_south_at_its_height(when: str, elevation: float) -> None:
    azimuth, height = sun(datetime.fromisoformat(when))
    assert height == pytest.approx(elevation, abs=0.3)
    assert azimuth == pytest.approx(180, abs=3)


def test_the_morning_sun_stands_in_the_south_east() -> None:
    azimuth, height = sun(datetime.fromisoformat("2026-11-20T10:00:00+08:00"))
    assert 140 < azimuth < 150
    assert 25 < height < 30


def test_clouds_come_and_the_sun_moves_only_behind_them() -> None:
    script = street_script(7)
    lights = [script.light(t) for t in range(0, 560, 5)]
    assert min(light.through for light in lights) < 0.2
    assert max(light.through for light in lights) == 1.0
    for one, two in itertools.pairwise(lights):
        if one.azimuth != two.azimuth:
            assert two.through < 0.2
    assert len({light.azimuth for light in lights}) > 1
