"""A folder with a table of cases for each day, CSV or XLSX, for offices without a case API.

The day is that of the verdict, in UTC, and the key is the first column: the same case is written once, however often it
is delivered. A table is written whole beside its place and then put there, so that no reader sees half of it.
"""

import csv
import fcntl
import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from api.cases.adapters import Receipt
from api.cases.replies import printable
from api.errors import CaseRefused, CaseUnavailable
from api.web.tables import cell
from models.files import write_whole

COLUMNS: Final = (
    "external_id", "confirmed_at", "district", "class", "class_en", "class_zh", "code", "ruling", "reasons_en",
    "reasons_zh", "lat", "lon", "ce90", "first_seen", "last_seen", "reviewer", "note", "pictures",
)  # fmt: skip
Table = list[list[str]]


class DropFolder:
    """A case API that is a folder."""

    def __init__(self, folder: Path, kind: Literal["csv", "xlsx"]) -> None:
        self._folder = folder
        self._kind = kind

    def deliver(self, key: UUID, body: bytes) -> Receipt:
        """Add the case to the table of its day, once. Raises CaseUnavailable or CaseRefused."""
        try:
            case = json.loads(body)
            day = datetime.fromisoformat(case["review"]["decided_at"]).date()
        except (ValueError, KeyError, TypeError) as error:
            raise CaseRefused(f"cannot take a document without {error}") from error
        name = f"cases-{day.isoformat()}.{self._kind}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                new = self._add(self._folder / name, _row(key, case))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, InvalidFileException, csv.Error) as error:
            raise CaseUnavailable(f"cannot be written: {name}: {printable(str(error))}") from error
        return Receipt(201 if new else 200, name)

    def _add(self, path: Path, row: list[str]) -> bool:
        rows: Table = []
        if path.exists():
            rows = _read_csv(path) if self._kind == "csv" else _read_xlsx(path)
        if any(one and one[0] == row[0] for one in rows):
            return False
        table = [list(COLUMNS), *rows[1:], row]
        write_whole(path, _csv(table) if self._kind == "csv" else _xlsx(table))
        return True


def _row(key: UUID, case: dict[str, object]) -> list[str]:
    review = case.get("review")
    said = review if isinstance(review, dict) else {}
    names = case.get("class_names")
    words = names if isinstance(names, dict) else {}
    files = case.get("evidence")
    pictures = [str(one["url"]) for one in files if isinstance(one, dict)] if isinstance(files, list) else []
    values: dict[str, object] = {
        **{name: case.get(name) for name in ("district", "class", "code", "ruling", "lat", "lon", "ce90")},
        **{name: case.get(name) for name in ("first_seen", "last_seen")},
        "external_id": str(key),
        "confirmed_at": said.get("decided_at"),
        "class_en": words.get("en"),
        "class_zh": words.get("zh"),
        "reasons_en": _reasons(case, "en"),
        "reasons_zh": _reasons(case, "zh"),
        "reviewer": said.get("reviewer"),
        "note": said.get("note"),
        "pictures": " ".join(pictures),
    }
    return [cell(values[name]) for name in COLUMNS]


def _reasons(case: dict[str, object], language: str) -> str:
    reasons = case.get("reasons")
    texts = [one.get("text", {}) for one in reasons if isinstance(one, dict)] if isinstance(reasons, list) else []
    return "; ".join(str(text[language]) for text in texts if language in text)


def _read_csv(path: Path) -> Table:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def _csv(table: Table) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(table)
    return text.getvalue().encode("utf-8-sig")  # by the mark Excel knows UTF-8


def _read_xlsx(path: Path) -> Table:
    book = load_workbook(path)
    sheet = book.worksheets[0]
    return [["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def _xlsx(table: Table) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "cases"
    for row in table:
        sheet.append(row)
    for cells in sheet.iter_rows():
        for one in cells:
            one.data_type = "s"  # never a formula
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
