"""Places under every order and timing of frames: one thing stays one place, and its clock tells only what was seen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.places.place_evidence import MODEL, OBJECTS, OCCUPANCY, Support
from detector.places.places import LOOKS, MEMORY, UNWATCHED, Places
from detector.places.proposal import STALL, Proposal, groups_of, hull, hull_of
from detector.vision.detections import Box

FEW = settings(max_examples=50, deadline=None)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOX: Box = (400, 300, 520, 420)
GAP = timedelta(seconds=90)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def thing(box: Box = BOX, kind: str = STALL, confidence: float = 0.8, name: str | None = None) -> Proposal:
    return Proposal(name or kind, kind, box, confidence, MODEL, (Support(MODEL, confidence, 1.0),))


def box_at(cell: int) -> Box:
    """One of many boxes of a street that do not touch."""
    left, top = 150.0 * (cell % 8), 150.0 * (cell // 8)
    return left, top, left + 100, top + 100


cells = st.sets(st.integers(0, 39), max_size=6)


@FEW
@given(st.lists(cells, min_size=1, max_size=8), st.data())
def test_the_order_of_proposals_in_a_frame_does_not_matter(frames: list[set[int]], data: st.DataObject) -> None:
    plain, shuffled = Places("camera"), Places("camera")
    for index, frame in enumerate(frames):
        proposals = [thing(box_at(cell), kind=("ads", STALL)[cell % 2]) for cell in sorted(frame)]
        plain.update(proposals, at(5 * index))
        shuffled.update(data.draw(st.permutations(proposals)), at(5 * index))
    assert {place.key: place for place in plain.all} == {place.key: place for place in shuffled.all}


@FEW
@given(st.lists(cells, min_size=2, max_size=8), st.integers(0, 59))
def test_a_frame_that_comes_late_changes_nothing(frames: list[set[int]], late: int) -> None:
    places = Places("camera")
    for index, frame in enumerate(frames):
        places.update([thing(box_at(cell)) for cell in frame], at(60 + index))
    before, now = places.all, at(60 + len(frames) - 1)
    assert places.update([thing((0, 0, 900, 900))], now - timedelta(seconds=late)) == before
    assert places.update([], now) == before, "the same frame again"


@FEW
@given(st.sets(st.integers(0, 39), min_size=1, max_size=8), st.sets(st.integers(0, 39), max_size=8), st.booleans())
def test_what_comes_elsewhere_changes_nothing_here(here: set[int], elsewhere: set[int], other_kind: bool) -> None:
    alone, crowded = Places("camera"), Places("camera")
    kind = "ads" if other_kind else STALL
    strangers = [thing(box_at(cell), kind) for cell in elsewhere - here]
    for index in range(4):
        mine = [thing(box_at(cell)) for cell in here]
        alone.update(mine, at(5 * index))
        crowded.update([*strangers, *mine], at(5 * index))
    found = {place.key: place for place in crowded.all}
    assert [found[place.key] for place in alone.all] == list(alone.all)
    assert len(found) == len(here) + len(elsewhere - here)


@FEW
@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(1, 40))
def test_the_clock_runs_from_the_first_to_the_last_look_that_saw_it(looks: list[bool], step: int) -> None:
    places = Places("camera", GAP)
    first = last = None
    count = 0
    for index, seen in enumerate(looks):
        now = at(step * index)
        if last is not None and now - last > GAP:
            first = last = None
        if seen:
            first, last, count = first or now, now, count + 1 if first else 1
        places.update([thing()] if seen else [], now)
        if first is None:
            assert places.all == ()
            continue
        (place,) = places.all
        assert (place.first_seen, place.last_seen, place.frames) == (first, last, count)
        assert len(place.looks) <= LOOKS
        assert len(place.boxes) <= MEMORY


@pytest.mark.parametrize(("seconds", "same"), [(89, True), (90, True), (91, False)])
@pytest.mark.parametrize(("kind", "slow"), [(STALL, 0), (STALL, 600), ("ads", 0), ("ads", 90)])
def test_a_gap_of_just_the_limit_is_forgiven(seconds: int, same: bool, kind: str, slow: int) -> None:
    places = Places("camera", GAP, timedelta(seconds=slow))
    (first,) = places.update([thing(kind=kind)], at(0))
    (after,) = places.update([thing(kind=kind)], at(seconds))
    assert (after.key == first.key) is same


def test_signs_are_waited_for_as_long_as_their_beat() -> None:
    places = Places("camera", GAP, timedelta(minutes=11))
    first = {place.kind: place.key for place in places.update([thing(), thing(box_at(39), "ads")], at(0))}
    after = {place.kind: place.key for place in places.update([thing(), thing(box_at(39), "ads")], at(600))}
    assert after["ads"] == first["ads"]
    assert after[STALL] != first[STALL]


@pytest.mark.parametrize("asked", [None, {}])
@pytest.mark.parametrize(("minutes", "kept"), [(29, True), (30, True), (31, False)])
def test_a_reported_place_outlives_an_outage_of_half_an_hour(
    minutes: int, kept: bool, asked: dict[str, list[str]] | None
) -> None:
    assert timedelta(minutes=30) == UNWATCHED
    places = Places("camera")
    (first,) = places.update([thing()], at(0))
    places.report(first.key)
    after = places.update([], at(60 * minutes), asked=asked)
    assert [place.key for place in after] == ([first.key] if kept else [])


def test_a_kind_that_was_not_asked_for_is_not_missed() -> None:
    places = Places("camera", GAP)
    places.update([thing(), thing(box_at(39), "ads")], at(0))
    after = places.update([], at(60), asked={STALL: [MODEL]})
    said = {place.kind: (place.looks, place.evidence.of(MODEL).looks) for place in after}
    assert said == {STALL: ((True, False), 2), "ads": ((True,), 1)}


def test_a_place_that_looks_as_before_stands_on_though_no_finder_sees_it() -> None:
    places = Places("camera", GAP)
    (first,) = places.update([thing()], at(0))
    for second in range(60, 1260, 60):
        (place,) = places.update([], at(second), asked={STALL: [MODEL, OBJECTS]}, unchanged=[first.key])
    assert (place.key, place.last_seen) == (first.key, at(1200))
    assert (place.evidence.of(MODEL).looks, place.evidence.of(OBJECTS).looks) == (21, 20)
    assert place.evidence.of(MODEL).seen == 1, "but what a finder did not say is not put in its mouth"
    assert place.box == BOX


@pytest.mark.parametrize("seen", [True, False])
def test_the_silence_of_occupancy_is_not_counted(seen: bool) -> None:
    places = Places("camera", GAP)
    places.update([thing()], at(0))
    (place,) = places.update([thing()] if seen else [], at(5), asked={STALL: [MODEL, OBJECTS, OCCUPANCY]})
    assert place.evidence.of(OCCUPANCY).looks == 0
    assert (place.evidence.of(MODEL).looks, place.evidence.of(OBJECTS).looks) == (2, 1)


@pytest.mark.parametrize(("shift", "same"), [(0, True), (60, True), (63, False), (120, False)])
def test_a_sign_is_the_same_where_three_tenths_agree(shift: float, same: bool) -> None:
    """Squares of 120 pixels, 60 apart, agree by 1 / 3; 63 apart and one of them lower by 20, by 0.275."""
    moved: Box = (BOX[0] + shift, BOX[1], BOX[2] + shift, BOX[3] - (20 if shift == 63 else 0))
    places = Places("camera", GAP, GAP)
    (first,) = places.update([thing(kind="ads")], at(0))
    after = places.update([thing(moved, "ads")], at(5))
    assert (len(after), after[0].frames) == ((1, 2) if same else (2, 1))
    assert first.key in {place.key for place in after}


def test_a_place_that_settled_stays_so_through_traffic() -> None:
    places = Places("camera", GAP)
    for second in (0, 5, 10):
        places.update([thing()], at(second))
    for second in range(15, 60, 5):
        places.update([], at(second))
    (place,) = places.update([thing()], at(60))
    assert (sum(place.looks), place.settled) == (1, True)


def test_a_reported_place_that_is_empty_ends_after_its_gap_and_a_lorry_stops_that_clock() -> None:
    places = Places("camera", GAP)
    places.report(places.update([thing()], at(0))[0].key)
    for second in range(5, 95, 5):  # empty from 5 on
        places.update([], at(second))
    (empty,) = places.all
    assert empty.missed_since == at(5)
    (hidden,) = places.update([], at(95), hidden=[(0, 0, 900, 900)])
    assert hidden.missed_since is None
    for second in range(100, 195, 5):
        assert places.update([], at(second)), second
    assert places.update([], at(195)) == ()


@pytest.mark.parametrize(("share", "counts"), [(0.4, True), (0.6, False)])
def test_silence_counts_unless_something_hides_half_of_it(share: float, counts: bool) -> None:
    places = Places("camera", GAP)
    places.update([thing()], at(0))
    lorry: Box = (0, 0, BOX[0] + share * 120, 900)
    (place,) = places.update([], at(5), hidden=[lorry], asked={STALL: [MODEL]})
    assert place.evidence.of(MODEL).looks == (2 if counts else 1)


def test_dropping_spares_what_was_handed_on() -> None:
    places = Places("camera")
    keys = [place.key for place in places.update([thing(box_at(cell)) for cell in (0, 9, 18)], at(0))]
    places.report(keys[0])
    places.drop(keys[:2])
    assert [place.key for place in places.all] == [keys[0], keys[2]]
    places.forget()
    assert places.all == ()


@FEW
@given(st.lists(cells, min_size=1, max_size=6), st.integers(0, 5))
def test_a_restart_in_the_middle_changes_nothing(frames: list[set[int]], cut: int) -> None:
    through, before = Places("camera"), Places("camera")
    for index, frame in enumerate(frames):
        proposals = [thing(box_at(cell), confidence=0.5 + cell / 100) for cell in frame]
        through.update(proposals, at(5 * index))
        if index == cut:
            after = Places("camera")
            after.take_up(before.all)
            before = after
        before.update(proposals, at(5 * index))
    assert before.all == through.all


@pytest.mark.parametrize(("back", "kept"), [(60, True), (61, False)])
def test_a_clock_set_back_by_more_than_a_minute_starts_anew(back: int, kept: bool) -> None:
    places = Places("camera")
    before = places.update([thing()], at(1000))
    assert (places.update([], at(1000 - back)) == before) is kept


boxes = st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 30)] * 2).map(
    lambda one: (float(one[0]), float(one[1]), float(one[0] + one[2]), float(one[1] + one[3]))
)


@FEW
@given(st.lists(boxes, max_size=9), st.data())
def test_groups_are_those_of_any_order_and_hold_each_box_once(found: list[Box], data: st.DataObject) -> None:
    def touch(a: Box, b: Box) -> bool:
        return max(a[0], b[0]) <= min(a[2], b[2]) and max(a[1], b[1]) <= min(a[3], b[3])

    groups = groups_of(found, touch)
    assert sorted(index for group in groups for index in group) == list(range(len(found)))
    order = data.draw(st.permutations(range(len(found))))
    turned = groups_of([found[index] for index in order], touch)
    assert {frozenset(order[index] for index in group) for group in turned} == {frozenset(group) for group in groups}
    for group in groups:
        for index in range(len(found)):
            if index not in group:
                assert not any(touch(found[index], found[other]) for other in group)


@FEW
@given(boxes, boxes, boxes)
def test_a_hull_holds_all_and_nothing_beyond(a: Box, b: Box, c: Box) -> None:
    assert hull(a, a) == a
    assert hull(a, b) == hull(b, a)
    assert hull_of([a, b, c]) == hull(a, hull(b, c)) == hull_of([c, a, b])
    x1, y1, x2, y2 = hull_of([a, b, c])
    assert (x1, y1) == (min(a[0], b[0], c[0]), min(a[1], b[1], c[1]))
    assert (x2, y2) == (max(a[2], b[2], c[2]), max(a[3], b[3], c[3]))
