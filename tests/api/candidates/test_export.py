"""Candidates that leave as a table: no cell runs, no row is another district's, and pages leave no gap."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.accounts.users import Grant
from api.audit import repository as audit
from api.audit.repository import Search
from api.candidates import export
from api.candidates.export import COLUMNS, table_of
from api.candidates.intake import StoreSink
from api.candidates.repository import Filter
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.roles import Role
from api.web.tables import BYTE_ORDER_MARK, csv_rows
from detector.candidate import Origin
from tests.api.conftest import FakeClock, Service
from tests.api.samples import a_candidate
from tests.api.signing import bearer, make_key

RUNS = "=+-@＝＋－＠"  # also in full width: Excel in Chinese takes these for formulas


def rows_of(table: str) -> list[list[str]]:
    assert table.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(table.removeprefix(BYTE_ORDER_MARK), newline="")))


@given(st.text(max_size=12) | st.text("=+-@＝＠ \t\r\n\0\u200b\ufeff'\",;1A", max_size=8))
@example("\x00=1+1")
@example("\u200b@SUM(A1)")
@example("＝HYPERLINK(0)")
def test_no_text_becomes_a_formula_or_a_second_line_or_cell(text: str) -> None:
    table = csv_rows([(text, "next")])
    ((cell, following),) = csv.reader(io.StringIO(table, newline=""))
    assert following == "next"
    assert not cell.lstrip().startswith(tuple(RUNS))
    assert table.count("\n") == 1
    assert len(cell) - len(text) in (0, 1)
    assert cell.endswith("".join(letter if letter.isprintable() else " " for letter in text))


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_numbers_stay_numbers(value: float) -> None:
    ((cell,),) = csv.reader(io.StringIO(csv_rows([(value,)])))
    assert type(value)(cell) == value


def test_pages_of_the_export_leave_no_gap_and_end(
    database: Database, sink: StoreSink, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS", 3)
    for count in (0, 3, 7):
        for number in range(count):
            sink.take(a_candidate(f"{count} {number}", source=f"cam-{count}"))
            clock.pass_by(seconds=number % 2)  # some came in within one moment
        wanted = Filter(rule="stall-on-main-road") if count else Filter(rule="none such")
        table = rows_of("".join(table_of(EVERYWHERE, database, wanted, lambda reason: reason.code)))
        assert table[0] == list(COLUMNS)
        ids = [row[0] for row in table[1:]]
        assert len(set(ids)) == len(ids) == {0: 0, 3: 3, 7: 10}[count]
        came = [row[COLUMNS.index("came_in_at")] for row in table[1:]]
        assert came == sorted(came)


def test_what_comes_in_while_the_table_is_read_stands_at_its_end(
    database: Database, sink: StoreSink, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS", 1)
    for key in ("a", "b"):
        sink.take(a_candidate(key, class_name="stall" if key == "a" else "banner"))
        clock.pass_by(minutes=1)
    pieces = table_of(EVERYWHERE, database, Filter(), lambda reason: reason.code)
    begun = next(pieces) + next(pieces)
    sink.take(a_candidate("c", class_name="cart"))
    table = rows_of(begun + "".join(pieces))
    assert [row[COLUMNS.index("class")] for row in table[1:]] == ["stall", "banner", "cart"]


def test_a_table_holds_the_districts_of_who_takes_it_alone(database: Database, sink: StoreSink) -> None:
    for key, district, grade in (("a", "erqi", 2), ("b", "jinshui", 2), ("c", None, 2), ("d", "erqi", 3)):
        sink.take(a_candidate(key, source=key, origin=Origin(district=district, grade=grade)))

    def districts(scope: Scope, wanted: Filter = Filter()) -> list[str]:
        table = rows_of("".join(table_of(scope, database, wanted, lambda reason: reason.code)))
        return [row[COLUMNS.index("district")] for row in table[1:]]

    assert sorted(districts(EVERYWHERE)) == ["", "erqi", "erqi", "jinshui"]
    assert districts(Scope.of(["erqi"])) == ["erqi", "erqi"]
    assert districts(Scope.of(["erqi"], 2)) == ["erqi"]
    assert districts(Scope.of(["erqi"]), Filter(district="jinshui")) == []
    assert districts(Scope.of([])) == []


def test_a_key_of_a_district_takes_its_rows_and_the_record_counts_those(service: Service) -> None:
    for district in ("erqi", "jinshui", "jinshui"):
        number = len(service.http.get("/api/v1/candidates").json()["items"])
        service.sink.take(a_candidate(str(number), origin=Origin(district=district)))
    path, asked = "/api/v1/candidates/export", {"reason": "=1+1 monthly"}

    def take(role: Role, **params: str) -> tuple[int, list[list[str]]]:
        key = make_key(service.database, Grant(role, frozenset({"erqi"}), 3))
        service.http.cookies.clear()
        answer = service.http.get(path, params=asked | params, headers=bearer(key))
        return answer.status_code, rows_of(answer.text)[1:] if answer.status_code == 200 else []

    assert take(Role.REVIEWER) == take(Role.VIEWER) == (403, [])
    status, rows = take(Role.SUPERVISOR)
    assert (status, [row[COLUMNS.index("district")] for row in rows]) == (200, ["erqi"])
    assert take(Role.SUPERVISOR, district="jinshui") == (200, [])
    with service.database.read() as connection:
        told = audit.page(EVERYWHERE, connection, Search(act="exported"), None, 9).items
    assert sorted(str(event.told["rows"]) for event in told) == ["0", "1"]
