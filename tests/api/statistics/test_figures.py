"""Figures by hand: percentiles, pace, recurrence, coverage, periods, and the pages that show them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.cameras import repository as cameras
from api.cameras.encryption import SecretBox, make_key
from api.cameras.repository import ChangeKind, RegisteredCamera
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import PeriodInvalid
from api.statistics import case_queries, watch_queries
from api.statistics.case_queries import Step
from api.statistics.coverage import FaultSpan, RegistrySpan, Switch, coverage
from api.statistics.period import Period, Selection
from streams.health.faults import Fault
from tests.api.cameras.registered import A_CHANGE, LI_WEI, a_camera
from tests.api.conftest import Service
from tests.api.samples import NOON
from tests.api.statistics.made_up import Find, store

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOVEMBER = Selection(Period(date(2026, 11, 1), date(2026, 11, 30), SHANGHAI))
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_percentiles_are_those_of_the_nearest_rank(database: Database) -> None:
    fixed = [replace(Find(state="confirmed", steps={"dispatched": 1.0, "fixed": 1.0 + took})) for took in range(1, 11)]
    with database.write() as connection:
        store(connection, *fixed, Find(state="confirmed", steps={"accepted": 1.0}), Find())
        steps = {one.step: one for one in case_queries.step_times(EVERYWHERE, connection, NOVEMBER)}
    assert [steps[one].count for one in Step] == [11, 10, 10, 10]
    assert (steps[Step.FIXED].median, steps[Step.FIXED].ninetieth) == (5 * HOUR, 9 * HOUR)
    assert steps[Step.CONFIRMED].median == timedelta(minutes=6)
    with database.read() as connection:
        december = Selection(Period(date(2026, 12, 1), date(2026, 12, 2), SHANGHAI))
        none = case_queries.step_times(EVERYWHERE, connection, december)
    assert {(one.count, one.median, one.ninetieth) for one in none} == {(0, None, None)}


def test_a_place_that_comes_again_is_counted_once(database: Database) -> None:
    first = Find(state="confirmed", place=(34.7, 113.6), steps={"fixed": 24.0})
    near = (34.7 + 10 / 111_320, 113.6)
    later = Find(state="confirmed", place=near, created_at=NOON + 3 * DAY)
    others = (
        replace(later, id=Find().id, place=(34.7 + 30 / 111_320, 113.6)),  # elsewhere
        replace(later, id=Find().id, class_name="banner"),
        replace(later, id=Find().id, state="rejected", reason="not_a_stall"),
        replace(later, id=Find().id, created_at=NOON + 12 * HOUR),  # it was not fixed yet
        replace(later, id=Find().id, created_at=NOON + 40 * DAY),
    )
    with database.write() as connection:
        store(connection, first, *others)
        assert case_queries.recurrence(EVERYWHERE, connection, NOVEMBER, 30 * DAY, 15.0).recurred == 0
        store(connection, later, replace(later, id=Find().id))
        found = case_queries.recurrence(EVERYWHERE, connection, NOVEMBER, 30 * DAY, 15.0)
    assert (found.fixed, found.recurred) == (1, 1)


def test_a_camera_watches_while_it_is_registered_and_not_paused() -> None:
    def span(first: int, last: int | None) -> RegistrySpan:
        until = None if last is None else NOON + last * HOUR
        return RegistrySpan("gate", "Gate", "erqi", NOON + first * HOUR, until)

    spans = [span(-50, 2), span(2, 10), span(12, None)]
    switches = [Switch("gate", NOON + 3 * HOUR, ChangeKind.PAUSE), Switch("gate", NOON + 5 * HOUR, ChangeKind.RESUME)]
    faults = [
        FaultSpan("gate", Fault.BLACK, NOON + 4 * HOUR, NOON + 7 * HOUR),  # paused for the first of its hours
        FaultSpan("gate", Fault.FROZEN, NOON + 6 * HOUR, NOON + 8 * HOUR),  # overlaps
        FaultSpan("gate", Fault.BLURRED, NOON + 13 * HOUR, None),  # sees something
        FaultSpan("gate", Fault.COVERED, NOON + 10 * HOUR, NOON + 11 * HOUR),  # it was not there
    ]
    (one,) = coverage(spans, switches, faults, NOON, NOON + 24 * HOUR)
    assert (one.watched, one.blind) == (20 * HOUR, 3 * HOUR)
    assert [fault.fault for fault in one.faults] == [Fault.BLACK, Fault.FROZEN, Fault.BLURRED]
    assert coverage(spans, [], [], NOON - 99 * HOUR, NOON - 60 * HOUR) == ()


@pytest.mark.parametrize("by_import", [False, True])
def test_a_camera_that_was_paused_taken_out_and_imported_again_watches(database: Database, by_import: bool) -> None:
    box, own = SecretBox.of(make_key()), a_camera("gate")

    def imported(hour: int, *wanted: RegisteredCamera) -> None:
        cameras.replace(EVERYWHERE, connection, box, wanted, replace(A_CHANGE, at=start + hour * HOUR))

    start = datetime(2026, 11, 1, tzinfo=UTC)
    with database.write() as connection:
        imported(0, own)
        cameras.pause(EVERYWHERE, connection, "gate", LI_WEI, start + 2 * HOUR, paused=True)
        imported(4, replace(own, config=replace(own.config, name="South gate")))  # changed: it stays paused
        if by_import:
            imported(5)
        else:
            cameras.remove(EVERYWHERE, connection, "gate", LI_WEI, start + 5 * HOUR)
        imported(10, own)
        assert [one.paused for one in cameras.present(connection, box)] == [False]

        def watched(first: int, last: int) -> timedelta:
            days = Selection(Period(date(2026, 11, 1), date(2026, 11, 2), ZoneInfo("UTC")))
            spans = watch_queries.registry_spans(EVERYWHERE, connection, days)
            switches = watch_queries.switches(EVERYWHERE, connection, start + last * HOUR)
            (one,) = coverage(spans, switches, [], start + first * HOUR, start + last * HOUR)
            return one.watched

        assert watched(8, 30) == 20 * HOUR
        assert watched(0, 8) == 2 * HOUR


def test_days_are_those_of_the_citys_zone_also_when_clocks_change() -> None:
    new_york = Period(date(2026, 10, 31), date(2026, 11, 2), ZoneInfo("America/New_York"))
    assert (new_york.since, new_york.until) == (
        datetime(2026, 10, 31, 4, tzinfo=UTC),
        datetime(2026, 11, 3, 5, tzinfo=UTC),
    )
    change = datetime(2026, 11, 1, 6, tzinfo=UTC)
    assert [(one[0], one[1]) for one in new_york.spans()] == [(new_york.since, change), (change, new_york.until)]
    now = datetime(2026, 11, 27, 23, tzinfo=UTC)
    assert str(Period.of(None, None, now, SHANGHAI).last) == "2026-11-28"
    assert Period.of(date(2026, 11, 1), None, now, SHANGHAI).days == 28


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        (date(2026, 11, 2), date(2026, 11, 1), "ends before it begins: from 2026-11-02 to 2026-11-01"),
        (date(2010, 1, 1), date(2026, 11, 1), "longer than five years"),
        (date(1999, 1, 1), date(1999, 2, 1), "outside the years"),
        (None, date(1, 1, 1), "outside the years"),
    ],
)
def test_a_period_that_cannot_be_is_said_in_one_line(first: date | None, last: date, fault: str) -> None:
    with pytest.raises(PeriodInvalid, match=fault):
        Period.of(first, last, NOON, SHANGHAI)


PARTS = ("", "/places", "/cases", "/precision", "/coverage", "/rows")


def test_every_page_shows_its_figures_in_both_languages_or_that_there_are_none(service: Service) -> None:
    asked = {"from": "2026-11-01", "to": "2026-11-30", "lang": "en"}
    for part in PARTS:
        empty = service.http.get(f"/statistics{part}", params=asked)
        assert empty.status_code == 200, part
        assert 'class="none"' in empty.text, part
        reversed_ = service.http.get(f"/statistics{part}", params=asked | {"to": "2026-10-01"}).text
        assert reversed_.count("The period ends before it begins") == 1
        assert "A day is written as" in service.http.get(f"/statistics{part}", params={"from": "soon"}).text
    with service.database.write() as connection:
        store(
            connection,
            Find(state="confirmed", zone="daxue-road", steps={"dispatched": 2.0, "fixed": 54.0}),
            Find(state="rejected", reason="vehicle", class_name="<b>x</b>"),
            Find(place=None, district=None),
        )
    pages = {part: service.http.get(f"/statistics{part}", params=asked).text for part in PARTS}
    assert "/candidates?state=confirmed&amp;from=2026-11-01&amp;to=2026-11-30" in pages[""]
    assert "<b>x</b>" not in "".join(pages.values())
    assert "class=%3Cb%3Ex%3C%2Fb%3E" in pages[""]
    assert "1 have no position" in pages["/places"]
    assert "2 d 4 h" in pages["/cases"]
    assert "50.0 %" in pages["/precision"]
    rows = service.http.get("/statistics/rows", params=asked | {"pace": "late"}).text
    assert rows.count('href="/review/') == 1
    assert service.http.get("/statistics/rows", params=asked | {"status": "fixed"}).text.count('href="/review/') == 1
    chinese = service.http.get("/statistics", params=asked | {"lang": "zh"}).text
    assert "统计" in chinese
    assert "<b>x</b>" not in chinese


def test_the_api_says_the_same_and_refuses_what_cannot_be(service: Service) -> None:
    with service.database.write() as connection:
        store(connection, Find(state="confirmed", steps={"dispatched": 2.0, "fixed": 30.0}), Find(district="jinshui"))
    asked = {"from": "2026-11-01", "to": "2026-11-30"}

    def get(part: str, **more: str) -> dict[str, object]:
        answer = service.http.get(f"/api/v1/statistics/{part}", params=asked | more)
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    assert [get(part)["total"] for part in ("counts", "trend", "cases", "precision", "coverage", "places")] == [
        2, 2, 1, 1, 0, 2,
    ]  # fmt: skip
    assert get("counts", district="jinshui")["total"] == 1
    steps = get("cases")["steps"]
    assert isinstance(steps, list)
    assert steps[3] == {"step": "whole", "count": 1, "median": 108360.0, "ninetieth": 108360.0}
    refused = service.http.get("/api/v1/statistics/counts", params={"from": "2026-11-02", "to": "2026-11-01"})
    assert refused.status_code == 422
    assert refused.json()["detail"] == "the period ends before it begins: from 2026-11-02 to 2026-11-01"
