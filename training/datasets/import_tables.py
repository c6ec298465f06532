"""Two small files that a person writes for an import: names for classes, and where pictures were taken."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from pydantic import ValidationError

from detector.rules.permit_values import day_of
from training.datasets.interchange import read_text
from training.datasets.manifest import PictureWhere
from training.errors import DatasetInvalid

COLUMNS: Final = ("file", "camera", "place", "day", "licence", "origin")
PICTURES_TABLE: Final = "pictures.csv"
"""Looked for in the export itself where no other file is named."""


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What a table says of one picture; "" where it says nothing."""

    where: PictureWhere
    licence: str = ""
    origin: str = ""


def read_class_names(path: Path) -> dict[str, str | None]:
    """Return a YAML mapping of an export's class names to ours; `null` leaves a class out.

    Raises:
        DatasetInvalid: not such a mapping; the message names file and line.
    """
    text = read_text(path)
    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2026-13-45
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise DatasetInvalid(f"{path}:{line}: is not YAML; write one `their name: our name` a line") from error
    if not isinstance(values, dict):
        raise DatasetInvalid(f"{path}:1: holds no names; write one `their name: our name` a line")
    for key, value in values.items():
        if value is not None and not isinstance(value, str):
            line = _line_of(text, str(key))
            raise DatasetInvalid(
                f"{path}:{line}: {key} is to be called {value!r}; give a name, or null to leave it out"
            )
    return {str(key): value for key, value in values.items()}


def _line_of(text: str, key: str) -> int:
    """Return the line on which a mapping has this key."""
    mapping = yaml.compose(text, Loader=yaml.SafeLoader)
    lines = {one.value: one.start_mark.line + 1 for one, _ in mapping.value} if mapping is not None else {}
    return int(lines.get(key, 1))


def read_picture_facts(path: Path) -> dict[str, PictureFacts]:
    """Return a CSV table with the column `file` and any of camera, place, day (YYYY-MM-DD), licence and origin.

    Raises:
        DatasetInvalid: not such a table; the message names file and line.
    """
    text = read_text(path)
    head = text.partition("\n")[0]
    separator = max(",;\t", key=lambda one: sum(name.strip() in COLUMNS for name in head.split(one)))
    reader = csv.DictReader(io.StringIO(text), delimiter=separator)
    reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    strangers = [name for name in reader.fieldnames or () if name not in COLUMNS]
    if "file" not in (reader.fieldnames or ()) or strangers:
        raise DatasetInvalid(f"{path}:1: the columns are {', '.join(COLUMNS)}; `file` must be there, others may")
    try:
        return _table(reader, path)
    except csv.Error as error:
        raise DatasetInvalid(f"{path}:{reader.line_num + 1}: is no CSV: mend its quotation marks") from error


def _table(reader: "csv.DictReader[str]", path: Path) -> dict[str, PictureFacts]:
    found: dict[str, PictureFacts] = {}
    for row in reader:
        line = reader.line_num
        if None in row or any(value is None for value in row.values()):
            raise DatasetInvalid(f"{path}:{line}: has another number of values than the first line has columns")
        values = {key: value.strip() for key, value in row.items()}
        if values["file"] in found:
            raise DatasetInvalid(f"{path}:{line}: {values['file']} stands there twice")
        found[values["file"]] = _facts(values, f"{path}:{line}")
    return found


def _facts(values: Mapping[str, str], where: str) -> PictureFacts:
    try:
        day = day_of(values["day"]) if values.get("day") else None
        if values.get("day") and day is None:
            raise DatasetInvalid(f"{where}: day {values['day']!r} is no date; write it like 2026-11-20")
        taken = PictureWhere(camera=values.get("camera") or None, place=values.get("place") or None, day=day)
    except ValidationError as error:
        raise DatasetInvalid(f"{where}: a camera or place of more than 200 letters") from error
    return PictureFacts(taken, values.get("licence", "")[:200], values.get("origin", "")[:200])
