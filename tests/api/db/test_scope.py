"""A scope shows what is of its districts: every repository function that takes one, on each engine."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Connection

from api.cameras import health, history
from api.cameras import repository as cameras
from api.candidates import repository as candidates
from api.candidates import verdicts
from api.candidates.repository import EVERYTHING, State
from api.cases import outbox
from api.cases import repository as cases
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.errors import NotFound
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.labels import repository as labels
from api.labels.tables import FrameState
from api.models import repository as shadows
from api.reports import repository as reports
from api.surveys import files as survey_files
from api.surveys import frames, places
from api.surveys import repository as surveys
from api.surveys.jobs import chunks
from tests.api.cameras.registered import A_CHANGE, LI_WEI, a_camera
from tests.api.db.districts import BOX, PLACE_ID, District, seed
from tests.api.samples import NOON

OURS = Scope.of(["erqi"])
Read = Callable[[Scope, Connection, District], object]


def test_a_scope_allows_its_districts_and_the_widest_everything() -> None:
    assert OURS.allows("erqi")
    assert not OURS.allows("erqi ")
    assert not OURS.allows("jinshui")
    assert not OURS.allows(None)
    assert not Scope.of([]).allows("erqi")
    assert EVERYWHERE.allows("jinshui")
    assert EVERYWHERE.allows(None)


@dataclass(frozen=True, slots=True)
class Town:
    """A database with our district's things, the neighbour's, and those of no district."""

    database: Database
    ours: District
    neighbour: District
    nobodys: District


@pytest.fixture
def town(database: Database, files: EvidenceStore) -> Town:
    return Town(database, *seed(database, files, "erqi", "jinshui", None))


READS: dict[str, Read] = {
    "candidate": lambda scope, db, of: candidates.find(scope, db, of.open),
    "candidate, locked": lambda scope, db, of: candidates.lock(scope, db, of.open),
    "evidence": lambda scope, db, of: evidence.of_candidates(scope, db, [of.open]),
    "verdict": lambda scope, db, of: verdicts.standing(scope, db, [of.confirmed]),
    "delivery": lambda scope, db, of: outbox.find(scope, db, of.verdict),
    "delivery, locked": lambda scope, db, of: outbox.lock(scope, db, of.verdict),
    "case": lambda scope, db, of: cases.find(scope, db, of.case),
    "fault": lambda scope, db, of: health.find(scope, db, of.camera, of.fault),
    "faults": lambda scope, db, of: health.page(scope, db, of.camera, None, 9).items,
    "history": lambda scope, db, of: history.page(scope, db, BOX, of.camera, None, 9).items,
    "survey": lambda scope, db, of: surveys.find(scope, db, of.survey.id),
    "survey by manifest": lambda scope, db, of: surveys.find_by_manifest(scope, db, of.survey.manifest),
    "progress": lambda scope, db, of: surveys.progress(scope, db, [of.survey.id]),
    "file": lambda scope, db, of: survey_files.find_file(scope, db, of.files[0].id),
    "file by name": lambda scope, db, of: survey_files.find_by_name(scope, db, of.survey.id, "v.mp4"),
    "files": lambda scope, db, of: survey_files.files(scope, db, of.survey.id),
    "page of files": lambda scope, db, of: survey_files.files_page(scope, db, of.survey.id, None, 9).items,
    "chunks": lambda scope, db, of: chunks.of_survey(scope, db, of.survey.id),
    "path": lambda scope, db, of: frames.path_of(scope, db, of.survey.id),
    "places": lambda scope, db, of: places.of_survey(scope, db, of.survey.id),
    "candidates by id": lambda scope, db, of: candidates.by_id(scope, db, [of.open]),
    "candidates standing": lambda scope, db, of: candidates.standing_at(scope, db, of.camera, NOON),
    "label frame": lambda scope, db, of: labels.find(scope, db, of.frame.id),
    "label frame by picture": lambda scope, db, of: labels.find_by_picture(scope, db, of.frame.sha256),
    "label frame known": lambda scope, db, of: labels.known_pictures(scope, db, [of.frame.sha256]),
    "label frame before": lambda scope, db, of: labels.last_complete_of(scope, db, of.frame),
    "label save": lambda scope, db, of: labels.newest_saves(scope, db, [of.frame.id]),
    "report": lambda scope, db, of: reports.find(scope, db, of.report),
    "disagreement": lambda scope, db, of: shadows.find_disagreement(scope, db, of.disagreement),
    "place": lambda scope, db, of: places.find(scope, db, of.survey.id, PLACE_ID),
}


def test_what_is_asked_for_is_seen_in_its_district_alone(town: Town) -> None:
    with town.database.write() as connection:
        seen = {
            name: [bool(read(OURS, connection, of)) for of in (town.ours, town.neighbour, town.nobodys)]
            for name, read in READS.items()
        }
        everything = {
            name: [bool(read(EVERYWHERE, connection, of)) for of in (town.ours, town.neighbour, town.nobodys)]
            for name, read in READS.items()
        }
        nothing = {name: bool(read(Scope.of([]), connection, town.ours)) for name, read in READS.items()}
    assert seen == {name: [True, False, False] for name in READS}
    assert everything == {name: [True, True, True] for name in READS}
    assert nothing == dict.fromkeys(READS, False)


def test_several_districts_are_seen_together(town: Town) -> None:
    both = Scope.of(["jinshui", "erqi"])
    with town.database.read() as connection:
        page = candidates.page(both, connection, EVERYTHING, None, 9)
        assert {one.id for one in page.items} == town.ours.candidates | town.neighbour.candidates
        ids = [of.open for of in (town.ours, town.neighbour, town.nobodys)]
        assert set(evidence.of_candidates(both, connection, ids)) == set(ids[:2])


def test_lists_and_their_counts_are_of_the_district(town: Town) -> None:
    with town.database.read() as connection:
        listed = candidates.page(OURS, connection, EVERYTHING, None, 9)
        deliveries = outbox.page(OURS, connection, None, None, 9)
        taken = cases.page(OURS, connection, None, 9)
        flown = surveys.page(OURS, connection, None, 9)
        foreign = health.page(OURS, connection, town.neighbour.camera, None, 9)
        unseen = survey_files.files_page(OURS, connection, town.neighbour.survey.id, None, 9)
        acts = history.page(OURS, connection, BOX, town.neighbour.camera, None, 9)
        drawn = labels.page(OURS, connection, FrameState.COMPLETE, None, 9)
        counted = labels.count(OURS, connection)
        whole, added = labels.complete(OURS, connection), labels.added_since(OURS, connection, NOON)
        said = verdicts.page(OURS, connection, None, 9)
        differing = shadows.disagreements(OURS, connection, 9)
        newest, kept = candidates.latest(OURS, connection, 9), frames.with_picture(OURS, connection, 9)
    assert ({one.id for one in listed.items}, listed.total) == (town.ours.candidates, 2)
    assert ([one.id for one in deliveries.items], deliveries.total) == ([town.ours.verdict], 1)
    assert ([one.id for one in taken.items], taken.total) == ([town.ours.case], 1)
    assert ([one.id for one in flown.items], flown.total) == ([town.ours.survey.id], 1)
    assert drawn.total == 2
    assert [one.id for one in differing] == [town.ours.disagreement]
    assert counted == {FrameState.OPEN: 0, FrameState.COMPLETE: 2}
    assert (len(whole), len(added), len(said.items), len(newest), len(kept)) == (2, 2, 1, 2, 1)
    assert {one.id for one in newest} == town.ours.candidates
    assert [page.total for page in (foreign, unseen, acts)] == [0, 0, 0]


def test_pages_go_on_within_the_district(town: Town) -> None:
    with town.database.read() as connection:
        first = candidates.page(OURS, connection, EVERYTHING, None, 1)
        second = candidates.page(OURS, connection, EVERYTHING, first.next, 1)
    assert {one.id for one in (*first.items, *second.items)} == town.ours.candidates
    assert (first.total, second.total, second.next) == (2, 2, None)


def _took_back(scope: Scope, connection: Connection, of: District) -> bool:
    verdicts.take_back(scope, connection, of.verdict, LI_WEI, NOON)
    return not verdicts.standing(EVERYWHERE, connection, [of.confirmed])


def _received(scope: Scope, connection: Connection, of: District) -> bool:
    survey_files.set_received(scope, connection, of.files[0].id, 5)
    file = survey_files.find_file(EVERYWHERE, connection, of.files[0].id)
    return file is not None and file.received == 5


def _revived(scope: Scope, connection: Connection, of: District) -> bool:
    due = outbox.find(EVERYWHERE, connection, of.verdict)
    assert due is not None
    outbox.give_up(connection, due, 422, "no")
    return outbox.revive(scope, connection, of.verdict, NOON)


def _drew(scope: Scope, connection: Connection, of: District) -> bool:
    return labels.save(scope, connection, of.frame, [], LI_WEI, NOON, complete=False)


WRITES: dict[str, Callable[[Scope, Connection, District], bool]] = {
    "move": lambda scope, db, of: candidates.move(scope, db, of.open, State.OPEN, State.REJECTED, NOON),
    "withdraw": lambda scope, db, of: outbox.withdraw(scope, db, of.verdict),
    "accept view": lambda scope, db, of: health.accept_view(scope, db, of.camera, LI_WEI),
    "take back": _took_back,
    "received": _received,
    "revive": _revived,
    "draw": _drew,
}


@pytest.mark.parametrize("name", WRITES)
def test_what_is_changed_is_of_the_district(town: Town, name: str) -> None:
    with town.database.write() as connection:
        assert not WRITES[name](OURS, connection, town.neighbour)
        assert not WRITES[name](OURS, connection, town.nobodys)
        assert WRITES[name](OURS, connection, town.ours)
        assert WRITES[name](EVERYWHERE, connection, town.neighbour)


def test_a_neighbours_camera_is_neither_paused_nor_removed(town: Town) -> None:
    with town.database.write() as connection:
        for there in (town.neighbour.camera, town.nobodys.camera):
            for paused in (True, False):
                with pytest.raises(NotFound, match="there is no camera"):
                    cameras.pause(OURS, connection, there, LI_WEI, NOON, paused=paused)
            with pytest.raises(NotFound, match="there is no camera"):
                cameras.remove(OURS, connection, there, LI_WEI, NOON)
        cameras.pause(OURS, connection, town.ours.camera, LI_WEI, NOON, paused=True)
        present = {camera.id: camera.paused for camera in cameras.present(connection, BOX)}
    assert present == {town.ours.camera: True, town.neighbour.camera: False, town.nobodys.camera: False}


def test_what_was_done_to_a_camera_while_it_was_a_neighbours_is_not_told(database: Database) -> None:
    ours = a_camera("gate")
    theirs = replace(ours, config=replace(ours.config, district="jinshui"))
    with database.write() as connection:
        cameras.replace(EVERYWHERE, connection, BOX, [ours], A_CHANGE)  # version 1
        cameras.pause(EVERYWHERE, connection, "gate", LI_WEI, NOON, paused=True)
        cameras.replace(EVERYWHERE, connection, BOX, [theirs], A_CHANGE)
        cameras.pause(EVERYWHERE, connection, "gate", LI_WEI, NOON, paused=False)
        cameras.replace(EVERYWHERE, connection, BOX, [ours], A_CHANGE)  # version 5
        told = history.page(OURS, connection, BOX, "gate", None, 9)
        across = history.page(Scope.of(["jinshui"]), connection, BOX, "gate", None, 9)
    assert [(act.version, act.act.value) for act in told.items] == [
        (5, "added"),
        (3, "removed"),
        (2, "paused"),
        (1, "added"),
    ]
    assert [(act.version, act.act.value) for act in across.items] == [(5, "removed"), (4, "resumed"), (3, "added")]
