"""Rulings by table: what the rulebook answers at the edges of hours, days, permits, dwell and zones."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from detector.geometry.ground import GroundPoint
from detector.geometry.wgs import offset
from detector.rules.hours import read_hours
from detector.rules.permits import Permit
from detector.rules.rulebook import Rule
from detector.rules.ruling import Outcome
from detector.rules.zones import PERMITTED_SITE, Zone
from tests.detector.rules.street import AS_OF, LANE, LAT, LON, NOON, ROAD, SHANGHAI, ask, book, registry, spot, square

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
PLACE = (34.75, 113.65)
V, P, U = Outcome.VIOLATION, Outcome.PERMITTED, Outcome.UNKNOWN


def stall_rule(hours: str | None, dwell: timedelta = timedelta(), kinds: tuple[str, ...] = ("main_road",)) -> Rule:
    read = None if hours is None else read_hours(hours, SHANGHAI, "CN", PLACE)
    return Rule("stalls", ("stall",), kinds, read, dwell, code="0501")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("hours", "at", "outcome"),
    [
        ("08:00-22:00", "2026-11-23T07:59:59", V),
        ("08:00-22:00", "2026-11-23T08:00:00", P),
        ("08:00-22:00", "2026-11-23T21:59:59", P),
        ("08:00-22:00", "2026-11-23T22:00:00", V),
        ("19:00-24:00", "2026-11-23T23:59:59", P),
        ("19:00-24:00", "2026-11-24T00:00:00", V),
        ("00:00-05:00", "2026-11-23T23:59:59", V),
        ("00:00-05:00", "2026-11-24T00:00:00", P),
        ("22:00-02:00", "2026-11-24T00:00:00", P),
        ("22:00-02:00", "2026-11-24T01:59:59", P),
        ("22:00-02:00", "2026-11-24T02:00:00", V),
        ("22:00-02:00", "2026-11-23T21:59:59", V),
        ("00:00-24:00", "2026-11-24T00:00:00", P),
        ("off", "2026-11-24T12:00:00", V),
        ("19:00-25:00", "2026-12-31T23:59:59", P),  # over the turn of the year
        ("19:00-25:00", "2027-01-01T00:59:59", P),
        ("19:00-25:00", "2027-01-01T01:00:00", V),
        ("10:00-12:00", "2028-02-29T11:00:00", P),  # a leap day is a day
        ("Feb 29 10:00-12:00", "2028-02-29T11:00:00", P),
        ("Feb 29 10:00-12:00", "2028-03-01T11:00:00", V),
        ("Sa,Su 08:00-12:00", "2026-11-22T11:00:00", P),
        ("Sa,Su 08:00-12:00", "2026-11-23T11:00:00", V),
        ("Su 20:00-26:00", "2026-11-23T01:59:59", P),  # Monday morning belongs to Sunday's night
        ("Su 20:00-26:00", "2026-11-22T01:59:59", V),
    ],
)
def test_the_first_second_is_permitted_and_the_last_is_not(hours: str, at: str, outcome: Outcome) -> None:
    ruling = ask(book(stall_rule(hours)), local(at))
    assert ruling.outcome is outcome
    assert ruling.code == (None if outcome is P else "0501")
    assert ask(book(stall_rule(hours)), local(at).astimezone(UTC)).outcome is outcome


@pytest.mark.parametrize(
    ("hours", "at", "outcome"),
    [
        ("sunrise-sunset", "2026-06-21T05:00:00", V),
        ("sunrise-sunset", "2026-06-21T05:20:00", P),
        ("sunrise-sunset", "2026-06-21T19:35:00", P),
        ("sunrise-sunset", "2026-06-21T19:50:00", V),
        ("sunrise-sunset", "2026-12-21T07:20:00", V),  # the sun of that day, not of another
        ("sunrise-sunset", "2026-12-21T07:35:00", P),
        ("sunrise-sunset", "2026-12-21T17:10:00", P),
        ("sunrise-sunset", "2026-12-21T17:25:00", V),
        ("sunset-sunrise", "2026-06-21T00:30:00", P),
        ("sunset-sunrise", "2026-06-21T12:00:00", V),
        ("(sunset+01:00)-24:00", "2026-06-21T20:30:00", V),
        ("(sunset+01:00)-24:00", "2026-06-21T20:50:00", P),
    ],
)
def test_daylight_has_edges_of_its_own_each_day(hours: str, at: str, outcome: Outcome) -> None:
    assert ask(book(stall_rule(hours)), local(at)).outcome is outcome


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2026-01-01", "new year"),
        ("2026-02-17", "spring festival"),
        ("2026-05-01", "labour day"),
        ("2026-06-19", "dragon boat"),
        ("2026-09-25", "mid-autumn"),
        ("2026-10-01", "national day"),
        ("2025-01-29", "spring festival, which moves"),
        ("2027-02-06", "spring festival, which moves"),
        ("2025-10-06", "mid-autumn within the week of national day"),
    ],
)
def test_a_public_holiday_of_the_chinese_calendar(day: str, name: str) -> None:
    assert ask(book(stall_rule("09:00-21:00; PH off")), local(f"{day}T10:00")).outcome is V, name
    assert ask(book(stall_rule("off; PH 09:00-21:00")), local(f"{day}T10:00")).outcome is P, name
    before = local(f"{day}T10:00") - timedelta(days=1)
    assert ask(book(stall_rule("09:00-21:00; PH off")), before).outcome is P, "the day before is none"


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        ("2026-02-14T10:00", V),  # a Saturday made a working day for the spring festival stays a Saturday
        ("2024-09-14T10:00", V),
        ("2026-02-13T10:00", P),
        ("2026-10-05T10:00", P),  # a Monday in the week of leave keeps its weekday
        ("2026-10-01T10:00", V),
    ],
)
def test_make_up_working_days_and_weeks_of_leave_keep_their_weekday(at: str, outcome: Outcome) -> None:
    assert ask(book(stall_rule("Mo-Fr 09:00-21:00; PH off")), local(at)).outcome is outcome


@pytest.mark.parametrize(
    ("hours", "at", "outcome"),
    [
        ("18:00-26:00; PH off", "2026-10-01T01:59", P),  # the eve's night goes on into the holiday
        ("18:00-26:00; PH off", "2026-10-01T02:00", V),
        ("sunset-26:00; PH off", "2026-10-01T01:59", P),
        ("sunset-26:00; PH off", "2026-10-01T02:00", V),
        ("sunset-sunrise; PH off", "2026-10-01T05:00", P),
        ("sunset-sunrise; PH off", "2026-10-01T07:00", V),
        ("24/7; PH off", "2026-10-01T00:30", V),
        ('18:00-26:00 unknown "ask"; PH off', "2026-10-01T01:00", U),
        ('19:00-25:00 unknown "ask"; Jul 01-Oct 31 18:00-26:00', "2026-07-01T00:30", U),
        ('19:00-25:00 unknown "ask"; Jul 01-Oct 31 18:00-26:00', "2026-07-01T01:30", V),
    ],
)
def test_a_night_that_runs_into_a_day_with_hours_of_its_own_goes_on(hours: str, at: str, outcome: Outcome) -> None:
    assert ask(book(stall_rule(hours)), local(at)).outcome is outcome


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "at", "outcome", "reason"),
    [
        (None, None, NOON, P, "has_permit"),
        (None, "2026-11-23", NOON, P, "has_permit_until"),
        ("2026-11-23", None, NOON, P, "has_permit"),
        ("2026-11-23", "2026-11-23", NOON, P, "has_permit_until"),
        (None, "2026-11-22", NOON, V, "permit_expired"),
        ("2026-11-24", None, NOON, V, "permit_not_yet_valid"),
        (None, "2026-11-23", local("2026-11-23T23:59:59"), P, "has_permit_until"),
        (None, "2026-11-23", local("2026-11-24T00:00:00"), V, "permit_expired"),
        ("2026-11-24", None, local("2026-11-23T23:59:59"), V, "permit_not_yet_valid"),
        ("2026-11-24", None, local("2026-11-24T00:00:00"), P, "has_permit"),
        (None, None, AS_OF + timedelta(days=7), P, "has_permit"),
        (None, None, AS_OF + timedelta(days=7, seconds=1), U, "registry_stale"),
        (None, "2020-01-01", AS_OF + timedelta(days=7, seconds=1), U, "registry_stale"),
        (None, None, None, U, "permit_day_not_known"),
    ],
)
def test_a_permit_counts_on_both_its_days_and_a_stale_registry_not_at_all(
    valid_from: str | None, valid_to: str | None, at: datetime | None, outcome: Outcome, reason: str
) -> None:
    first, last = (None if day is None else date.fromisoformat(day) for day in (valid_from, valid_to))
    here = spot(20, 20)
    permit = Permit("P-1", "stall", here.lat, here.lon, 5.0, first, last)
    rule = Rule("signs", ("stall",), ("main_road",), permit_required=True, code="0202")
    ruling = ask(book(rule, permits=registry(permit)), at)
    assert (ruling.outcome, ruling.reasons[-1].code) == (outcome, reason)


@pytest.mark.parametrize("dwell", [None, timedelta(), timedelta(days=2)])
@pytest.mark.parametrize("hours", [None, "08:00-11:00"])
def test_without_a_registry_nobody_lacks_a_permit(hours: str | None, dwell: timedelta | None) -> None:
    rule = replace(stall_rule(hours), permit_required=True)
    ruling = ask(book(rule), dwell=dwell)
    assert ruling.outcome is U
    assert "no_registry" in [reason.code for reason in ruling.reasons]
    assert ask(book(rule, permits=registry()), dwell=dwell).outcome is V, "and with an empty one it does"


@pytest.mark.parametrize("lat", [float("nan"), 113.6])
def test_a_permit_is_not_denied_to_what_only_the_picture_places(lat: float) -> None:
    lens = Zone("lens", "main_road", ((0, 540), (1920, 540), (1920, 1080), (0, 1080)), "north")
    here = spot(20, 20)
    rule = Rule("signs", ("banner",), ("main_road",), permit_required=True, code="0202")
    rules = book(rule, zones=(lens,), permits=registry(Permit("P", "banner", here.lat, here.lon, 5.0)))
    for position, outcome in ((here, P), (spot(80, 80), V), (None, U), (GroundPoint(lat, LON, 0.0, 1.0), U)):
        ruling = rules.rule(class_name="banner", at=NOON, position=position, camera="north", image_point=(900, 800))
        assert ruling.outcome is outcome


@pytest.mark.parametrize(
    ("dwell", "at", "outcome"),
    [
        (timedelta(minutes=10), "2026-11-23T12:00:00", V),
        (timedelta(minutes=10) - SECOND, "2026-11-23T12:00:00", P),
        (timedelta(hours=5), "2026-11-23T22:00:00", P),  # the hours have just ended, so the clock begins
        (timedelta(hours=5), "2026-11-23T22:09:59", P),
        (timedelta(hours=5), "2026-11-23T22:10:00", V),
        (timedelta(minutes=9), "2026-11-23T22:10:00", P),  # came after they ended
        (timedelta(days=3), "2026-11-24T07:59:59", V),
        (timedelta(days=3), "2026-11-24T08:00:00", P),
        (timedelta(), "2026-11-23T23:00:00", P),
        (-MINUTE, "2026-11-23T23:00:00", P),
        (None, "2026-11-23T23:00:00", U),
        (None, "2026-11-24T09:00:00", P),  # within the hours nobody asks how long
    ],
)
def test_dwell_counts_from_when_the_hours_ended(dwell: timedelta | None, at: str, outcome: Outcome) -> None:
    hours = "08:00-11:00,13:00-22:00" if at.endswith("12:00:00") else "08:00-22:00"
    ruling = ask(book(stall_rule(hours, timedelta(minutes=10))), local(at), dwell=dwell)
    assert ruling.outcome is outcome


@pytest.mark.parametrize(
    ("east", "ce90", "outcome", "rule"),
    [
        (20, 1, V, "road"),
        (60, 1, P, "lane"),
        (39.5, 0, V, "road"),
        (40.5, 0, P, "lane"),
        (39.5, 1, U, "road"),  # on either side of the border of two rules that disagree
        (40.5, 1, U, "road"),
        (79.5, 1, P, None),  # permitted in the lane, and outside of every zone
        (0.5, 1, U, "road"),
        (-0.5, 1, U, "road"),
        (-0.5, 0, P, None),
        (200, 1, P, None),
        (20, 5000, U, "road"),
    ],
)
def test_touching_zones_with_rules_that_disagree(east: float, ce90: float, outcome: Outcome, rule: str | None) -> None:
    rules = book(Rule("road", ("stall",), ("main_road",)), Rule("lane", ("stall",), ("side_road",), DAY_HOURS))
    ruling = ask(rules, position=spot(east, 20, ce90))
    assert (ruling.outcome, ruling.rule) == (outcome, rule)


DAY_HOURS = read_hours("06:00-22:00", SHANGHAI)


@pytest.mark.parametrize("order", [(ROAD, LANE), (LANE, ROAD)])
@pytest.mark.parametrize("ce90", [0.0, 3.0, 19.0])
def test_two_zones_of_one_rule_have_no_border_between_them(order: tuple[Zone, ...], ce90: float) -> None:
    rule = Rule("both", ("stall",), ("main_road", "side_road"))
    for east in (38, 40, 42):
        assert ask(book(rule, zones=order), position=spot(east, 20, ce90)).outcome is V


@pytest.mark.parametrize(
    ("position", "outcome"),
    [
        (GroundPoint(LAT, LON, 0, float("nan")), U),
        (GroundPoint(LAT, LON, 0, float("inf")), U),
        (GroundPoint(LAT, LON, 0, -1), U),
        (GroundPoint(float("nan"), LON, 0, 1), U),
        (GroundPoint(LAT, float("inf"), 0, 1), U),
        (GroundPoint(LON, LAT, 0, 1), U),  # swapped: no place on earth
        (GroundPoint(*offset(LAT, LON, 500, 500), 0, 1), P),
    ],
)
def test_a_position_that_is_none_forbids_nothing(position: GroundPoint, outcome: Outcome) -> None:
    assert ask(book(Rule("never", ("stall",), ("main_road",))), position=position).outcome is outcome


def test_a_permitted_site_permits_only_what_no_rule_of_the_file_limits_there() -> None:
    site = square("fair", PERMITTED_SITE, 10, 20)
    market = Rule("market", ("stall",), (PERMITTED_SITE,), DAY_HOURS)
    never = Rule("never", ("stall",), ("main_road",))
    night = NOON.replace(hour=23)
    answers = [
        ask(book(*rules, zones=(ROAD, site)), at, spot(20, 10)).outcome
        for rules in ((never,), (never, market), (market, never))
        for at in (NOON, night)
    ]
    assert answers == [P, P, V, V, P, V]  # the first rule of the file that speaks decides
