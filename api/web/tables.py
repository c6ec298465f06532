"""Tables that leave as files: what a spreadsheet opens must not run."""

import csv
import io
from collections.abc import Iterable
from typing import Final

BYTE_ORDER_MARK: Final = "\ufeff"
"""By this Excel knows UTF-8."""
FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""The wide ones count where a spreadsheet speaks Chinese or Japanese."""


def cell(value: object) -> str:
    """Return a value as one line of text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    if value is None:
        return ""
    text = "".join(letter if letter.isprintable() else " " for letter in str(value))
    return f"'{text}" if isinstance(value, str) and text.lstrip()[:1] in FORMULA else text


def csv_rows(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()
