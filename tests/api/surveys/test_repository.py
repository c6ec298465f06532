"""Surveys and their files, on each engine."""

from datetime import timedelta
from uuid import uuid4

import pytest

from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import CursorInvalid
from api.surveys import files as survey_files
from api.surveys import repository as surveys
from api.surveys.files import FileNote, SurveyFile
from api.surveys.manifest import Announced, plan, read_manifest
from api.surveys.repository import Progress, Survey
from api.surveys.tables import FileState, SurveyState
from tests.api.samples import NOON

A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def added(database: Database, name: str = "one", minutes: int = 0) -> tuple[Survey, tuple[SurveyFile, ...]]:
    announced = [
        Announced("v.mp4", 100, A),
        Announced("v.srt", 10, B),
        Announced("w.mp4", 100, A),
        Announced("x", 1, C),
    ]
    survey, files = plan(read_manifest(name, announced), {}, NOON + timedelta(minutes=minutes))
    with database.write() as connection:
        assert surveys.add(EVERYWHERE, connection, survey, files)
    return survey, files


def test_a_survey_comes_back_as_it_went_in(database: Database) -> None:
    survey, files = added(database)
    with database.read() as connection:
        assert surveys.find(EVERYWHERE, connection, survey.id) == survey
        assert surveys.find_by_manifest(EVERYWHERE, connection, survey.manifest) == survey
        assert survey_files.files(EVERYWHERE, connection, survey.id) == files
        assert survey_files.find_file(EVERYWHERE, connection, files[1].id) == files[1]
        assert survey_files.find_by_name(EVERYWHERE, connection, survey.id, "v.srt") == files[1]
        assert surveys.progress(EVERYWHERE, connection, [survey.id]) == {survey.id: Progress(4, 2, 110, 0)}
        assert surveys.find(EVERYWHERE, connection, uuid4()) is None


def test_the_same_manifest_is_added_once(database: Database) -> None:
    survey, _ = added(database)
    again, files = plan(read_manifest("one", [Announced("v.mp4", 1, A)]), {}, NOON)
    with database.write() as connection:
        twin = Survey(again.id, again.name, survey.manifest, again.state, NOON, NOON, None, None, None)
        assert not surveys.add(EVERYWHERE, connection, twin, files)
        assert surveys.find(EVERYWHERE, connection, again.id) is None
        assert survey_files.files(EVERYWHERE, connection, again.id) == ()


def test_a_file_on_its_way(database: Database) -> None:
    survey, (video, sidecar, _, _) = added(database)
    with database.write() as connection:
        survey_files.set_received(EVERYWHERE, connection, video.id, 60)
        assert survey_files.whole(connection, 10) == ()
        survey_files.set_received(EVERYWHERE, connection, video.id, 100)
        assert [file.id for file in survey_files.whole(connection, 10)] == [video.id]
        survey_files.set_file(connection, video.id, FileState.STORED, 100, path=f"aa/aa/{A}")
        survey_files.set_received(EVERYWHERE, connection, video.id, 0)  # too late: it is settled
        assert survey_files.whole(connection, 10) == ()
        assert surveys.with_nothing_to_come(connection) == ()
        assert surveys.progress(EVERYWHERE, connection, [survey.id])[survey.id] == Progress(4, 3, 110, 100)
        assert survey_files.stored_paths(connection, [A, B, A]) == {A: f"aa/aa/{A}"}
        survey_files.set_file(connection, sidecar.id, FileState.CORRUPT, 0, note=FileNote.DAMAGED)
        assert surveys.with_nothing_to_come(connection) == ()
        survey_files.set_received(EVERYWHERE, connection, sidecar.id, 10)
        assert survey_files.find_file(EVERYWHERE, connection, sidecar.id) == survey_files.whole(connection, 10)[0]
        assert survey_files.whole(connection, 10)[0].note is None
        survey_files.set_file(connection, sidecar.id, FileState.STORED, 10, path=f"bb/bb/{B}")
        assert surveys.with_nothing_to_come(connection) == (survey.id,)
        survey_files.pair(connection, {video.id: sidecar.id}, {})
        assert survey_files.files(EVERYWHERE, connection, survey.id)[0].pair_id == sidecar.id


def test_a_state_is_changed_by_one_alone(database: Database) -> None:
    survey, _ = added(database)
    ready = (SurveyState.UPLOADING, SurveyState.READY)
    with database.write() as connection:
        assert surveys.move(connection, survey.id, *ready, NOON)
        assert not surveys.move(connection, survey.id, *ready, NOON)
        assert [one.id for one in surveys.in_state(connection, SurveyState.READY)] == [survey.id]


def test_pages_of_surveys_and_of_files(database: Database) -> None:
    ids = [added(database, f"survey {number}", minutes=number)[0].id for number in range(5)]
    with database.read() as connection:
        first = surveys.page(EVERYWHERE, connection, None, 3)
        rest = surveys.page(EVERYWHERE, connection, first.next, 3)
        assert [one.id for one in (*first.items, *rest.items)] == ids[::-1]
        assert (first.total, rest.next) == (5, None)
        one = survey_files.files_page(EVERYWHERE, connection, ids[0], None, 3)
        other = survey_files.files_page(EVERYWHERE, connection, ids[0], one.next, 3)
        assert (one.items + other.items, other.next) == (survey_files.files(EVERYWHERE, connection, ids[0]), None)
        with pytest.raises(CursorInvalid):
            survey_files.files_page(EVERYWHERE, connection, ids[0], "*", 3)
