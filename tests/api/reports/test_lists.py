"""The three lists: the same cases from three sides, in the reader's scope; an export asks why and is recorded."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from sqlalchemy import Connection, event, select

from api.audit import repository as audit
from api.audit.repository import Search
from api.cases import looks
from api.cases.tables import CaseStatus, LookOutcome, outbox
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.reports import list_queries
from api.statistics.period import Period, Selection
from tests.api.cases.stored_cases import say
from tests.api.conftest import Service
from tests.api.samples import NOON
from tests.api.statistics.made_up import Find, store

NOVEMBER = Selection(Period(date(2026, 11, 1), date(2026, 11, 30), ZoneInfo("UTC")))
ASKED = {"from": "2026-11-01", "to": "2026-11-30"}


def fill(database: Database) -> None:
    with database.write() as connection:
        store(
            connection,
            Find(state="confirmed", zone="daxue-road", steps={"dispatched": 2.0, "fixed": 54.0}),
            Find(state="confirmed", district="=1+1", created_at=NOON + timedelta(hours=1)),
            Find(state="confirmed", created_at=NOON - timedelta(days=60)),
            Find(),
        )


def test_cases_of_the_selection_are_listed_in_the_scope(database: Database) -> None:
    fill(database)
    with database.read() as connection:
        rows, total = list_queries.case_rows(EVERYWHERE, connection, NOVEMBER, 9)
        first, counted = list_queries.case_rows(EVERYWHERE, connection, NOVEMBER, 1)
        ours, _ = list_queries.case_rows(Scope.of(["erqi"]), connection, NOVEMBER, 9)
        none, nothing = list_queries.case_rows(Scope.of(["jinshui"]), connection, NOVEMBER, 9)
    assert [one.district for one in rows] == ["=1+1", "erqi"]
    assert (total, counted, first) == (2, 2, rows[:1])
    assert [(one.status, one.fixed_at) for one in ours] == [("fixed", NOON + timedelta(hours=54))]
    assert (none, nothing) == ((), 0)


@pytest.mark.parametrize(
    ("which", "language", "words"),
    [
        ("problem", "en", ["List of problems", "Fixed", "main road"]),
        ("duty", "zh", ["责任清单", "整改期限", "2026-11-22 04:00"]),
        ("rectification", "zh", ["整改清单", "逾期整改", "2 天 6 小时"]),
    ],
)
def test_a_list_in_both_languages(service: Service, which: str, language: str, words: list[str]) -> None:
    asked = ASKED | {"which": which, "lang": language}
    assert 'class="none"' in service.http.get("/lists", params=asked).text
    fill(service.database)
    page = service.http.get("/lists", params=asked).text
    assert [word for word in words if word not in page] == []
    assert "before" in service.http.get("/lists", params=asked | {"to": "2026-10-01", "lang": "en"}).text


def test_a_list_calls_what_a_look_saw_still_there_overdue(service: Service) -> None:
    confirmed = NOON - timedelta(days=800)  # longer ago than its hours, whatever today is
    with service.database.write() as connection:
        store(connection, Find(state="confirmed", created_at=confirmed))
        key = connection.execute(select(outbox.c.id)).scalar_one()
        say(connection, key, CaseStatus.FIXED, at=confirmed + timedelta(hours=2))
        (check,) = looks.of_cases(EVERYWHERE, connection, [key]).values()
        looks.keep(connection, replace(check, outcome=LookOutcome.STILL_THERE, seen_at=confirmed + timedelta(hours=3)))
    days = {"from": f"{confirmed:%Y-%m-%d}", "to": f"{confirmed:%Y-%m-%d}"}
    page = service.http.get("/lists", params=days | {"which": "rectification", "lang": "zh"}).text
    assert "超期未整改" in page
    assert "按期整改" not in page


def test_an_export_asks_why_is_recorded_and_holds_no_formula(service: Service) -> None:
    fill(service.database)
    asked = ASKED | {"which": "problem", "lang": "en"}
    assert service.http.get("/lists/export", params=asked).status_code == 403
    asked |= {"reason": "weekly meeting"}
    text = service.http.get("/lists/export", params=asked | {"kind": "csv"}).text
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [len(row) for row in rows] == [8, 8, 8]
    assert rows[1][2] == "'=1+1"
    book = load_workbook(io.BytesIO(service.http.get("/lists/export", params=asked | {"kind": "xlsx"}).content))
    assert [cell.value for cell in list(book.active.iter_rows())[1]][2] == "'=1+1"  # type: ignore[union-attr]  # it has one
    with service.database.read() as connection:
        events = audit.page(EVERYWHERE, connection, Search(act="exported"), None, 9).items
    assert [(one.subject, one.told["reason"], one.told["rows"]) for one in events] == [
        ("list problem", "weekly meeting", 2)
    ] * 2


def test_an_export_is_read_while_others_may_write(service: Service) -> None:
    fill(service.database)
    asked: list[bool] = []

    def note(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        if "cases_asked" in statement:
            asked.append(bool(connection.get_execution_options().get("read_only")))

    event.listen(service.database.engine, "before_cursor_execute", note)
    try:
        params = ASKED | {"which": "duty", "reason": "weekly meeting"}
        assert service.http.get("/lists/export", params=params).status_code == 200
    finally:
        event.remove(service.database.engine, "before_cursor_execute", note)
    assert asked == [True, True]
