"""What must hold of every ruling: more knowledge never contradicts, and a change reaches only what it speaks of."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.geometry.ground import GroundPoint
from detector.rules.hours import Hours, read_hours
from detector.rules.permits import Permit
from detector.rules.rulebook import LONGEST_DWELL, Rule, Rulebook
from detector.rules.ruling import Outcome, Ruling
from detector.rules.zones import Zone
from tests.detector.rules.street import AS_OF, LANE, ROAD, SHANGHAI, ask, book, registry, spot, square

FEW = settings(max_examples=50, deadline=None)
FAR = square("plaza", "plaza", 400)

moments = st.timedeltas(timedelta(), timedelta(days=6)).map(lambda after: AS_OF + after)
metres = st.integers(-40, 200).map(lambda half: half / 2 + 0.13)  # never just on a border, nor an error away
spots = st.builds(spot, metres, metres, st.sampled_from([0.0, 0.5, 3.0, 30.0]))
dwells = st.none() | st.timedeltas(timedelta(), timedelta(hours=40))


@st.composite
def windows(draw: st.DrawFn) -> Hours:
    start = draw(st.integers(0, 23))
    end = start + draw(st.integers(1, 12))
    return read_hours(f"{start:02}:00-{end:02}:00", SHANGHAI)


hours = st.none() | windows()


@st.composite
def permits(draw: st.DrawFn, class_name: str = "stall") -> Permit:
    here = spot(draw(st.floats(0, 80)), draw(st.floats(0, 40)))
    days = draw(st.lists(st.dates(AS_OF.date(), AS_OF.date() + timedelta(days=6)), min_size=2, max_size=2))
    first, last = sorted(days)
    radius = draw(st.floats(1, 15))
    return Permit(f"P-{draw(st.integers(0, 9**9))}", class_name, here.lat, here.lon, radius, first, last)


@st.composite
def rules(draw: st.DrawFn, name: str = "r", classes: tuple[str, ...] = ("stall",)) -> Rule:
    kinds = draw(st.sampled_from([("main_road",), ("side_road",), ("main_road", "side_road")]))
    dwell = draw(st.sampled_from([timedelta(), timedelta(minutes=5), timedelta(hours=3)]))
    return Rule(name, classes, kinds, draw(hours), dwell, permit_required=draw(st.booleans()), code="0501")


@st.composite
def books(draw: st.DrawFn) -> Rulebook:
    chosen = [draw(rules(f"r{number}")) for number in range(draw(st.integers(1, 3)))]
    known = draw(st.none() | st.lists(permits(), max_size=4).map(tuple))
    return book(*chosen, permits=None if known is None else registry(*known))


@FEW
@given(books(), moments, spots, dwells)
def test_forgetting_anything_never_makes_a_violation(
    rulebook: Rulebook, at: datetime, position: GroundPoint, dwell: timedelta | None
) -> None:
    if ask(rulebook, at, position, dwell).outcome is Outcome.VIOLATION:
        return
    less = [
        ask(rulebook, None, position, dwell),
        ask(rulebook, at, position, None),
        rulebook.rule(class_name="stall", at=at, position=None, dwell=dwell),
        ask(replace(rulebook, registry=None), at, position, dwell),
        ask(rulebook, at, replace(position, ce90_m=float("nan")), dwell),
        ask(rulebook, at, replace(position, lat=float("nan")), dwell),
    ]
    assert Outcome.VIOLATION not in [ruling.outcome for ruling in less]


@FEW
@given(books(), moments, spots, dwells)
def test_a_ruling_names_what_it_rests_on_and_is_the_same_each_time(
    rulebook: Rulebook, at: datetime, position: GroundPoint, dwell: timedelta | None
) -> None:
    ruling = ask(rulebook, at, position, dwell)
    assert ruling == ask(rulebook, at, position, dwell)
    assert ruling == ask(rulebook, at.astimezone(ROME), position, dwell)
    assert ruling.reasons
    assert (ruling.code is None) == (ruling.rule is None or ruling.outcome is Outcome.PERMITTED)
    if ruling.outcome is Outcome.VIOLATION:
        assert ruling.rule in {rule.id for rule in rulebook.rules}
        assert ruling.zone in {zone.id for zone in rulebook.zones}
        assert not any(reason.code.endswith("_known") for reason in ruling.reasons)


ROME = ZoneInfo("Europe/Rome")


def in_zone(zone: Zone, north: float, width: float = 40) -> GroundPoint:
    east = {"road": 20.0, "lane": 60.0}[zone.id]
    return spot(east, width * north, 0.0)


@FEW
@given(hours, hours, rules("other"), moments, dwells, st.floats(0.1, 0.9))
def test_moving_an_hour_changes_no_ruling_of_another_rule(
    before: Hours | None, after: Hours | None, other: Rule, at: datetime, dwell: timedelta | None, north: float
) -> None:
    mine, other = Rule("mine", ("stall",), ("main_road",)), replace(other, kinds=("side_road",))
    signs = replace(other, id="signs", classes=("banner",), kinds=("main_road", "side_road"))

    def unrelated(moved: Hours | None) -> list[Ruling]:
        rulebook = book(replace(mine, hours=moved), other, signs, permits=registry())
        return [
            ask(rulebook, at, in_zone(LANE, north), dwell),
            ask(rulebook, at, in_zone(ROAD, north), dwell, "banner"),
            ask(rulebook, at, in_zone(LANE, north), dwell, "banner"),
            ask(rulebook, at, spot(300, 300), dwell),
            ask(rulebook, at, in_zone(ROAD, north), dwell, "bench"),
        ]

    assert unrelated(before) == unrelated(after)


@FEW
@given(st.lists(permits(), max_size=3), permits("banner"), permits(), moments, spots)
def test_a_permit_of_another_class_or_far_away_changes_no_ruling(
    held: list[Permit], stranger: Permit, distant: Permit, at: datetime, position: GroundPoint
) -> None:
    rule = Rule("r", ("stall",), ("main_road", "side_road"), permit_required=True)
    away = spot(3000, 3000)
    distant = replace(distant, id="distant", lat=away.lat, lon=away.lon)
    here = registry(*held)
    before = ask(book(rule, permits=here), at, position)
    assert ask(book(rule, permits=registry(*held, stranger)), at, position) == before
    with_distant = ask(book(rule, permits=registry(*held, distant)), at, position)
    assert with_distant.outcome is before.outcome
    if held:
        assert with_distant == before


@FEW
@given(books(), moments, spots, dwells)
def test_a_zone_or_rule_that_does_not_concern_a_thing_changes_nothing(
    rulebook: Rulebook, at: datetime, position: GroundPoint, dwell: timedelta | None
) -> None:
    plain = ask(rulebook, at, position, dwell)
    picture = Zone("lens", "main_road", ((0, 0), (1920, 0), (1920, 1080)), "north")
    more = (*rulebook.zones, FAR, picture)
    for chosen in ((Rule("x", ("banner",), ("main_road",)), *rulebook.rules), (Rule("x", ("stall",), ("plaza",)),)):
        changed = Rulebook.of("v1", SHANGHAI, more, (*chosen, *rulebook.rules), rulebook.registry)
        assert ask(changed, at, position, dwell) == plain


@settings(max_examples=20, deadline=None)
@given(books(), moments, spots, dwells)
def test_the_order_of_zones_and_permits_does_not_matter(
    rulebook: Rulebook, at: datetime, position: GroundPoint, dwell: timedelta | None
) -> None:
    found = rulebook.registry.permits.get("stall", ()) if rulebook.registry else None
    turned = None if found is None else registry(*found[::-1])
    answers = [
        ask(Rulebook.of("v1", SHANGHAI, zones, rulebook.rules, turned), at, position, dwell)
        for zones in permutations(rulebook.zones)
    ]
    plain = ask(rulebook, at, position, dwell)
    assert all((one.outcome, one.rule) == (plain.outcome, plain.rule) for one in answers)


@FEW
@given(rules(), moments, spots, st.timedeltas(timedelta(), timedelta(hours=30)), st.timedeltas(timedelta()))
def test_what_stands_longer_is_never_better_off(
    rule: Rule, at: datetime, position: GroundPoint, dwell: timedelta, longer: timedelta
) -> None:
    rulebook = book(rule, permits=registry())
    if ask(rulebook, at, position, dwell).outcome is Outcome.VIOLATION:
        assert ask(rulebook, at, position, dwell + min(longer, LONGEST_DWELL)).outcome is Outcome.VIOLATION


@FEW
@given(rules(), moments, spots, dwells, st.timedeltas(timedelta(), timedelta(hours=4)))
def test_a_rule_that_asks_for_more_forbids_less(
    rule: Rule, at: datetime, position: GroundPoint, dwell: timedelta | None, more: timedelta
) -> None:
    """A longer allowed dwell, or an hour that is permitted all day, never turns what is permitted into a violation."""
    strict = ask(book(rule, permits=registry()), at, position, dwell).outcome
    always = read_hours("24/7", SHANGHAI)
    for milder in (replace(rule, dwell=rule.dwell + more), replace(rule, hours=always)):
        mild = ask(book(milder, permits=registry()), at, position, dwell).outcome
        assert mild is not Outcome.VIOLATION or strict is Outcome.VIOLATION
    assert ask(book(replace(rule, hours=always), permits=registry()), at, position, dwell).outcome is Outcome.PERMITTED
