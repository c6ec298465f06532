"""Tables as offices save them: CSV in any usual encoding and with any usual separator, or an Excel workbook."""

import csv
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Final

from detector.office_text import TextUnreadable, decode_text
from detector.rules.permit_columns import column_name

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_LOCKED: Final = 1  # the flag of an encrypted entry
_UNPACKED: Final = 200_000_000  # bytes of a workbook; its sheets are read row by row
_HEAD: Final = 20_000  # characters in which the header is looked for
_TITLES: Final = 10  # rows in which it is
_SEPARATORS: Final = ",;\t|，；"
_WORKBOOK: Final = b"PK\x03\x04"
_PDF: Final = b"%PDF-"
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"))
_OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0"
_MERGED: Final = re.compile(rb'<mergeCell ref="([A-Z0-9:]{1,40})"')
_EXACT: Final = 10**15  # a spreadsheet keeps no more than fifteen digits of a number


class TableUnreadable(ValueError):
    """A file is no table that we read; its text is one line that says how to mend it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it stands (`line 3`, `row 3`), and its cells as text, without spaces around them."""

    where: str
    cells: tuple[str, ...]

    @property
    def number(self) -> int:
        """Return the number of the row or line."""
        return int(self.where.rpartition(" ")[2])


@dataclass(frozen=True, slots=True)
class TableSheet:
    """The rows of a table, and the ranges of cells that are merged in it."""

    rows: list[Row]
    merged: tuple[str, ...] = ()


def read_table(
    data: bytes, columns: tuple[str, ...], is_foot: Callable[[tuple[str, ...]], bool] = lambda _: False
) -> list[Row]:
    """Return the rows of a file that are not empty, the header first, without sums and remarks at its foot.

    `columns` are names to know the separator, the header and the sheet by; `is_foot` says what stands below a table.
    Raises TableUnreadable.
    """
    if data.startswith(_OLD_WORKBOOK):
        raise TableUnreadable("is an old Excel workbook (.xls): save it as .xlsx or as CSV")
    if data.startswith(_PDF):
        raise TableUnreadable("is a PDF, whatever its name says: save the table as .xlsx or as CSV")
    book = data.startswith(_WORKBOOK)
    sheet = _workbook(data, columns) if book else TableSheet(list(_csv(_text(data), columns)))
    rows = _below_titles([row for row in sheet.rows if any(row.cells)], columns)
    while len(rows) > 1 and is_foot(rows[-1].cells):
        rows.pop()
    _refuse_merged(rows, sheet.merged)
    return _trimmed(rows)


def _refuse_merged(rows: list[Row], merged: Sequence[str]) -> None:
    """Raise TableUnreadable for merged cells within a table; those of titles above and remarks below take nothing."""
    first, last = (row.number for row in (rows[0], rows[-1])) if rows else (0, 0)
    for ref in merged:
        numbers = [int(digits) for digits in re.findall(r"\d+", ref)]
        if numbers and numbers[0] <= last and numbers[-1] >= first:
            raise TableUnreadable(f"cells {ref} are merged: unmerge them, so that each row says all of itself")


def _trimmed(rows: list[Row]) -> list[Row]:
    """Return the rows without the columns that are empty in all of them."""
    used = sorted({number for row in rows for number, cell in enumerate(row.cells) if cell})
    return [Row(row.where, tuple(row.cells[number] for number in used if number < len(row.cells))) for row in rows]


def _below_titles(rows: list[Row], columns: tuple[str, ...]) -> list[Row]:
    """Return the rows from the header on, where titles stand above it."""
    heads = [sum(column_name(cell) in columns for cell in row.cells) for row in rows[:_TITLES]]
    best = max(heads, default=0)
    return rows[heads.index(best) :] if best > 1 else rows


def _text(data: bytes) -> str:
    try:
        text = decode_text(data)
    except TextUnreadable as error:
        raise TableUnreadable(f"{error}: save it as CSV UTF-8") from error
    if text.lstrip()[:1] == "<":  # what many web applications call an Excel file
        raise TableUnreadable("is a web page or XML, whatever its name says: save it as .xlsx or as CSV")
    return text


def _csv(text: str, columns: tuple[str, ...]) -> Iterator[Row]:
    if "\0" in text:
        raise TableUnreadable("holds zero bytes: it is no text; save it as CSV UTF-8")
    first, _, rest = text.partition("\n")
    if re.fullmatch(r"sep=.\s*", first):  # Excel's own way to name the separator
        text = rest
    heads = text[:_HEAD].splitlines()[:_TITLES]

    def known(separator: str) -> int:
        return max(
            (sum(column_name(cell.strip('"')) in columns for cell in head.split(separator)) for head in heads),
            default=0,
        )

    separator = max(_SEPARATORS, key=known)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            yield Row(f"line {reader.line_num}", tuple(_plain(cell) for cell in row))
    except csv.Error as error:
        raise TableUnreadable(
            f"line {reader.line_num}: a quotation mark is opened and never closed, or a value is longer than "
            f"{csv.field_size_limit()} letters: mend its quotes"
        ) from error


def _plain(cell: str) -> str:
    """Return a value without what keeps spreadsheets from counting it as a number: `="0012"`, `'0012`."""
    cell = cell.translate(_INVISIBLE).strip()
    kept = re.fullmatch(r'="([^"]*)"|\'([^\']+)', cell)
    return (kept[1] or kept[2] or "").strip() if kept else cell


def _workbook(data: bytes, columns: tuple[str, ...]) -> TableSheet:
    """Return the sheet whose first rows name the most columns, the first of several."""
    # Only here: few registries are workbooks, and every command that rules would load it.
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if any(entry.flag_bits & _LOCKED for entry in archive.infolist()):
                raise TableUnreadable("is locked with a password: save it without one, as .xlsx or as CSV")
            if sum(entry.file_size for entry in archive.infolist()) > _UNPACKED:
                raise TableUnreadable(f"unpacks to more than {_UNPACKED // 1_000_000} MB: save it as CSV")
            merged = {
                name: tuple(found.decode() for found in _MERGED.findall(archive.read(name)))
                for name in archive.namelist()
                if name.startswith("xl/worksheets/")
            }
        book = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)

        sheet = max((one for one in book.worksheets if hasattr(one, "iter_rows")), key=_columns_named(columns))
        rows = [
            Row(f"row {number}", tuple(_cell(cell.value, getattr(cell, "coordinate", f"row {number}")) for cell in row))
            for number, row in enumerate(sheet.iter_rows(), 1)
        ]
        # A workbook that is read row by row does not tell its merged cells; their file is the sheet's.
        part = getattr(sheet, "_worksheet_path", "")
        return TableSheet(rows, merged.get(part) or merged.get(str(part).lstrip("/")) or ())
    except TableUnreadable:
        raise
    except Exception as error:  # a damaged part makes zlib, zipfile, expat and openpyxl raise whatever it leads them to
        raise TableUnreadable("is no Excel workbook, or a damaged one: save it as .xlsx or as CSV") from error


def _columns_named(columns: tuple[str, ...]) -> Callable[["Worksheet"], int]:
    """Return how many of the columns the first rows of a sheet name."""

    def named(sheet: "Worksheet") -> int:
        heads = sheet.iter_rows(max_row=_TITLES, values_only=True)
        return max((sum(column_name(str(cell)) in columns for cell in row) for row in heads), default=0)

    return named


def _cell(value: object, where: str) -> str:
    """Return a cell as text, as a person reads it; raises TableUnreadable for what has no value of its own."""
    if value is None:
        return ""
    if isinstance(value, str):
        if value.startswith("="):
            raise TableUnreadable(f"cell {where} is a formula: save the values instead")
        return _plain(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    if isinstance(value, int | float) and abs(value) >= _EXACT:
        raise TableUnreadable(f"cell {where} is a number of more than 15 digits, which Excel rounds: make it a text")
    return str(value)
