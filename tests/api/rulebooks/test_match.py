"""A worker goes by the rulebook that the service goes by, byte for byte, permits included, or not at all."""

from pathlib import Path

import pytest

from api.actor import Actor
from api.db.database import Database
from api.errors import RulebookMismatch
from api.rulebooks import repository as rulebooks
from api.rulebooks.match import check_rulebook
from detector.rules.load import load_rulebook
from detector.rules.source import NO_RULEBOOK, RulebookSource
from tests.api.samples import NOON

BOOK = """
version: "1"
timezone: Asia/Shanghai
zones:
  - {id: road, kind: main_road, polygon: [[113.62, 34.74], [113.63, 34.74], [113.63, 34.75], [113.62, 34.75]]}
rules:
  - {id: stall, classes: [stall], zones: [main_road], dwell: 300s}
"""
HEADING = "id,class,lat,lon,radius_m,width_m,height_m,bearing_deg,valid_from,valid_to\n"


def written(folder: Path, *, text: str = BOOK, permits: str | None = None) -> Path:
    folder.mkdir()
    if permits is not None:
        (folder / "permits.csv").write_text(HEADING + permits, encoding="utf-8")
        text += "permits: permits.csv\npermits_as_of: 2026-11-20T00:00:00+08:00\n"
    (folder / "rulebook.yaml").write_text(text, encoding="utf-8")
    return folder / "rulebook.yaml"


def serve_with(database: Database, source: RulebookSource) -> None:
    with database.write() as connection:
        rulebooks.record(connection, source, Actor.service(), NOON)


def test_a_copy_is_taken_and_anything_else_refused(database: Database, tmp_path: Path) -> None:
    one, same = written(tmp_path / "a"), written(tmp_path / "b")
    other = written(tmp_path / "c", text=BOOK.replace("300s", "301s"))
    serve_with(database, load_rulebook(one, now=NOON).source)
    check_rulebook(database, same)
    for wrong in (other, None):
        with pytest.raises(RulebookMismatch, match="the service reads another rulebook"):
            check_rulebook(database, wrong)


def test_permits_belong_to_the_rulebook(database: Database, tmp_path: Path) -> None:
    row = "p1,stall,34.745,113.625,5,,,,2026-01-01,2026-12-31\n"
    one = written(tmp_path / "a", permits=row)
    other = written(tmp_path / "b", permits=row.replace("p1", "p2"))
    serve_with(database, load_rulebook(one, now=NOON).source)
    check_rulebook(database, one)
    with pytest.raises(RulebookMismatch):
        check_rulebook(database, other)


def test_a_service_without_a_rulebook_wants_a_worker_without_one(database: Database, tmp_path: Path) -> None:
    check_rulebook(database, written(tmp_path / "a"))  # no service has ever started
    serve_with(database, NO_RULEBOOK)
    check_rulebook(database, None)
    with pytest.raises(RulebookMismatch):
        check_rulebook(database, tmp_path / "a" / "rulebook.yaml")
