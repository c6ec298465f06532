"""The scripts hold what the demo promises."""

import itertools
from dataclasses import replace

from training.scenes.block import FRONT, ROAD
from training.scenes.config import SITE
from training.scenes.flight_path import poses
from training.scenes.timeline import flight_script, street_script

STALLS = ("stall-a", "stall-b", "stall-c")


def test_the_same_seed_gives_the_same_script_and_another_seed_another() -> None:
    assert street_script(7) == street_script(7)
    assert flight_script(7) == flight_script(7)
    assert replace(street_script(8), seed=7) != street_script(7)


def test_actor_numbers_are_unique() -> None:
    for script in (street_script(7), flight_script(7)):
        numbers = [a.number for a in script.actors]
        assert len(numbers) == len(set(numbers))
        assert min(numbers) > 0


def test_the_stalls_play_their_parts() -> None:
    script = street_script(7)
    end = (script.frames - 1) * script.step
    a, b, c = (next(x for x in script.actors if x.name == name) for name in STALLS)
    assert min(a.last, end) - a.first > 300 + 90
    assert min(b.last, end) - b.first > 300 + 90
    assert 60 < c.last - c.first < 300 - 90
    assert min(a.first, b.first, c.first) >= 100  # an empty street to learn from
    spot = b.at(b.first)
    assert spot is not None
    assert SITE[0] < spot.x < SITE[2]
    assert SITE[1] < spot.y < SITE[3]
    for stall in (a, c):
        spot = stall.at(stall.first)
        assert spot is not None
        assert ROAD < -spot.x < FRONT


def test_traffic_hides_stall_a_now_and_then() -> None:
    script = street_script(7)
    halts = [x for x in script.actors if x.label == "car" and x.kind in ("bus", "van") and len(x.path) == 4]
    assert len(halts) >= 3
    assert all(halt.path[2].t - halt.path[1].t < 90 for halt in halts)


def test_cars_do_not_drive_through_a_halted_bus() -> None:
    script = street_script(7)
    halts = [x for x in script.actors if len(x.path) == 4]
    for frame in range(script.frames):
        t = frame * script.step
        for halt in halts:
            spot = halt.at(t)
            if spot is None or spot.moving:
                continue
            for other in script.actors:
                at = other.at(t) if other.label == "car" and other is not halt else None
                assert at is None or abs(at.x - spot.x) > 1.9 or abs(at.y - spot.y) > 5


def test_the_flight_is_level_and_overlaps_itself() -> None:
    script = flight_script(7)
    flown = poses(script, 1280)
    assert len(flown) == script.frames
    assert flown == poses(script, 1280)
    for one, two in itertools.pairwise(flown):
        footprint = one.height / one.focal * one.size_v
        assert 0 < two.north - one.north < 0.2 * footprint
        assert abs(two.pitch + 90) < 0.5
