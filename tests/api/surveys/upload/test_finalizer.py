"""What happens when the last byte has come, and when the service died just before or after."""

import hashlib
import random
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import FootageUnwritable, NoRoom, UploadBusy
from api.surveys import files as survey_files
from api.surveys import repository as surveys
from api.surveys.files import FileNote, SurveyFile
from api.surveys.manifest import Announced, plan, read_manifest
from api.surveys.tables import FileState, SurveyState
from api.surveys.upload import finalizer
from api.surveys.upload.finalizer import Finalizer
from api.surveys.upload.storage import FootageStore
from streams.survey.telemetry_pairing import Span
from tests.api.conftest import FakeClock
from tests.api.samples import NOON
from tests.api.surveys.footage import Given, sidecar, until, video


@pytest.fixture
def store(tmp_path: Path) -> FootageStore:
    made = FootageStore(tmp_path / "footage")
    made.prepare()
    return made


@pytest.fixture
def settling(database: Database, store: FootageStore, clock: FakeClock) -> Finalizer:
    return Finalizer(database, store, clock=clock)


def come(database: Database, store: FootageStore, *given: Given, name: str = "one") -> list[SurveyFile]:
    """A survey whose files have come whole, and wait to be checked."""
    announced = [Announced(one.name, len(one.content), one.sha256) for one in given]
    survey, files = plan(read_manifest(name, announced), {}, NOON)
    with database.write() as connection:
        surveys.add(EVERYWHERE, connection, survey, files)
        for file, one in zip(files, given, strict=True):
            with store.coming(file.id) as partial:
                partial.write(one.content, 0)
            survey_files.set_received(EVERYWHERE, connection, file.id, file.size)
    return list(files)


def now(database: Database, file_id: UUID) -> SurveyFile:
    with database.read() as connection:
        file = survey_files.find_file(EVERYWHERE, connection, file_id)
    assert file is not None
    return file


def state(database: Database, survey_id: UUID) -> SurveyState:
    with database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, survey_id)
    assert survey is not None
    return survey.state


def test_files_get_their_place_and_the_survey_becomes_ready(
    database: Database, store: FootageStore, settling: Finalizer
) -> None:
    film, telemetry = come(database, store, video("a.mp4"), sidecar("A.SRT"))
    assert settling.settle()
    assert not settling.settle()
    assert state(database, film.survey_id) is SurveyState.READY
    stored = now(database, film.id)
    assert (stored.state, stored.pair_id, stored.note) == (FileState.STORED, telemetry.id, None)
    assert stored.path is not None
    assert store.path_of(stored.path).read_bytes() == video().content
    assert list((store.folder / "incoming").iterdir()) == []


def test_one_that_died_between_the_file_and_its_row(
    database: Database, store: FootageStore, settling: Finalizer
) -> None:
    (film,) = come(database, store, video())
    assert store.keep(film.id, film.sha256) is not None
    settling.settle()
    assert now(database, film.id).state is FileState.STORED
    assert state(database, film.survey_id) is SurveyState.READY


def test_one_that_died_after_it_threw_a_damaged_file_away(
    database: Database, store: FootageStore, settling: Finalizer
) -> None:
    (film,) = come(database, store, video())
    with store.coming(film.id) as partial:
        partial.write(b"?", 50)
    assert store.keep(film.id, film.sha256) is None
    settling.settle()
    assert (now(database, film.id).state, now(database, film.id).received) == (FileState.MISSING, 0)
    assert state(database, film.survey_id) is SurveyState.UPLOADING


def test_a_file_that_is_being_sent_waits(database: Database, store: FootageStore, settling: Finalizer) -> None:
    (film,) = come(database, store, video())
    with store.coming(film.id):
        assert not settling.settle()
        with pytest.raises(UploadBusy), store.coming(film.id):
            pass
    settling.settle()
    assert now(database, film.id).state is FileState.STORED


def test_a_double_brings_its_telemetry(database: Database, store: FootageStore, settling: Finalizer) -> None:
    announced = [video("b/DJI_0001.MP4"), video("a/DJI_0001.MP4"), sidecar("a/DJI_0001.SRT")]
    announced_only = [Announced(one.name, len(one.content), one.sha256) for one in announced]
    survey, files = plan(read_manifest("one", announced_only), {}, NOON)
    with database.write() as connection:
        surveys.add(EVERYWHERE, connection, survey, files)
        for file, one in ((files[0], announced[0]), (files[2], announced[2])):
            with store.coming(file.id) as partial:
                partial.write(one.content, 0)
            survey_files.set_received(EVERYWHERE, connection, file.id, file.size)
    settling.settle()
    assert now(database, files[0].id).pair_id == files[2].id
    assert now(database, files[2].id).note is None


def test_its_thread_takes_up_what_waits_and_stops(database: Database, store: FootageStore, settling: Finalizer) -> None:
    (film,) = come(database, store, video())
    before = set(threading.enumerate())
    settling.start()
    until(lambda: now(database, film.id).state is FileState.STORED)
    settling.stop(timedelta(seconds=5))
    assert now(database, film.id).path is not None
    assert set(threading.enumerate()) <= before


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """The kernel refuses to make any file longer than this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_keeps_what_fitted_and_goes_on(store: FootageStore) -> None:
    content, file_id = random.Random(5).randbytes(5000), UUID(int=5)
    with store.coming(file_id) as partial:
        with no_room_beyond(3000), pytest.raises(NoRoom, match="what was received is kept"):
            partial.write(content, 0)
        assert partial.size == 3000
        partial.write(content[3000:], 3000)
    assert store.keep(file_id, hashlib.sha256(content).hexdigest()) is not None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "footage").write_text("in the way")
    with pytest.raises(FootageUnwritable, match="footage"):
        FootageStore(tmp_path / "footage").prepare()


def test_a_link_in_the_place_of_a_file_is_not_followed(store: FootageStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("keep")
    (store.folder / "incoming" / str(UUID(int=1))).symlink_to(tmp_path / "secret")
    with pytest.raises(FootageUnwritable), store.coming(UUID(int=1)):
        pass
    assert (tmp_path / "secret").read_text() == "keep"


def block(store: FootageStore, files: list[SurveyFile]) -> None:
    """Put something in the way of their places."""
    for prefix in {file.sha256[:2] for file in files}:
        (store.folder / prefix).write_text("in the way")


def test_files_that_cannot_be_stored_hold_up_no_other(
    database: Database, store: FootageStore, settling: Finalizer
) -> None:
    """As many failing ones as are taken at a time, all before the others."""
    brought = come(database, store, *(video(f"{n}.mp4", size=200, seed=n) for n in range(24)))
    brought.sort(key=lambda file: file.id)
    later = {file.sha256[:2] for file in brought[22:]}
    failing = [file for file in brought if file.sha256[:2] not in later]
    block(store, failing)
    assert settling.settle()
    states = {now(database, file.id).state for file in brought[22:]}
    assert states == {FileState.STORED}
    assert {now(database, file.id).note for file in failing} == {FileNote.NOT_STORED}
    for prefix in {file.sha256[:2] for file in failing}:
        (store.folder / prefix).unlink()
    settling.settle()
    assert {now(database, file.id).state for file in brought} == {FileState.STORED}
    assert {now(database, file.id).note for file in brought} == {FileNote.NO_TELEMETRY}
    assert state(database, brought[0].survey_id) is SurveyState.READY


def test_a_sidecar_that_breaks_its_parser_holds_up_no_survey(
    database: Database, store: FootageStore, settling: Finalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(path: Path) -> Span:
        raise OverflowError("date value out of range")

    monkeypatch.setattr(finalizer, "telemetry_span", breaks)
    hostile, _ = come(database, store, video("a.mp4"), sidecar("b.srt"))
    (other,) = come(database, store, video("c.mp4", seed=3), name="two")
    settling.settle()
    assert {state(database, one.survey_id) for one in (hostile, other)} == {SurveyState.READY}
