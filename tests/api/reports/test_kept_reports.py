"""What is kept of a report: its figures by hand, the period before it, and that later truth does not change it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.background import BackgroundLoop
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.pages import i18n
from api.pages.base import Renderer
from api.reports import list_queries, repository
from api.reports.content import ReportContent, SectionCode
from api.reports.lists import CaseList, ListKind
from api.reports.repository import KeptReport
from api.reports.service import ReportMaker, last_period, make_report
from api.reports.sheets import document_of
from api.reports.tables import ReportKind
from api.settings import Settings
from api.statistics import case_queries
from api.statistics.case_queries import Pace
from api.statistics.messages import PACES
from api.statistics.period import Period, Selection
from tests.api.cli.conftest import Typed, streetwarden
from tests.api.conftest import FakeClock, Service
from tests.api.samples import NOON
from tests.api.statistics.made_up import Find, store

__all__ = ["streetwarden"]

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEK = Period(date(2026, 11, 16), date(2026, 11, 22), SHANGHAI)
AFTER = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
ENGLISH = Renderer(i18n.language("en"))


def make(database: Database, now: datetime, kind: ReportKind, district: str | None = None) -> KeptReport:
    return make_report(database, kind, last_period(kind, now, SHANGHAI), district, (), 24, now)[0]


def value(content: ReportContent, code: SectionCode, key: str) -> float | None:
    section = content.section(code)
    assert section is not None
    return section.value(key)


def test_the_figures_of_a_report_are_those_of_its_days_alone(database: Database) -> None:
    minute = timedelta(minutes=1)
    fixed = Find(state="confirmed", steps={"dispatched": 2.0, "fixed": 12.0}, created_at=WEEK.since)
    late = replace(fixed, id=Find().id, steps={"dispatched": 2.0, "fixed": 30.0}, created_at=WEEK.until - minute)
    with database.write() as connection:
        store(
            connection,
            fixed,
            late,
            replace(fixed, id=Find().id, created_at=WEEK.since - minute),
            replace(fixed, id=Find().id, created_at=WEEK.until),
            Find(state="rejected", reason="vehicle"),
            Find(state="rejected", reason="bad_picture"),  # says nothing of the model
        )
    content = make(database, AFTER + 9 * timedelta(hours=1), ReportKind.WEEK).content
    assert [value(content, SectionCode.STATES, key) for key in ("all", "confirmed", "rejected", "open")] == [4, 2, 2, 0]
    assert [value(content, SectionCode.PACES, pace) for pace in Pace] == [1, 1, 0, 0, 0]
    assert [value(content, code, "fixed") for code in (SectionCode.MEDIANS, SectionCode.NINETIETHS)] == [
        10 * 3600, 28 * 3600,
    ]  # fmt: skip
    assert value(content, SectionCode.PRECISION, "stall") == pytest.approx(2 / 3)
    assert value(content, SectionCode.PRECISION, "banner") is None


def test_a_case_fixed_after_its_report_stays_overdue_in_it(database: Database) -> None:
    with database.write() as connection:
        store(connection, Find(state="confirmed"))
    made = make(database, AFTER, ReportKind.WEEK)
    with database.write() as connection:
        store(connection, Find(state="confirmed", steps={"fixed": 1.0}))
    period = last_period(ReportKind.WEEK, AFTER, SHANGHAI)
    again, new = make_report(database, ReportKind.WEEK, period, None, (), 999, AFTER + DAY)
    assert (again, new) == (made, False)  # also with another limit, and on another day
    assert (again.content.allowed_hours, again.made_at) == (24, AFTER)
    assert value(again.content, SectionCode.PACES, Pace.OVERDUE) == 1
    other, new = make_report(database, ReportKind.WEEK, period, "erqi", (), 999, AFTER + DAY)
    assert new  # that of a district is another report
    assert [value(other.content, SectionCode.PACES, pace) for pace in (Pace.IN_TIME, Pace.PENDING)] == [1, 1]


def test_the_report_before_is_of_the_same_kind_and_district_and_ends_the_day_before(database: Database) -> None:
    march, april = datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 4, 9, tzinfo=UTC)
    made = make(database, april, ReportKind.MONTH, "erqi")
    others = [
        make(database, march, ReportKind.MONTH),
        make(database, march, ReportKind.MONTH, "jinshui"),
        make(database, april - 31 * 2 * DAY, ReportKind.MONTH, "erqi"),
        make(database, march, ReportKind.WEEK, "erqi"),
    ]
    with database.read() as connection:
        assert repository.before(EVERYWHERE, connection, made) is None
    february = make(database, march, ReportKind.MONTH, "erqi")
    assert february not in others
    with database.read() as connection:
        assert repository.before(EVERYWHERE, connection, made) == february
        assert repository.before(EVERYWHERE, connection, february) == others[2]
        assert repository.before(Scope.of(["jinshui"]), connection, made) is None


def test_a_fall_is_signed_and_a_figure_that_is_new_has_no_difference(database: Database) -> None:
    earlier = NOON - 7 * DAY
    with database.write() as connection:
        store(
            connection,
            *(Find(state="confirmed", created_at=earlier, steps={"dispatched": 1.0, "fixed": 5.0}) for _ in range(3)),
            Find(state="confirmed", steps={"dispatched": 1.0, "fixed": 3.0}),
            Find(state="rejected", reason="vehicle"),
            Find(class_name="banner", district=None),
        )
    before, made = make(database, AFTER - 7 * DAY, ReportKind.WEEK), make(database, AFTER, ReportKind.WEEK)
    shown = document_of(ENGLISH, made, before)
    rows = {sheet.heading: {row.words: row.shown for row in sheet.rows} for sheet in shown.sheets}
    assert rows["Finds by state"]["Confirmed"] == ("1", "3", "−2")
    assert rows["Finds by state"]["Rejected"] == ("1", "0", "+1")
    assert rows["Finds by district"]["of no district"] == ("1", "–", "–")
    assert rows["How long it took: median"]["Dispatched to fixed"] == ("2 h", "4 h", "−2 h")
    assert list(rows["Precision by class"].values()) == [("50.0 %", "100.0 %", "−50.0 %")]
    assert not any(note.startswith("No report of the period before") for note in shown.notes)


def test_the_maker_makes_each_period_once_also_with_a_district_that_is_new(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BackgroundLoop, "start", lambda _: None)
    makers = [ReportMaker(database, SHANGHAI, tuple, 24, clock) for _ in range(2)]
    clock.now = WEEK.until - timedelta(seconds=1)
    makers[0].make_due()
    with database.read() as connection:
        early = repository.of_period(EVERYWHERE, connection, ReportKind.WEEK, WEEK.first, None)
    clock.pass_by(seconds=1)
    for maker in (*makers, *makers):  # two services over one database
        maker.make_due()
    with database.read() as connection:
        found = repository.page(EVERYWHERE, connection, None, 50).items
    assert early is None
    assert len(found) == len({(one.kind, one.first, one.district) for one in found}) == 4
    assert [one.made_at for one in found if one.first == WEEK.first] == [clock.now]


def test_a_list_says_the_pace_that_the_figures_count(database: Database) -> None:
    steps: list[dict[str, float]] = [{"fixed": 24.0}, {"fixed": 25.0}, {"closed": 30.0}, {"checked": 2.0}]
    steps += [{}, {"dispatched": 1.0}, {"refused": 3.0}]
    finds = [Find(state="confirmed", steps=one) for one in steps]
    finds += [replace(one, id=Find().id, created_at=NOON - 2 * DAY) for one in finds]
    asked = Selection(Period(date(2026, 11, 1), date(2026, 11, 30), SHANGHAI))
    with database.write() as connection:
        store(connection, *finds)
        cases, total = list_queries.case_rows(EVERYWHERE, connection, asked, 50)
        counted = case_queries.punctuality(EVERYWHERE, connection, asked, DAY, NOON + DAY)
    listed = CaseList(ENGLISH, ListKind.RECTIFICATION, asked, {}, DAY, NOON + DAY)
    said = [listed.row(number, one)[-1] for number, one in enumerate(cases, 1)]
    assert total == len(said) == len(finds)
    assert {pace: said.count(PACES[pace]) for pace in Pace} == {pace: getattr(counted, pace) for pace in Pace}


def test_a_report_that_is_not_kept_is_not_found_and_another_kind_of_file_is_refused(service: Service) -> None:
    made = make(service.database, AFTER, ReportKind.WEEK, "erqi")
    page = service.http.get(f"/reports/{made.id}", params={"lang": "en"})
    assert (page.status_code, "erqi" in page.text) == (200, True)
    assert [service.http.get(f"/reports/{Find().id}{part}").status_code for part in ("", "/pdf", "/xlsx")] == [404] * 3


@pytest.mark.parametrize("period", ["fortnight", "", "Week", "2026-11"])
def test_a_wrong_period_is_refused_in_one_line(
    streetwarden: Typed, settings: Settings, monkeypatch: pytest.MonkeyPatch, period: str
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    printed = streetwarden("report", "--period", period)
    assert (printed.code, printed.out) == (2, "")
    (line,) = printed.err.splitlines()
    assert "--period" in line
    assert "'week', 'month', 'quarter'" in line


def test_the_command_says_as_json_whether_the_report_is_new(
    streetwarden: Typed, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    typed = ("report", "--period", "quarter", "--json")
    (first,), (second,) = streetwarden(*typed).records, streetwarden(*typed).records
    assert (first["new"], second["new"], first["district"]) == (True, False, None)
    assert first["id"] == second["id"]
    assert str(first["first"])[5:] in ("01-01", "04-01", "07-01", "10-01")
