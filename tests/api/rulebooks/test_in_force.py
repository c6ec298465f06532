"""A process beside the service goes by what is in force, byte for byte, whatever its own file says."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from api.actor import Actor
from api.audit.acts import Act
from api.audit.tables import audit_events
from api.clock import wall_clock
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import NotFound
from api.rulebook_versions.service import add_version, put_in_force
from api.rulebooks import in_force
from api.rulebooks import repository as rulebooks
from api.rulebooks.in_force import RulebookWatch, adopt, find_in_force, load_kept, note_use
from detector.errors import RulebookInvalid
from detector.rules.load import load_rulebook
from detector.rules.source import NO_RULEBOOK, RulebookSource
from tests.api.samples import NOON

HOUR = timedelta(hours=1)
BOOK = """
version: "1"
timezone: Asia/Shanghai
zones:
  - {id: road, kind: main_road, polygon: [[113.62, 34.74], [113.63, 34.74], [113.63, 34.75], [113.62, 34.75]]}
rules:
  - {id: stall, classes: [stall], zones: [main_road], dwell: 300s}
"""
HEADING = "id,class,lat,lon,radius_m,width_m,height_m,bearing_deg,valid_from,valid_to\n"
PERMIT = "p1,stall,34.745,113.625,5,,,,2026-01-01,2026-12-31\n"


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


def forced(database: Database, file: Path, at: datetime | None = None) -> int:
    """Put a rulebook in force from a moment on, now where none is named; return its number."""
    now = at or wall_clock()
    number = add_version(EVERYWHERE, database, file, "", now)
    put_in_force(EVERYWHERE, database, number, now, now)
    return number


def test_what_is_in_force_counts_and_not_an_own_file(database: Database, tmp_path: Path) -> None:
    own = written(tmp_path / "own", text=BOOK.replace("300s", "301s"))
    assert find_in_force(database, own, NOON).source == load_rulebook(own).source  # no service has ever started
    assert find_in_force(database, None, NOON).book is None
    theirs = load_rulebook(written(tmp_path / "a", permits=PERMIT), now=NOON)
    serve_with(database, theirs.source)
    for file in (own, None, tmp_path / "nowhere.yaml"):
        used = find_in_force(database, file, NOON)
        assert used.source == theirs.source
        assert used.book is not None
        assert used.book.registry == theirs.registry
    serve_with(database, NO_RULEBOOK)
    assert find_in_force(database, own, NOON).book is None


def test_permits_in_another_folder_are_those_that_were_kept(database: Database, tmp_path: Path) -> None:
    """An own file may name them anywhere; what was kept opens no path again."""
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "p.csv").write_text(HEADING + PERMIT, "utf-8")
    text = BOOK + "permits: ../registry/p.csv\npermits_as_of: 2026-11-20T00:00:00+08:00\n"
    own = load_rulebook(written(tmp_path / "own", text=text))
    serve_with(database, own.source)
    (tmp_path / "registry" / "p.csv").write_text(HEADING + PERMIT.replace("p1", "p2"), "utf-8")
    used = load_kept(database, own.source.sha256, None, NOON)
    assert used.source == own.source
    assert used.book is not None
    assert used.book.registry == own.registry
    bare = RulebookSource.of("1", own.source.content)
    serve_with(database, bare)
    with pytest.raises(RulebookInvalid, match="were not kept"):
        load_kept(database, bare.sha256, None, NOON)
    with pytest.raises(NotFound):
        load_kept(database, "0" * 64, None, NOON)


def test_a_version_that_cannot_be_used_is_told_once_and_tried_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    own = written(tmp_path / "own")
    used = adopt(database, tmp_path / "data", own, load_rulebook(own), wall_clock())
    watch = RulebookWatch(database, own, used)
    assert watch.look() is None
    other = written(tmp_path / "b", text=BOOK.replace("id: stall,", "id: trader,"))
    names = own.parent / "classes.yaml"
    names.write_text("classes: [{class: stall, en: Stall, zh: 摊位, rule: stall}]\n", "utf-8")
    forced(database, other)  # whoever did it did not know this service's file
    assert [watch.look() for _ in range(3)] == [None] * 3
    assert watch.latest() is used
    (told,) = [one for one in caplog.messages if "cannot be used" in one]
    assert "the rulebook has no rule 'stall'" in told
    assert "'1' is gone by" in told
    names.unlink()
    assert watch.look() is None  # not at every look: it may be large
    later = monotonic() + in_force.RETRY
    monkeypatch.setattr(in_force, "monotonic", lambda: later)
    assert watch.latest().source == load_rulebook(other).source
    assert watch.look() is None


def test_a_service_whose_file_does_not_fit_what_is_in_force_goes_by_its_file(
    database: Database, tmp_path: Path
) -> None:
    own = written(tmp_path / "own")
    book = load_rulebook(own)
    adopt(database, tmp_path / "data", own, book, NOON)
    forced(database, written(tmp_path / "b", text=BOOK.replace("id: stall,", "id: trader,")), NOON + HOUR)
    names = own.parent / "classes.yaml"
    names.write_text("classes: [{class: stall, en: Stall, zh: 摊位, rule: stall}]\n", "utf-8")
    used = adopt(database, tmp_path / "data", own, book, NOON + 2 * HOUR)
    assert (used.source, used.class_names.names[0]) == (book.source, "stall")
    names.unlink()
    assert adopt(database, tmp_path / "data", own, book, NOON + 3 * HOUR).source != book.source


def test_the_log_says_what_was_used_not_what_was_tried(database: Database, tmp_path: Path) -> None:
    own = written(tmp_path / "own")
    used = adopt(database, tmp_path / "data", own, load_rulebook(own), NOON)
    with database.read() as connection:
        query = audit_events.select().where(audit_events.c.act == Act.RULEBOOK_USED)
        assert connection.execute(query).all() == []
    note_use(database, used, NOON)
    with database.read() as connection:
        (row,) = connection.execute(query).mappings()
    assert json.loads(row["details"]) == {"version": "1"}


def test_an_unchanged_file_ousts_nothing_whatever_other_services_recorded(database: Database, tmp_path: Path) -> None:
    """Two services with files of their own; a person decides on a third rulebook, and each begins again."""
    mine, theirs = written(tmp_path / "mine"), written(tmp_path / "theirs", text=BOOK.replace("300s", "10s"))

    def begun(file: Path, folder: str, hours: float) -> str:
        return adopt(database, tmp_path / folder, file, load_rulebook(file), NOON + hours * HOUR).source.sha256

    a, b = (load_rulebook(file).source.sha256 for file in (mine, theirs))
    assert (begun(mine, "a", 0), begun(theirs, "b", 1)) == (a, b)
    third = written(tmp_path / "third", text=BOOK.replace("300s", "20s"))
    v = load_rulebook(third).source.sha256
    forced(database, third, NOON + 2 * HOUR)
    assert (begun(mine, "a", 3), begun(theirs, "b", 4), begun(mine, "a", 5)) == (v, v, v)
    mine.write_text(BOOK.replace("300s", "10s"), "utf-8")  # now it says what the other one says: a decision of its own
    assert begun(mine, "a", 6) == b
    forced(database, third, NOON + 7 * HOUR)
    assert (begun(mine, "a", 8), begun(theirs, "b", 9)) == (v, v)


def test_what_another_database_recorded_is_not_this_ones(database: Database, tmp_path: Path) -> None:
    own = written(tmp_path / "own")
    book = load_rulebook(own)
    note = tmp_path / "data" / in_force.OWN
    note.parent.mkdir(parents=True)
    for said in (book.source.sha256, "", "\x00", "f" * 64):
        note.write_text(said, "ascii")
        assert adopt(database, tmp_path / "data", own, book, NOON).source == book.source
        assert note.read_text("ascii") == book.source.sha256
    with database.read() as connection:
        assert rulebooks.current(connection, NOON) == book.source.sha256
