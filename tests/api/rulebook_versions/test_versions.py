"""Versions of the rulebook: added, replayed, put in force from a time, and back; and their pages."""

from datetime import timedelta
from pathlib import Path

import pytest

from api.audit.acts import Act
from api.audit.tables import audit_events
from api.clock import wall_clock
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import NotFound, RulebookRefused
from api.rulebook_versions import service as rulebook_service
from api.rulebooks import repository as rulebooks
from api.rulebooks.in_force import adopt
from api.rulebooks.repository import VersionState
from detector.rules.load import load_rulebook
from tests.api.conftest import Service
from tests.api.rulebooks.test_in_force import BOOK, written
from tests.api.samples import NOON

HOUR = timedelta(hours=1)


def states(database: Database, hours: float) -> list[tuple[int, str]]:
    with database.read() as connection:
        found = rulebooks.versions(EVERYWHERE, connection, NOON + hours * HOUR)
    return [(one.number, one.state.value) for one in found]


def adopted(database: Database, folder: Path, file: Path | None, hours: float) -> str | None:
    """Return the hash of what a service with this file goes by; None: no rulebook."""
    used = adopt(database, folder / "data", file, load_rulebook(file) if file else None, NOON + hours * HOUR)
    return used.book.source.sha256 if used.book else None


def sha256(file: Path) -> str:
    return load_rulebook(file).source.sha256


def test_a_version_comes_into_force_at_its_time_and_an_old_one_comes_back(database: Database, tmp_path: Path) -> None:
    own = written(tmp_path / "own")
    strict = written(tmp_path / "strict", text=BOOK.replace("300s", "10s"), permits="")
    assert adopted(database, tmp_path, own, 0) == sha256(own)
    number = rulebook_service.add_version(EVERYWHERE, database, strict, "no waiting", NOON + HOUR)
    assert rulebook_service.add_version(EVERYWHERE, database, strict, "again", NOON + HOUR) == number == 2
    assert states(database, 1) == [(2, "draft"), (1, "in_force")]
    rulebook_service.put_in_force(EVERYWHERE, database, 2, NOON + 5 * HOUR, NOON + 2 * HOUR)
    assert states(database, 4.9) == [(2, "coming"), (1, "in_force")]
    assert adopted(database, tmp_path, own, 4.9) == sha256(own)
    assert states(database, 5) == [(2, "in_force"), (1, "earlier")]
    used = adopted(database, tmp_path, own, 5)  # the file did not change since, so the later decision counts
    assert used == sha256(strict)
    assert adopted(database, tmp_path, None, 6) == used  # so it does for a service without a file
    rulebook_service.put_in_force(EVERYWHERE, database, 1, NOON + 7 * HOUR, NOON + 7 * HOUR)
    assert states(database, 7) == [(2, "earlier"), (1, "in_force")]
    own.write_text(BOOK.replace("300s", "20s"), "utf-8")
    assert adopted(database, tmp_path, own, 8) == sha256(own)  # an edited file is the latest decision
    assert states(database, 8)[0] == (3, "in_force")
    with database.read() as connection:
        acts = list(connection.execute(audit_events.select()).mappings())
    told = [row["act"] for row in acts]
    assert told.count(Act.RULEBOOK_ADDED) == told.count(Act.RULEBOOK_FORCED) == 2


def test_two_services_with_different_files_go_by_the_later_one(database: Database, tmp_path: Path) -> None:
    """And do not oust each other's for ever: what begins again with an unchanged file puts none in force."""
    mine, theirs = (
        written(tmp_path / "mine"),
        written(tmp_path / "theirs", text=BOOK.replace("300s", "10s"), permits=""),
    )
    assert adopted(database, tmp_path / "a", mine, 0) == sha256(mine)
    assert adopted(database, tmp_path / "b", theirs, 1) == sha256(theirs)
    assert adopted(database, tmp_path / "a", mine, 2) == sha256(theirs)
    assert adopted(database, tmp_path / "b", theirs, 3) == sha256(theirs)


def test_what_cannot_be_is_refused(database: Database, tmp_path: Path) -> None:
    own = written(tmp_path / "own")
    rulebook_service.add_version(EVERYWHERE, database, own, "", NOON)
    for starts_at in (NOON - HOUR, NOON + timedelta(days=400)):
        with pytest.raises(RulebookRefused):
            rulebook_service.put_in_force(EVERYWHERE, database, 1, starts_at, NOON)
    with pytest.raises(NotFound):
        rulebook_service.put_in_force(EVERYWHERE, database, 9, NOON, NOON)
    names = tmp_path / "own" / "classes.yaml"
    names.write_text("classes: [{class: stall, en: Stall, zh: 摊位, rule: trader}]\n", "utf-8")
    with pytest.raises(RulebookRefused, match="the rulebook has no rule 'trader'"):
        rulebook_service.put_in_force(EVERYWHERE, database, 1, NOON, NOON, own)
    assert states(database, 0) == [(1, VersionState.DRAFT)]


def test_a_service_that_never_had_a_rulebook_has_none(database: Database, tmp_path: Path) -> None:
    assert adopted(database, tmp_path, None, 0) is None
    assert states(database, 1) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_show_a_version_and_what_it_would_change(service: Service, tmp_path: Path, language: str) -> None:
    empty = service.http.get(f"/rulebooks?lang={language}").text
    assert "rulebooks add" in empty
    (candidate,) = service.seed()
    # a rule for a class that nobody sees: what was a violation is permitted
    text = BOOK.replace("classes: [stall]", "classes: [banner]").replace('version: "1"', 'version: "<b>winter</b>"')
    number = rulebook_service.add_version(
        EVERYWHERE, service.database, written(tmp_path / "draft", text=text), "", NOON
    )
    assert service.http.get(f"/rulebooks/{number}").status_code == 200
    answer = service.http.post(f"/rulebooks/{number}/replay", follow_redirects=True)
    assert answer.status_code == 200, answer.text
    assert str(candidate) in answer.text
    assert "<b>winter" not in answer.text
    assert {"en": "1 of 1 candidates change", "zh": "1 条线索中有 1 条会改变"}[language] in answer.text
    before = service.http.get("/rulebooks").text
    assert 'class="chip delivered"' not in before
    bad = service.http.post(f"/rulebooks/{number}/force", data={"starts_at": "1999-01-01T00:00"})
    assert bad.status_code == 422
    good = service.http.post(f"/rulebooks/{number}/force", data={"starts_at": ""}, follow_redirects=True)
    chip = {"en": "in force", "zh": "生效中"}[language]
    assert f'<span class="chip delivered">{chip}</span>' in good.text
    assert service.http.get("/rulebooks/99").status_code == 404


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_the_text_of_an_offices_encoding_is_shown_and_times_are_of_the_rulebooks_zone(
    service: Service, tmp_path: Path, encoding: str
) -> None:
    file = written(tmp_path / "own")
    text = BOOK.replace('"1"', '"冬季"').replace("main_road,", "main_road, name_zh: 大学路,")
    file.write_bytes(text.encode(encoding))
    number = rulebook_service.add_version(EVERYWHERE, service.database, file, "", NOON)
    assert "大学路" in service.http.get(f"/rulebooks/{number}").text
    now = wall_clock()
    rulebook_service.put_in_force(EVERYWHERE, service.database, number, now, now)
    for path in ("/rulebooks", f"/rulebooks/{number}"):
        assert "2026-11-20 12:00 Asia/Shanghai" in service.http.get(path).text
    kept = service.http.get(f"/api/v1/rulebooks/{sha256(file)}").json()
    assert "大学路" in kept["content"]


def test_a_version_that_comes_later_is_taken_back_by_another_from_the_same_moment(
    database: Database, tmp_path: Path
) -> None:
    adopted(database, tmp_path, written(tmp_path / "own"), 0)
    strict = written(tmp_path / "strict", text=BOOK.replace("300s", "10s"))
    rulebook_service.add_version(EVERYWHERE, database, strict, "", NOON)
    for number in (2, 1):
        rulebook_service.put_in_force(EVERYWHERE, database, number, NOON + 5 * HOUR, NOON + HOUR)
    assert states(database, 6) == [(2, "earlier"), (1, "in_force")]
