"""Whose footage may go: the surveys that ended long ago, that nobody waits for, and whose contents nobody shares."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest

from api.candidates import repository as candidates
from api.candidates.repository import State
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.surveys import files as survey_files
from api.surveys import repository as surveys
from api.surveys.files import FileNote
from api.surveys.manifest import Announced, plan, read_manifest
from api.surveys.retention_queries import Content, forget_content, old_contents, old_surveys
from api.surveys.tables import FileState, SurveyState
from detector.candidate import Origin
from tests.api.samples import NOON, a_candidate

A, B = "a" * 64, "b" * 64
DAY = timedelta(days=1)
BEFORE = NOON + 30 * DAY


@dataclass(frozen=True, slots=True)
class Archive:
    """A database, and surveys put into it in a line."""

    database: Database

    def survey(self, name: str, *hashes: str, state: SurveyState = SurveyState.DONE, age: int = 31) -> UUID:
        """A survey of stored files with these hashes that got its state so many days before BEFORE + 1."""
        said = read_manifest(name, [Announced(f"{n}.mp4", 9, sha256) for n, sha256 in enumerate(hashes)])
        survey, files = plan(said, {}, NOON)
        ended = BEFORE + DAY - age * DAY
        with self.database.write() as connection:
            assert surveys.add(EVERYWHERE, connection, replace(survey, state=state, updated_at=ended), files)
            for file in files:
                survey_files.set_file(connection, file.id, FileState.STORED, 9, path=file.sha256[:2])
        return survey.id

    def candidate(self, survey: UUID, state: State) -> None:
        with self.database.write() as connection:
            added = candidates.add(connection, a_candidate(str(survey), origin=Origin(survey_id=survey)), NOON)
            candidates.move(EVERYWHERE, connection, added, State.OPEN, state, NOON)

    def old(self) -> set[UUID]:
        with self.database.read() as connection:
            return set(old_surveys(connection, BEFORE))

    def contents(self, path: str | None = None) -> list[Content]:
        with self.database.read() as connection:
            return list(old_contents(connection, BEFORE, path))


@pytest.fixture
def archive(database: Database) -> Archive:
    return Archive(database)


def test_only_what_ended_before_the_moment_is_old(archive: Archive) -> None:
    done = archive.survey("done", A)
    errors = archive.survey("errors", A, state=SurveyState.DONE_WITH_ERRORS)
    for state in (SurveyState.UPLOADING, SurveyState.READY, SurveyState.PROCESSING):
        archive.survey(f"never ended: {state}", A, state=state, age=400)
    archive.survey("today", A, age=0)
    archive.survey("exactly then", A, age=1)
    assert archive.old() == {done, errors}


@pytest.mark.parametrize(("state", "old"), [(State.OPEN, False), (State.CONFIRMED, True), (State.REJECTED, True)])
def test_footage_stays_while_a_candidate_waits(archive: Archive, state: State, old: bool) -> None:
    mine, other = archive.survey("mine", A), archive.survey("other", B)
    archive.candidate(mine, state)
    assert (mine in archive.old(), other in archive.old()) == (old, True)


def test_a_content_that_a_younger_survey_has_stays(archive: Archive) -> None:
    first = archive.survey("first", A, B)
    archive.survey("young", A, age=1)
    assert archive.contents() == [Content("bb", first, "1.mp4", 9)]
    assert archive.contents("aa") == []
    assert archive.contents("bb") == archive.contents()
    assert archive.contents("cc") == []


def test_a_content_that_two_old_surveys_have_is_named_once(archive: Archive) -> None:
    mine, other = archive.survey("mine", A), archive.survey("other", A)
    (content,) = archive.contents()
    assert (content.path, content.size) == ("aa", 9)
    assert content.survey_id in (mine, other)


def test_a_content_of_an_old_survey_stays_while_another_old_one_is_waited_for(archive: Archive) -> None:
    archive.survey("mine", A)
    waited = archive.survey("waited for", A)
    archive.candidate(waited, State.OPEN)
    assert archive.contents() == []


def test_a_content_that_is_gone_is_asked_for_again(archive: Archive) -> None:
    ids = [archive.survey("mine", A, B), archive.survey("other", A)]
    with archive.database.write() as connection:
        forget_content(connection, "aa")
        assert survey_files.stored_paths(connection, [A, B]) == {B: "bb"}
        notes = [[(f.path, f.note) for f in survey_files.files(EVERYWHERE, connection, survey)] for survey in ids]
    assert notes == [[(None, FileNote.REMOVED), ("bb", None)], [(None, FileNote.REMOVED)]]
    assert [content.path for content in archive.contents()] == ["bb"]
