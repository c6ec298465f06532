"""What leaves as a table opens as text: no cell runs, no cell breaks its row, and a number stays a number."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from api.web.tables import FORMULA, cell, csv_rows

hostile = st.text(alphabet="=+-@＝＠\t\r\n \"',;|A1\u00a0\u3000\u200b\u2028\x00\x1b中", max_size=12)


@given(hostile | st.text())
@example('=HYPERLINK("https://example.org")')
@example("\x00=1+1")
@example("\u200b＝1＋1")
@example("\t=1+1")
@example(" \u00a0@SUM(A1)")
def test_no_text_is_a_formula_however_it_begins(text: str) -> None:
    assert not cell(text).lstrip().startswith(FORMULA)


def test_a_formula_is_marked_and_what_is_not_seen_is_a_space() -> None:
    assert cell("@x\x00") == "'@x "
    assert cell("\t=1+1") == "' =1+1"


@given(st.text())
def test_a_harmless_text_loses_nothing_that_is_seen(text: str) -> None:
    seen = "".join(letter for letter in text if letter.isprintable())
    shown = cell(text).removeprefix("'") if len(cell(text)) > len(text) else cell(text)
    assert len(shown) == len(text)
    assert [a for a, b in zip(shown, text, strict=True) if b.isprintable()] == list(seen)


@given(st.lists(st.lists(hostile | st.integers() | st.none(), min_size=2, max_size=5), max_size=5))
def test_rows_come_back_as_many_and_as_wide_as_they_went(rows: list[list[str | int | None]]) -> None:
    read = list(csv.reader(io.StringIO(csv_rows(rows), newline="")))
    assert read == [[cell(value) for value in row] for row in rows]
    assert csv_rows(rows).count("\n") == csv_rows(rows).count("\r\n") == len(rows)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_below_zero_is_no_formula_and_stays_a_number(number: float) -> None:
    assert type(number)(cell(number)) == number
