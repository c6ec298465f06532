"""What is swept away, and all that must not be: uploads that go on, shared footage, evidence, open candidates."""

import logging
import os
import threading
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from api.candidates.intake import StoreSink
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.settings import Settings
from api.surveys import files as survey_files
from api.surveys import repository as surveys
from api.surveys import retention as room
from api.surveys.files import SurveyFile
from api.surveys.manifest import Announced, read_manifest
from api.surveys.places import source_of
from api.surveys.retention import sweep
from api.surveys.service import create_survey
from api.surveys.tables import FileState, SurveyState
from api.surveys.upload.finalizer import Finalizer
from api.surveys.upload.storage import FootageStore
from detector.candidate import Origin
from tests.api.candidates.test_intake import only
from tests.api.review.test_service import confirm
from tests.api.samples import NOON, a_candidate
from tests.api.surveys.footage import Given, photo, until, video

DAY = timedelta(days=1)


class Attic:
    """A data folder with its database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.settings = Settings(_env_file=None, data_dir=folder, footage_days=30)
        self.footage = FootageStore(self.settings.footage_dir)
        self.footage.prepare()

    def announce(self, *given: Given, name: str = "one") -> tuple[SurveyFile, ...]:
        said = read_manifest(name, [Announced(one.name, len(one.content), one.sha256) for one in given])
        return create_survey(EVERYWHERE, self.database, self.footage, said, NOON, 0)[1]

    def bring(self, file: SurveyFile, content: bytes) -> Path:
        """Bytes of a file, come at NOON."""
        with self.footage.coming(file.id) as partial:
            partial.write(content, 0)
        with self.database.write() as connection:
            survey_files.set_received(EVERYWHERE, connection, file.id, len(content))
        path = self.footage.folder / "incoming" / str(file.id)
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
        return path

    def ended(self, *given: Given, name: str = "one") -> UUID:
        """A survey that ended at NOON, with one picture."""
        files = self.announce(*given, name=name)
        for file, one in zip(files, given, strict=True):
            if file.state is FileState.MISSING:
                self.bring(file, one.content)
        Finalizer(self.database, self.footage, clock=lambda: NOON).settle()
        survey_id = files[0].survey_id
        with self.database.write() as connection:
            surveys.move(connection, survey_id, SurveyState.READY, SurveyState.PROCESSING, NOON)
            assert surveys.move(connection, survey_id, SurveyState.PROCESSING, SurveyState.DONE, NOON)
        pictures = EvidenceStore(self.settings.pictures_dir / str(survey_id))
        pictures.prepare()
        pictures.put(b"a picture")
        return survey_id

    def sweep(self, days: float) -> list[tuple[str, str]]:
        return [(one.kind, one.name) for one in sweep(self.settings, self.database, NOON + days * DAY)]

    def file(self, file_id: UUID) -> SurveyFile:
        with self.database.read() as connection:
            found = survey_files.find_file(EVERYWHERE, connection, file_id)
        assert found is not None
        return found

    def stored(self, given: Given) -> bool:
        return self.footage.has(f"{given.sha256[:2]}/{given.sha256[2:4]}/{given.sha256}")


@pytest.fixture
def attic(database: Database, tmp_path: Path) -> Attic:
    return Attic(database, tmp_path / "var")


def test_an_upload_that_was_given_up_is_removed_and_may_begin_anew(attic: Attic) -> None:
    (file,) = attic.announce(video())
    path = attic.bring(file, video().content[:1000])
    assert attic.sweep(6.9) == []
    assert attic.sweep(7.1) == [("upload", "DJI_0001.MP4")]
    assert not path.exists()
    assert (attic.file(file.id).state, attic.file(file.id).received) == (FileState.MISSING, 0)
    attic.bring(file, video().content)
    Finalizer(attic.database, attic.footage, clock=lambda: NOON).settle()
    assert attic.stored(video())


def test_an_upload_that_goes_on_at_that_moment_stays(attic: Attic) -> None:
    (file,) = attic.announce(video())
    path = attic.bring(file, video().content[:1000])
    with attic.footage.coming(file.id) as partial:
        assert attic.sweep(8) == []  # a client holds it
        partial.write(b"more", 1000)
        partial.flush()
    os.utime(path, ((NOON + 2 * DAY).timestamp(),) * 2)
    assert attic.sweep(8) == []
    assert path.stat().st_size == 1004


def test_an_upload_that_was_taken_up_after_it_was_found_stays(attic: Attic, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = attic.announce(video())
    path = attic.bring(file, video().content[:1000])
    monkeypatch.setattr(FootageStore, "untouched", lambda *_: [file.id, uuid4()])  # and one that is gone by now
    os.utime(path, ((NOON + 8 * DAY).timestamp(),) * 2)
    assert attic.sweep(8) == []
    assert path.exists()


def test_one_that_has_come_whole_waits_to_be_settled(attic: Attic) -> None:
    (file,) = attic.announce(video())
    path = attic.bring(file, video().content)
    assert attic.sweep(99) == []
    assert path.exists()


def test_what_nobody_announced_goes_and_odd_names_stay(attic: Attic) -> None:
    lost, odd = (attic.footage.folder / "incoming" / name for name in (str(uuid4()), "README"))
    for path in (lost, odd):
        path.write_bytes(b"x")
        os.utime(path, (NOON.timestamp(),) * 2)
    assert attic.sweep(8) == [("upload", lost.name)]
    assert odd.exists()


def test_footage_is_kept_for_ever_unless_a_number_is_set(attic: Attic) -> None:
    survey_id = attic.ended(video(), photo())
    kept = attic.settings
    attic.settings = kept.model_copy(update={"footage_days": None})
    assert attic.sweep(9999) == []
    attic.settings = kept
    assert attic.sweep(29.9) == []
    assert sorted(attic.sweep(30.1)) == [("footage", "DJI_0001.MP4"), ("footage", "DJI_0002.JPG"), ("pictures", "one")]
    assert not attic.stored(video())
    assert not (attic.settings.pictures_dir / str(survey_id)).exists()
    assert attic.sweep(31) == []
    with attic.database.read() as connection:
        assert {(file.path, file.note) for file in survey_files.files(EVERYWHERE, connection, survey_id)} == {
            (None, "removed")
        }
    (again,) = attic.announce(video(), name="another")
    assert again.state is FileState.MISSING  # it is asked for anew


def test_what_another_survey_has_stays(attic: Attic) -> None:
    attic.ended(video(), photo(), name="old")
    attic.announce(photo(), name="in work")
    assert ("footage", "DJI_0001.MP4") in attic.sweep(31)
    assert attic.stored(photo())


def test_footage_that_is_being_announced_stays_for_now(attic: Attic) -> None:
    attic.ended(video())
    with attic.footage.steady():
        assert ("footage", "DJI_0001.MP4") not in attic.sweep(31)
        assert attic.stored(video())
    assert attic.sweep(31) == [("footage", "DJI_0001.MP4")]


def test_what_vanishes_meanwhile_is_gone_and_forgotten(attic: Attic, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, a folder of pictures, and a process that is killed between a file and its row."""
    survey_id = attic.ended(video())
    for path in (*attic.footage.folder.rglob(video().sha256), *attic.settings.pictures_dir.rglob("*.jpg")):
        path.unlink()
    assert attic.sweep(31) == [("footage", "DJI_0001.MP4"), ("pictures", "one")]
    with attic.database.read() as connection:
        assert [file.path for file in survey_files.files(EVERYWHERE, connection, survey_id)] == [None]


def test_what_cannot_be_removed_is_logged_and_the_rest_goes(attic: Attic, caplog: pytest.LogCaptureFixture) -> None:
    attic.ended(video(), photo())
    stuck = attic.footage.folder / video().sha256[:2] / video().sha256[2:4] / video().sha256
    stuck.unlink()
    stuck.mkdir()
    with caplog.at_level(logging.WARNING):
        assert sorted(attic.sweep(31)) == [("footage", "DJI_0002.JPG"), ("pictures", "one")]
    assert "footage 'DJI_0001.MP4' cannot be removed" in caplog.text


def test_evidence_stays_and_so_does_all_while_a_candidate_is_open(
    attic: Attic, files: EvidenceStore, sink: StoreSink
) -> None:
    survey_id = attic.ended(video())
    sink.take(a_candidate("place-0", source=source_of(survey_id), origin=Origin(survey_id=survey_id)))
    assert attic.sweep(31) == []
    candidate = only(attic.database)
    confirm(attic.database, files, candidate.id)
    assert sorted(attic.sweep(31)) == [("footage", "DJI_0001.MP4"), ("pictures", "one")]
    with attic.database.read() as connection:
        kept = evidence.of_candidates(EVERYWHERE, connection, [candidate.id])[candidate.id]
    assert len([files.read(one) for one in kept]) == 3


def test_an_announcement_may_count_on_what_is_there(attic: Attic, monkeypatch: pytest.MonkeyPatch) -> None:
    attic.ended(video())
    has, swept = FootageStore.has, []

    def swept_meanwhile(store: FootageStore, path: str | None) -> bool:
        swept.extend(attic.sweep(31))
        return has(store, path)

    monkeypatch.setattr(FootageStore, "has", swept_meanwhile)
    (file,) = attic.announce(video(), name="another")
    assert file.state is FileState.STORED
    assert swept == [("pictures", "one")]
    assert attic.stored(video())


def test_a_service_sweeps_by_itself(attic: Attic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "FIRST", timedelta(seconds=0.01))
    (file,) = attic.announce(video())
    path = attic.bring(file, video().content[:1000])
    sweeper = room.Sweeper(attic.settings, attic.database, clock=lambda: NOON + 8 * DAY)
    before = set(threading.enumerate())  # of other services too
    sweeper.start()
    until(lambda: not path.exists())
    sweeper.stop(timedelta(seconds=10))
    assert "sweep" not in [thread.name for thread in set(threading.enumerate()) - before]
