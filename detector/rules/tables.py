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

_UNPACKED: Final = 200_000_000  # bytes of a workbook; its sheets are read row by row
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
    """The rows of a file that are not empty, the header first; `columns` are names to know its separator by.

    Raises TableUnreadable.
    """
    if data.startswith(_OLD_WORKBOOK):
        raise TableUnreadable("is an old Excel workbook (.xls): save it as .xlsx or as CSV")
    rows = list(_workbook(data) if data.startswith(_WORKBOOK) else _csv(_text(data), columns))
    return _trimmed([row for row in rows if any(row.cells)])


def _trimmed(rows: list[Row]) -> list[Row]:
    """The rows without the empty columns that spreadsheets leave at the right."""
    used = max((number for row in rows for number, cell in enumerate(row.cells, 1) if cell), default=0)
    return [Row(row.where, row.cells[:used]) for row in rows]


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # what Excel calls Unicode text
        return data.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableUnreadable("is neither UTF-8 nor GB18030: save it as CSV UTF-8")


def _csv(text: str, columns: tuple[str, ...]) -> Iterator[Row]:
    if "\0" in text:
        raise TableUnreadable("holds zero bytes: it is no text; save it as CSV UTF-8")
    first, _, rest = text.partition("\n")
    if re.fullmatch(r"sep=.\s*", first):  # Excel's own way to name the separator
        text = rest
        first = rest.partition("\n")[0]

    def known(separator: str) -> int:
        return sum(cell.strip().strip('"').lower() in columns for cell in first.split(separator))

    separator = max(_SEPARATORS, key=known)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            yield Row(f"line {reader.line_num}", tuple(cell.strip() for cell in row))
    except csv.Error as error:
        raise TableUnreadable(f"line {reader.line_num}: {error}") from error


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
    """A cell as text, as a person reads it; raises TableUnreadable for what has no value of its own."""
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
