"""Tables as offices save them: CSV in any usual encoding and with any usual separator, or an Excel workbook."""

import csv
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import Final
from xml.etree.ElementTree import ParseError

from detector.office_text import TextUnreadable, decode_text

_UNPACKED: Final = 200_000_000  # bytes of a workbook; its sheets are read row by row
_HEAD: Final = 20_000  # characters in which the header is looked for
_TITLES: Final = 10  # rows in which it is
_SEPARATORS: Final = ",;\t|，；"
_WORKBOOK: Final = b"PK\x03\x04"
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


def read_table(data: bytes, columns: tuple[str, ...]) -> list[Row]:
    """Return the rows of a file that are not empty, the header first; `columns` are names to know its separator by.

    Raises TableUnreadable.
    """
    if data.startswith(_OLD_WORKBOOK):
        raise TableUnreadable("is an old Excel workbook (.xls): save it as .xlsx or as CSV")
    rows = list(_workbook(data) if data.startswith(_WORKBOOK) else _csv(_text(data), columns))
    return _trimmed(_below_titles([row for row in rows if any(row.cells)], columns))


def _trimmed(rows: list[Row]) -> list[Row]:
    """Return the rows without the columns that are empty in all of them."""
    used = sorted({number for row in rows for number, cell in enumerate(row.cells) if cell})
    return [Row(row.where, tuple(row.cells[number] for number in used if number < len(row.cells))) for row in rows]


def _below_titles(rows: list[Row], columns: tuple[str, ...]) -> list[Row]:
    """Return the rows from the header on, where titles stand above it."""
    heads = [sum(column_name(cell) in columns for cell in row.cells) for row in rows[:_TITLES]]
    best = max(heads, default=0)
    return rows[heads.index(best) :] if best > 1 else rows


def column_name(cell: str) -> str:
    """Return the name of a column as its header means it: `Valid from` is `valid_from`."""
    return re.sub(r"[\s\-_]+", "_", cell.strip().lower())


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
    """Return a value without what keeps spreadsheets from counting it as a number: `="0012"`."""
    kept = re.fullmatch(r'="([^"]*)"', cell.strip())
    return kept[1].strip() if kept else cell.strip()


def _workbook(data: bytes) -> Iterator[Row]:
    # Only here: few registries are workbooks, and every command that rules would load it.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _UNPACKED:
                raise TableUnreadable(f"unpacks to more than {_UNPACKED // 1_000_000} MB: save it as CSV")
            merged = [
                found[1].decode()
                for name in archive.namelist()
                if name.startswith("xl/worksheets/")
                if (found := _MERGED.search(archive.read(name)))
            ]
        if merged:
            raise TableUnreadable(f"cells {merged[0]} are merged: unmerge them, so that each row says all of itself")
        book = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        for number, row in enumerate(sheet.iter_rows(), 1):
            cells = tuple(_cell(cell.value, getattr(cell, "coordinate", f"row {number}")) for cell in row)
            yield Row(f"row {number}", cells)
    except (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, IndexError, OSError) as error:
        raise TableUnreadable("is no Excel workbook, or a damaged one: save it as .xlsx or as CSV") from error


def _cell(value: object, where: str) -> str:
    """Return a cell as text, as a person reads it; raises TableUnreadable for what has no value of its own."""
    if value is None:
        return ""
    if isinstance(value, str):
        if value.startswith("="):
            raise TableUnreadable(f"cell {where} is a formula: save the values instead")
        return value.strip()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    if isinstance(value, int | float) and abs(value) >= _EXACT:
        raise TableUnreadable(f"cell {where} is a number of more than 15 digits, which Excel rounds: make it a text")
    return str(value)
