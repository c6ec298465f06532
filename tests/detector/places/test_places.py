"""Identity by place: one thing is one place, for hours, through traffic, outages and restarts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.places.places import Place, Places
from detector.places.proposal import Proposal
from detector.vision.detections import Box

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STALL: Box = (400, 300, 520, 420)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def stall(box: Box = STALL, class_name: str = "stall", kind: str = "stall") -> Proposal:
    return Proposal(class_name, kind, box, 0.8, "occupancy")


def feed(places: Places, start: float, stop: float, *proposals: Proposal, step: float = 5) -> tuple[Place, ...]:
    """Frames from `start` to `stop` seconds after noon, all with the same proposals; the places after them."""
    for at in np.arange(start, stop, step):
        places.update(proposals, NOON + seconds(float(at)))
    return places.all


def street(rng: np.random.Generator, fps: float, p_detect: float) -> Iterator[tuple[float, list[Proposal]]]:
    """Four hours of one static stall behind traffic: gaps Exp(90 s) apart, each of 3 to 30 s; jitter of 3 px."""
    hidden_from, hidden_to = rng.exponential(90), 0.0
    for frame in range(int(4 * 3600 * fps)):
        now = frame / fps
        if now >= hidden_from:
            hidden_to = hidden_from + rng.uniform(3, 30)
            hidden_from = hidden_to + rng.exponential(90)
        seen = now >= hidden_to and rng.random() < p_detect
        x1, y1, x2, y2 = np.array(STALL) + rng.normal(0, 3, 4)
        yield now, [stall((x1, y1, x2, y2))] if seen else []


@pytest.mark.parametrize(("fps", "p_detect", "latest"), [(1, 0.6, 313), (0.2, 0.9, 340), (0.2, 0.6, 340)])
def test_a_stall_that_stands_four_hours_behind_traffic_is_one_alert_at_five_minutes(
    fps: float, p_detect: float, latest: float
) -> None:
    places = Places("camera")
    alerts: dict[str, float] = {}
    for now, proposals in street(np.random.default_rng(3), fps, p_detect):
        for place in places.update(proposals, NOON + seconds(now)):
            if place.last_seen - place.first_seen >= seconds(300) and place.key not in alerts:
                alerts[place.key] = now
                places.report(place.key)
    assert len(alerts) == 1
    assert 300 <= next(iter(alerts.values())) <= latest


def test_the_box_is_the_median_and_follows_slow_drift() -> None:
    places = Places("camera")
    feed(places, 0, 100, stall())
    feed(places, 100, 105, stall((300, 300, 560, 500)))  # one wild frame
    assert places.all[0].box == STALL
    for step in range(100):
        moved = (400.0 + step, 300.0, 520.0 + step, 420.0)
        feed(places, 105 + 5 * step, 109 + 5 * step, stall(moved))
    assert len(places.all) == 1
    assert places.all[0].box[0] == pytest.approx(484, abs=2), "the median of the last 31 looks"


def test_two_stalls_side_by_side_are_two_places() -> None:
    left, right = stall((100, 300, 200, 400)), stall((205, 300, 305, 400))
    places = Places("camera")
    assert len(feed(places, 0, 100, left, right)) == 2
    merged = stall((100, 300, 305, 400))
    after = feed(places, 100, 400, merged)  # the finder runs them together for five minutes
    assert len(after) == 2
    assert {place.first_seen for place in after} == {NOON}
    assert {place.last_seen for place in after} == {NOON + seconds(395)}


def test_a_part_of_a_thing_is_no_second_thing() -> None:
    places = Places("camera")
    feed(places, 0, 100, stall((100, 200, 300, 500)))
    after = feed(places, 100, 300, stall((100, 200, 300, 330)), stall((180, 400, 280, 500)))
    assert len(after) == 1


def test_two_signs_that_overlap_are_two_signs() -> None:
    board = Proposal("signboard", "street-ads", (100, 100, 500, 160), 0.9, "model")
    cantilever = Proposal("cantilever_sign", "street-ads", (300, 90, 340, 170), 0.9, "model")
    assert len(feed(Places("camera"), 0, 60, board, cantilever)) == 2


def test_a_model_torn_between_two_classes_still_sees_one_thing() -> None:
    places = Places("camera")
    for at, name in enumerate(["signboard", "window_ad", "signboard", "signboard", "window_ad"]):
        places.update([stall(STALL, name, "street-ads")], NOON + seconds(at * 5))
    assert [place.class_name for place in places.all] == ["signboard"]


def test_another_thing_in_the_same_spot_is_another_place() -> None:
    places = Places("camera")
    feed(places, 0, 300, stall())
    after = feed(places, 300, 600, stall(STALL, "signboard", "street-ads"))
    assert [(place.class_name, place.first_seen) for place in after] == [("signboard", NOON + seconds(300))]


def test_gaps_up_to_the_limit_are_forgiven_and_longer_ones_are_not() -> None:
    places = Places("camera", gap=seconds(90))
    first = feed(places, 0, 100, stall())[0]
    assert feed(places, 185, 190, stall())[0].key == first.key
    assert feed(places, 276, 281, stall())[0].key != first.key


def test_an_outage_ends_what_was_not_reported_and_keeps_what_was() -> None:
    for reported in (False, True):
        places = Places("camera")
        first = feed(places, 0, 301, stall())[0]
        if reported:
            places.report(first.key)
        after = feed(places, 1000, 1001, stall())
        assert (after[0].key == first.key) is reported
        assert len(after) == 1


def test_a_reported_place_ends_when_it_is_looked_at_and_empty_but_not_while_something_hides_it() -> None:
    places = Places("camera")
    places.report(feed(places, 0, 301, stall())[0].key)
    lorry: Box = (380, 200, 700, 460)
    for at in range(305, 900, 5):
        places.update([], NOON + seconds(at), hidden=[lorry])
    assert len(places.all) == 1
    assert feed(places, 900, 985) != ()
    assert feed(places, 985, 1005) == ()


def test_places_survive_a_restart() -> None:
    before = Places("camera")
    feed(before, 0, 301, stall())
    before.report(before.all[0].key)
    after = Places("camera")
    after.take_up(before.all)
    assert after.all == before.all
    assert feed(after, 305, 310, stall())[0].key == before.all[0].key


def test_keys_are_the_same_in_every_run_and_differ_between_cameras() -> None:
    keys = [feed(Places(name), 0, 10, stall())[0].key for name in ("a", "a", "b")]
    assert keys[0] == keys[1] != keys[2]


def test_frames_from_the_past_change_nothing_but_a_clock_set_back_starts_anew() -> None:
    places = Places("camera")
    before = feed(places, 0, 100, stall())
    assert places.update([stall((0, 0, 50, 50))], NOON + seconds(50)) == before
    assert places.update([], NOON - timedelta(hours=1)) == ()


def test_one_flicker_does_not_settle() -> None:
    places = Places("camera")
    for at, there in enumerate([True, False, False, True, False, False, False, True]):
        places.update([stall()] if there else [], NOON + seconds(5 * at))
    assert [place.settled for place in places.all] == [False]
    assert [place.settled for place in feed(places, 100, 115, stall())] == [True]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 40)] * 2), max_size=5, unique=True),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_comes_keys_are_unique_and_no_proposal_is_counted_twice(
    frames: list[list[tuple[int, int, int, int]]],
) -> None:
    places = Places("camera")
    for index, rows in enumerate(frames):
        proposals = [stall((x, y, x + w, y + h), kind="ads") for x, y, w, h in rows]
        known = sum(place.frames for place in places.all)
        after = places.update(proposals, NOON + seconds(index))
        assert len({place.key for place in after}) == len(after)
        assert sum(place.frames for place in after) == known + len(proposals)
