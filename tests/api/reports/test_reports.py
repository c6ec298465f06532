"""Reports are made once when a period is over, stay as they were, and are the same as page, spreadsheet and PDF."""

import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from api.background import BackgroundLoop
from api.bootstrap import open_database
from api.cameras import repository as cameras
from api.cameras.encryption import SecretBox, make_key
from api.cli import report as report_command
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.pages import i18n
from api.pages.base import Renderer
from api.pages.svg_map import MapZone
from api.reports import repository
from api.reports.files import as_pdf, as_xlsx, in_font
from api.reports.service import ReportMaker, last_period, make_report
from api.reports.sheets import document_of
from api.reports.tables import ReportKind
from api.settings import Settings
from api.statistics.period import Period
from tests.api.cameras.registered import A_CHANGE, a_camera
from tests.api.cli.conftest import Typed, streetwarden
from tests.api.conftest import FakeClock, Service
from tests.api.rulebooks.test_in_force import BOOK, forced, written
from tests.api.samples import NOON
from tests.api.statistics.made_up import Find, store

__all__ = ["streetwarden"]

SHANGHAI = ZoneInfo("Asia/Shanghai")
THIS = Period(date(2026, 11, 16), date(2026, 11, 22), SHANGHAI)
LAST = Period(date(2026, 11, 9), date(2026, 11, 15), SHANGHAI)
ZONES = (MapZone("daxue-road", "main_road", ((113.6, 34.7), (113.7, 34.7), (113.7, 34.8)), "Daxue Road", "大学路"),)
AFTER = datetime(2026, 11, 23, tzinfo=UTC)


def make(database: Database, period: Period, district: str | None = None) -> repository.KeptReport:
    return make_report(database, ReportKind.WEEK, period, district, ZONES, 24, AFTER)[0]


def fill(database: Database) -> None:
    week = timedelta(days=7)
    with database.write() as connection:
        store(
            connection,
            Find(state="confirmed", zone="daxue-road", steps={"dispatched": 2.0, "fixed": 30.0}),
            Find(state="rejected", reason="vehicle"),
            Find(district="jinshui", grade=3),  # nobody of the usual grade may know of it
            Find(created_at=NOON - week, state="confirmed"),
            Find(created_at=NOON - week, district="old-name"),
        )


@pytest.mark.parametrize(
    ("kind", "now", "first", "last"),
    [
        (ReportKind.WEEK, datetime(2026, 11, 22, 15, 59, tzinfo=UTC), "2026-11-09", "2026-11-15"),
        (ReportKind.WEEK, datetime(2026, 11, 22, 16, 0, tzinfo=UTC), "2026-11-16", "2026-11-22"),
        (ReportKind.MONTH, datetime(2026, 1, 5, tzinfo=UTC), "2025-12-01", "2025-12-31"),
        (ReportKind.QUARTER, datetime(2026, 3, 31, 15, tzinfo=UTC), "2025-10-01", "2025-12-31"),
        (ReportKind.QUARTER, datetime(2026, 3, 31, 17, tzinfo=UTC), "2026-01-01", "2026-03-31"),
    ],
)
def test_the_last_period_that_is_over_in_the_city(kind: ReportKind, now: datetime, first: str, last: str) -> None:
    period = last_period(kind, now, SHANGHAI)
    assert (str(period.first), str(period.last)) == (first, last)


def test_a_report_stays_as_it_was_made_and_is_compared_with_the_one_before(database: Database) -> None:
    fill(database)
    made, before = make(database, THIS), make(database, LAST)
    with database.write() as connection:
        store(connection, Find())
    assert make(database, THIS) == made  # what is added later changes nothing
    with database.read() as connection:
        assert repository.before(EVERYWHERE, connection, made) == before
        assert repository.before(EVERYWHERE, connection, before) is None
    shown = document_of(Renderer(i18n.language("zh")), made, before)
    rows = {sheet.heading: {row.words: row.shown for row in sheet.rows} for sheet in shown.sheets}
    assert rows["线索：按状态"]["合计"] == ("2", "2", "±0")
    assert rows["线索：按辖区"] == {"erqi": ("2", "1", "+1")}  # a district of another name is not compared with nothing
    assert rows["线索最多的道路和区域"] == {"大学路": ("1", "–", "–")}
    assert rows["用时：中位数"]["从首次发现到整改"] == ("1 天 6 小时", "–", "–")
    english = document_of(Renderer(i18n.language("en")), made, None)
    assert english.title == "Weekly report 2026-11-16 – 2026-11-22"
    assert english.notes[1].startswith("No report of the period before")


def test_a_report_is_of_its_district(database: Database) -> None:
    fill(database)
    ours, all_ = make(database, THIS, "erqi"), make(database, THIS)
    with database.read() as connection:
        none: set[UUID] = set()
        for scope, seen in ((Scope.of(["erqi"], 2), {ours.id}), (Scope.of(["jinshui"]), none), (Scope(grade=1), none)):
            assert {one.id for one in repository.page(scope, connection, None, 9).items} == seen
            assert (repository.find(scope, connection, ours.id) is not None) == (ours.id in seen)
        assert repository.find(EVERYWHERE, connection, all_.id) == all_


def test_a_spreadsheet_has_numbers_and_no_formulas(database: Database) -> None:
    with database.write() as connection:
        store(connection, Find(district="=HYPERLINK(1)"), Find(state="confirmed", steps={"fixed": 36.0}))
    book = load_workbook(io.BytesIO(as_xlsx(document_of(Renderer(i18n.language("en")), make(database, THIS), None))))
    cells = {row[0].value: row for row in book.active.iter_rows() if row[0].value}  # type: ignore[union-attr]  # it has one
    assert cells["'=HYPERLINK(1)"][1].value == 1
    assert [cell.data_type for row in book.active.iter_rows() for cell in row].count("f") == 0  # type: ignore[union-attr]
    assert cells["All together"][1].value == 2


def test_a_pdf_names_each_character_that_its_font_lacks(database: Database) -> None:
    with database.write() as connection:
        store(connection, Find(district="二七区"), Find(district="𠮷🙂"))
    document = document_of(Renderer(i18n.language("zh")), make(database, THIS), None)
    data = as_pdf(document, "缺少：%(list)s")
    assert data.startswith(b"%PDF")
    missing: dict[str, str] = {}
    assert in_font("二七区 🙂 −1", missing) == "二七区 [U+1F642] -1"
    assert missing == {"U+1F642": "slightly smiling face"}


def test_what_is_due_is_made_once(database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BackgroundLoop, "start", lambda _: None)
    maker = ReportMaker(database, SHANGHAI, tuple, 24, clock)
    for _ in range(2):
        assert not maker.make_due()
    clock.pass_by(days=7)
    maker.make_due()
    with database.read() as connection:
        page = repository.page(EVERYWHERE, connection, None, 9)
    assert sorted((one.kind, str(one.first)) for one in page.items) == [
        ("month", "2026-10-01"), ("quarter", "2026-07-01"), ("week", "2026-11-09"), ("week", "2026-11-16"),
    ]  # fmt: skip


def test_the_pages_show_a_report_and_give_its_files(service: Service) -> None:
    assert "No report was made yet" in service.http.get("/reports", params={"lang": "en"}).text
    fill(service.database)
    made = make(service.database, THIS)
    assert f"/reports/{made.id}" in service.http.get("/reports", params={"lang": "zh"}).text
    assert "周报 2026-11-16" in service.http.get(f"/reports/{made.id}", params={"lang": "zh"}).text
    for kind, begins in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        answer = service.http.get(f"/reports/{made.id}/{kind}")
        assert answer.content.startswith(begins)
        assert f"week-2026-11-16-zh.{kind}" in answer.headers["content-disposition"]
    assert service.http.get(f"/reports/{made.id}/exe").status_code == 422


def watched(settings: Settings) -> None:
    """Register a camera of the district erqi."""
    database = open_database(settings)
    with database.write() as connection:
        cameras.replace(EVERYWHERE, connection, SecretBox.of(make_key()), [a_camera("gate")], A_CHANGE)
    database.close()


def test_the_command_refuses_a_district_that_nobody_has(
    streetwarden: Typed, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    watched(settings)
    printed = streetwarden("report", "--period", "month", "--district", "erqqi")
    assert (printed.code, printed.out) == (2, "")
    (line,) = printed.err.splitlines()
    assert "no camera or survey has the district 'erqqi'; known: erqi" in line
    database = open_database(settings)
    with database.read() as connection:
        assert repository.page(EVERYWHERE, connection, None, 9).items == ()
    database.close()


def test_the_command_makes_the_last_period(
    streetwarden: Typed, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    watched(settings)
    assert streetwarden("report", "--period", "month", "--district", "erqi").out.startswith("made: month ")
    assert "kept as it was made" in streetwarden("report", "--period", "month", "--district", "erqi").out


def test_the_command_goes_by_the_rulebook_in_force_as_the_service_does(
    streetwarden: Typed, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("STREETWARDEN_RULEBOOK_FILE", str(written(tmp_path / "own")))
    asked: list[str] = []

    def noted(kind: ReportKind, now: datetime, zone: ZoneInfo) -> Period:
        asked.append(zone.key)
        return last_period(kind, now, zone)

    monkeypatch.setattr(report_command, "last_period", noted)
    assert streetwarden("report", "--period", "week").code == 0  # no service has started yet
    database = Database(settings.engine_url)
    forced(database, written(tmp_path / "west", text=BOOK.replace("Asia/Shanghai", "Asia/Urumqi")))
    database.close()
    assert streetwarden("report", "--period", "week").code == 0
    assert asked == ["Asia/Shanghai", "Asia/Urumqi"]
