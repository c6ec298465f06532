"""A worker at its context: what fails costs its chunk, never the survey; the last step may run twice."""

import os
import signal
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.candidates.intake import StoreSink
from api.candidates.repository import EVERYTHING, page
from api.candidates.tables import candidates
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import LeaseLost
from api.evidence.files import EvidenceStore
from api.surveys import files as survey_files
from api.surveys import frames as seen
from api.surveys import places
from api.surveys import repository as surveys
from api.surveys.jobs import chunks, planning, worker
from api.surveys.jobs import context as job_context
from api.surveys.jobs import steps as work
from api.surveys.jobs.chunks import Chunk
from api.surveys.jobs.context import ChunkLease, WorkerContext
from api.surveys.jobs.tables import ChunkKind, ChunkState, survey_chunks, survey_frames
from api.surveys.repository import Survey
from api.surveys.tables import FileKind, SurveyState
from detector.errors import EngineRefused, ModelInputError, PictureInvalid
from detector.geometry.terrain import terrain_of
from detector.reason import Reason
from detector.rules.ruling import Outcome
from detector.rules.source import NO_RULEBOOK
from detector.vision.detections import Detections
from detector.vision.frame import Frame
from models.card import ModelVersion
from models.errors import HashMismatch, ModelFileMissing, UnknownModel
from streams.errors import DecoderFailed
from streams.sandbox.read import Footage, Limits, OnFailure, read_frames
from streams.survey.frame_selection import Span
from streams.survey.pipeline import Detect, put_together
from tests.api.conftest import FakeClock
from tests.api.surveys.jobs.flights import TOWN, context_over, drawn_flight, uploaded
from tests.detector.geometry.test_terrain import made
from tests.streams.aerial import leg
from tests.streams.sandbox.test_sandbox import children


@pytest.fixture
def context(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> WorkerContext:
    (tmp_path / "store.sqlite3").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    files = EvidenceStore(tmp_path / "evidence")
    files.prepare()
    return context_over(database, tmp_path, StoreSink(database, files, clock=clock), timedelta(seconds=0.3))


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE", 0.05)


def ended(context: WorkerContext, survey_id: UUID) -> Survey:
    worker.run(context, until_idle=True)
    with context.database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, survey_id)
    assert survey is not None
    return survey


def stored(context: WorkerContext) -> list[tuple[str, str]]:
    with context.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(candidates.c.source, candidates.c.key))]


def test_footage_becomes_places_and_candidates(context: WorkerContext, tmp_path: Path) -> None:
    survey_id = uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"))
    survey = ended(context, survey_id)
    assert (survey.state, survey.errors) == (SurveyState.DONE, ())
    with context.database.read() as connection:
        found = places.of_survey(EVERYWHERE, connection, survey_id)
        flown = seen.path_of(EVERYWHERE, connection, survey_id)
        kept = connection.execute(select(survey_frames.c.corners).distinct()).scalars().all()
    assert len(found) == len(TOWN.stalls)
    assert len(stored(context)) == len(TOWN.stalls)
    assert all(place.candidate_id is not None and place.ce90 for place in found)
    with context.database.read() as connection:
        (video,) = [
            file for file in survey_files.files(EVERYWHERE, connection, survey_id) if file.kind is FileKind.VIDEO
        ]
        known = page(EVERYWHERE, connection, EVERYTHING, None, 9).items
    for one in known:
        assert (one.survey_id, one.camera_id, one.district, one.file_sha256) == (survey_id, None, "erqi", video.sha256)
        assert (one.models, one.rulebook_hash) == ((ModelVersion("stalls", "1", "b" * 64),), NO_RULEBOOK.sha256)
        assert one.first_seen <= one.frame_at <= one.last_seen
    assert [point.lat for point in flown] == sorted(point.lat for point in flown)
    assert kept == [None]  # what only linking needed takes no room any more
    pictures = {
        path.relative_to(context.pictures(survey_id).folder) for path in (tmp_path).glob("survey_pictures/*/*/*/*")
    }
    assert {str(path) for path in pictures} == {place.picture for place in found}


def test_photos_are_taken_in_runs(context: WorkerContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without telemetry things are counted, link by link across the runs, but not placed."""
    monkeypatch.setattr(planning, "RUN", 2)
    photos = [tmp_path / f"DJI_{number:04d}.jpg" for number in range(5)]
    for photo, pose in zip(photos, leg((-10, 0), (10, 0), 5), strict=True):
        cv2.imwrite(str(photo), TOWN.seen_from(pose))
    survey_id = uploaded(context.database, tmp_path, photos)
    assert ended(context, survey_id).state is SurveyState.DONE
    with context.database.read() as connection:
        looked = [
            chunk.frames
            for chunk in chunks.of_survey(EVERYWHERE, connection, survey_id)
            if chunk.kind is ChunkKind.LOOK
        ]
        found = places.of_survey(EVERYWHERE, connection, survey_id)
    assert looked == [2, 2, 1]
    assert len(found) == len(TOWN.stalls)
    assert {(place.lat, place.outcome) for place in found} == {(None, Outcome.UNKNOWN)}


def photo_survey(context: WorkerContext, tmp_path: Path, count: int, spoil: Mapping[int, bytes]) -> UUID:
    photos = [tmp_path / f"DJI_{number:04d}.jpg" for number in range(count)]
    for number, (photo, pose) in enumerate(zip(photos, leg((-10, 0), (10, 0), count), strict=True)):
        cv2.imwrite(str(photo), TOWN.seen_from(pose))
        if number in spoil:
            photo.write_bytes(photo.read_bytes()[:300] + spoil[number])
    return uploaded(context.database, tmp_path, photos)


def frames_of(context: WorkerContext, survey_id: UUID) -> list[str]:
    with context.database.read() as connection:
        clips = select(survey_frames.c.clip).where(survey_frames.c.survey_id == survey_id)
        return sorted(connection.execute(clips).scalars())


def test_a_truncated_photo_costs_itself_alone(context: WorkerContext, tmp_path: Path) -> None:
    survey_id = photo_survey(context, tmp_path, 6, {2: b"", 4: b"rubbish"})
    survey = ended(context, survey_id)
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert [error.params["file"] for error in survey.errors] == ["DJI_0002.jpg", "DJI_0004.jpg"]
    assert frames_of(context, survey_id) == [f"DJI_{number:04d}.jpg" for number in (0, 1, 3, 5)]


def test_a_photo_that_the_model_refuses_costs_itself_alone(context: WorkerContext, tmp_path: Path) -> None:
    usual = context.detector("")

    def detect(frame: Frame) -> Detections:
        if frame.source == "DJI_0001.jpg":
            raise PictureInvalid("DJI_0001.jpg: a picture that no model takes")
        return usual(frame)

    survey_id = photo_survey(context, tmp_path, 4, {})
    survey = ended(replace(context, detector=lambda _: detect), survey_id)
    detail = "DJI_0001.jpg: a picture that no model takes"
    assert survey.errors == (Reason("not_looked_at", {"file": "DJI_0001.jpg", "detail": detail}),)
    assert frames_of(context, survey_id) == [f"DJI_{number:04d}.jpg" for number in (0, 2, 3)]


def test_a_photo_that_ends_its_worker_costs_itself_alone(context: WorkerContext, tmp_path: Path) -> None:
    """As often as it takes: the supervisor strikes the run first, then that photo."""
    survey_id = photo_survey(context, tmp_path, 4, {})
    while True:
        with context.database.write() as connection:
            planning.register(connection)
            chunk = chunks.claim(connection, "doomed", context.lease)
            names = {file.id: file.name for file in survey_files.files(EVERYWHERE, connection, survey_id)}
        assert chunk is not None
        if chunk.kind is ChunkKind.LINK:
            break
        if "DJI_0002.jpg" in [names[file] for file in chunk.files]:
            with context.database.write() as connection:
                planning.finalize(connection, "doomed", Reason("worker_crashed", {"signal": "SIGSEGV"}))
        else:
            work.work_through(context, chunk)
    work.work_through(context, chunk)
    with context.database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, survey_id)
    assert survey is not None
    assert survey.errors == (Reason("worker_crashed", {"file": "DJI_0002.jpg", "signal": "SIGSEGV"}),)
    assert frames_of(context, survey_id) == [f"DJI_{number:04d}.jpg" for number in (0, 1, 3)]


def test_the_last_step_done_twice_gives_nothing_twice(
    context: WorkerContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey_id = uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"))
    tries = []

    def close(connection: Connection, survey: Survey, faults: Sequence[Reason]) -> None:
        tries.append(len(stored(context)))
        if len(tries) == 1:
            raise OSError("the power fails")
        real_close(connection, survey, faults)

    real_close = planning.close
    monkeypatch.setattr(work, "close", close)
    with pytest.raises(OSError, match="power"):
        worker.run(context, until_idle=True)
    assert ended(context, survey_id).state is SurveyState.DONE
    assert tries == [3, 3]
    assert len(stored(context)) == 3


def looked_at(context: WorkerContext, survey_id: UUID) -> list[Path]:
    """Work up to the last step; gives the pictures that were kept."""
    while True:
        with context.database.write() as connection:
            planning.register(connection)
            chunk = chunks.claim(connection, context.name, context.lease)
        assert chunk is not None
        if chunk.kind is ChunkKind.LINK:
            with context.database.write() as connection:
                chunks.release(connection, chunk)
            return sorted(context.pictures(survey_id).folder.glob("*/*/*.jpg"))
        work.work_through(context, chunk)


def test_a_picture_that_cannot_be_read_gives_way_to_the_next_best(context: WorkerContext, tmp_path: Path) -> None:
    survey_id = uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"))
    pictures = looked_at(context, survey_id)
    with context.database.read() as connection:
        frames = seen.of_survey(connection, survey_id, context.pictures(survey_id).folder)
    best = {find.evidence for find in put_together(frames, "x").finds}
    assert best < set(pictures)
    for picture in best:
        picture.write_bytes(picture.read_bytes()[:100])
    survey = ended(context, survey_id)
    assert (survey.state, survey.errors) == (SurveyState.DONE, ())
    assert len(stored(context)) == len(TOWN.stalls)
    with context.database.read() as connection:
        found = places.of_survey(EVERYWHERE, connection, survey_id)
    assert all(cv2.imread(str(context.pictures(survey_id).folder / place.picture)) is not None for place in found)


def test_places_whose_pictures_are_lost_are_named(context: WorkerContext, tmp_path: Path) -> None:
    survey_id = uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"))
    for picture in looked_at(context, survey_id):
        picture.unlink()
    survey = ended(context, survey_id)
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert survey.errors == (Reason("picture_lost", {"file": "flight.mp4", "count": 3}),)
    assert stored(context) == []
    with context.database.read() as connection:
        assert len(places.of_survey(EVERYWHERE, connection, survey_id)) == 3


def test_a_picture_too_wide_to_keep_costs_itself_alone(context: WorkerContext, tmp_path: Path) -> None:
    """JPEG ends at 65,500 pixels: such a photo was tried for ever, and nothing behind it."""
    photos = three_photos(tmp_path / "card")
    wide = np.zeros((8, 65_510, 3), np.uint8)
    wide[2:6, 100:140] = (0, 0, 255)
    photos.append(tmp_path / "card" / "DJI_0000.png")
    cv2.imwrite(str(photos[-1]), wide)
    survey_id = uploaded(context.database, tmp_path, photos)
    survey = ended(context, survey_id)
    assert [(error.code, error.params["file"]) for error in survey.errors] == [("not_looked_at", "DJI_0000.png")]
    assert len(frames_of(context, survey_id)) == 3


def test_what_is_no_footage_is_set_aside_and_the_rest_goes_on(context: WorkerContext, tmp_path: Path) -> None:
    files = drawn_flight(tmp_path / "card")
    (tmp_path / "card" / "DJI_0009.MP4").write_text("ffconcat version 1.0\nfile /etc/passwd\n")
    survey_id = uploaded(context.database, tmp_path, [*files, tmp_path / "card" / "DJI_0009.MP4"])
    survey = ended(context, survey_id)
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert survey.errors == (Reason("unknown_format", {"file": "DJI_0009.MP4"}),)
    assert len(stored(context)) == 3


@pytest.mark.parametrize(
    "error", [HashMismatch("damaged"), ModelFileMissing("gone"), EngineRefused("not checked"), ModelInputError("odd")]
)
def test_a_model_that_cannot_be_run_ends_the_worker_and_not_the_chunk(
    context: WorkerContext, tmp_path: Path, error: Exception
) -> None:
    def refuse(name: str) -> Detect:
        raise error

    survey_id = uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"))
    with pytest.raises(type(error)):
        worker.run(replace(context, detector=refuse), until_idle=True)
    with context.database.read() as connection:
        work = chunks.of_survey(EVERYWHERE, connection, survey_id)
    assert {(chunk.state, chunk.strikes) for chunk in work if chunk.kind is ChunkKind.LOOK} == {(ChunkState.WAITING, 0)}
    assert ended(context, survey_id).state is SurveyState.DONE


def test_a_model_that_nobody_has_is_the_fault_of_the_survey_that_names_it(
    context: WorkerContext, tmp_path: Path
) -> None:
    def unknown(name: str) -> Detect:
        raise UnknownModel(f"no model named {name!r}")

    survey_id = uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"), model="nobody-has-it")
    worker.run(replace(context, detector=unknown), until_idle=True)
    with context.database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, survey_id)
    assert survey is not None
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    (error,) = survey.errors
    assert error.params["detail"] == "no model named 'nobody-has-it'"


def test_a_decoder_that_dies_three_times_costs_its_chunk(
    context: WorkerContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poison file: whoever decodes it is killed."""

    def step(held: ChunkLease, longer: float = 0.0) -> None:
        for child in children():
            os.kill(child, signal.SIGKILL)

    monkeypatch.setattr(ChunkLease, "step", step)
    survey_id = uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"))
    survey = ended(context, survey_id)
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert survey.errors == (Reason("decoder_died", {"file": "flight.mp4", "how": "signal 9"}),)
    with context.database.read() as connection:
        looked = [
            chunk for chunk in chunks.of_survey(EVERYWHERE, connection, survey_id) if chunk.kind is ChunkKind.LOOK
        ]
    assert [(chunk.state, chunk.attempts, chunk.strikes) for chunk in looked] == [(ChunkState.DEAD, 3, 3)]


def test_a_decoder_that_is_ended_with_its_worker_proves_nothing(
    context: WorkerContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supervisor that ends a service tells all of its processes at once."""

    def step(held: ChunkLease, longer: float = 0.0) -> None:
        context.stop.set()
        for child in children():
            os.kill(child, signal.SIGTERM)

    monkeypatch.setattr(ChunkLease, "step", step)
    survey_id = uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"))
    worker.run(context)
    with context.database.read() as connection:
        looked = [
            chunk for chunk in chunks.of_survey(EVERYWHERE, connection, survey_id) if chunk.kind is ChunkKind.LOOK
        ]
    assert [(chunk.state, chunk.attempts, chunk.strikes) for chunk in looked] == [(ChunkState.WAITING, 0, 0)]


def test_a_worker_that_is_told_to_stop_gives_its_chunk_back(
    context: WorkerContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey_id = uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"))
    real_step = ChunkLease.step

    def step(held: ChunkLease, longer: float = 0.0) -> None:
        context.stop.set()
        real_step(held, longer)

    monkeypatch.setattr(ChunkLease, "step", step)
    worker.run(context)
    assert children() == []
    with context.database.read() as connection:
        looked = [
            chunk for chunk in chunks.of_survey(EVERYWHERE, connection, survey_id) if chunk.kind is ChunkKind.LOOK
        ]
    assert [(chunk.state, chunk.attempts) for chunk in looked] == [(ChunkState.WAITING, 0)]


def test_a_lease_is_renewed_while_the_work_goes_on(context: WorkerContext, tmp_path: Path) -> None:
    uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"))
    with context.database.write() as connection:
        planning.register(connection)
        chunk = chunks.claim(connection, "one", context.lease)
    assert chunk is not None
    with ChunkLease(context, chunk) as held:
        threading.Event().wait(context.lease.total_seconds() * 2)
        held.step()
        with context.database.write() as connection:
            assert chunks.claim(connection, "two", context.lease) is None
            connection.execute(update(survey_chunks).values(epoch=chunk.epoch + 1))
        threading.Event().wait(context.lease.total_seconds())
        with pytest.raises(LeaseLost):
            held.step()


def test_a_lease_outlives_an_error_that_nobody_expected(
    context: WorkerContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"))
    with context.database.write() as connection:
        planning.register(connection)
        chunk = chunks.claim(connection, "one", context.lease)
    assert chunk is not None
    renew, tries = chunks.renew, []

    def renew_later(connection: Connection, chunk: Chunk, lease: timedelta) -> None:
        tries.append(chunk)
        if len(tries) == 1:
            raise PoolTimeout("QueuePool limit reached")
        renew(connection, chunk, lease)

    monkeypatch.setattr(chunks, "renew", renew_later)
    with ChunkLease(context, chunk) as held:
        threading.Event().wait(context.lease.total_seconds() * 3)
        held.step()
    assert len(tries) > 3


def test_a_worker_that_hangs_says_so_itself(
    context: WorkerContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_context, "PATIENCE", 0.2)
    hung = threading.Event()
    context = replace(context, hung=hung.set)
    survey_id = uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"))
    for strikes in (1, 2, 3):
        with context.database.write() as connection:
            planning.register(connection)
            chunk = chunks.claim(connection, "one", context.lease)
        assert chunk is not None
        hung.clear()
        with ChunkLease(context, chunk) as held:
            assert hung.wait(10)
            with pytest.raises(LeaseLost):
                held.step()
        with context.database.read() as connection:
            probe = chunks.of_survey(EVERYWHERE, connection, survey_id)[0]
        assert (probe.strikes, probe.error) == (strikes, Reason("stalled", {"seconds": "0.2"}))
    assert probe.state is ChunkState.DEAD


def test_a_step_that_takes_long_is_not_taken_for_a_hang(
    context: WorkerContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_context, "PATIENCE", 0.2)
    hung = threading.Event()
    context = replace(context, hung=hung.set)
    uploaded(context.database, tmp_path, drawn_flight(tmp_path / "card"))
    with context.database.write() as connection:
        planning.register(connection)
        chunk = chunks.claim(connection, "one", context.lease)
    assert chunk is not None
    with ChunkLease(context, chunk) as held:
        held.step(30)
        assert not hung.wait(1)
        held.step()
        assert hung.wait(10)


def test_places_stand_on_the_operators_terrain_as_far_as_it_goes(context: WorkerContext, tmp_path: Path) -> None:
    elsewhere = terrain_of(np.zeros((9, 9)), (100.0, 0.1, 0.0, 31.0, 0.0, -0.1), "EPSG:4326")
    card = drawn_flight(tmp_path / "card")
    spots, notes = [], []
    for terrain in (None, made(rise_north=0.1), elsewhere):
        survey_id = uploaded(context.database, tmp_path, card)
        assert ended(replace(context, terrain=terrain), survey_id).state is SurveyState.DONE
        with context.database.read() as connection:
            spots.append({(place.lat, place.lon) for place in places.of_survey(EVERYWHERE, connection, survey_id)})
            notes.append(chunks.of_survey(EVERYWHERE, connection, survey_id)[-1].notes)
    flat, sloping, beyond = spots
    assert len(flat) == len(sloping) == len(TOWN.stalls)
    assert sloping != flat
    assert beyond == flat
    assert [any("taken as flat" in note for note in said) for said in notes] == [False, False, True]


def test_a_survey_without_footage_says_so(context: WorkerContext, tmp_path: Path) -> None:
    (tmp_path / "only.srt").write_text("1\n")
    survey = ended(context, uploaded(context.database, tmp_path, [tmp_path / "only.srt"]))
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert survey.errors == (Reason("no_footage"),)


def three_photos(folder: Path) -> list[Path]:
    folder.mkdir()
    files = [folder / f"DJI_{i:04d}.jpg" for i in range(3)]
    for file in files:
        cv2.imwrite(str(file), TOWN.seen_from(leg((0, 0), (0, 0), 1)[0]))
    return files


def test_a_photo_that_breaks_off_near_its_end_costs_itself_alone(context: WorkerContext, tmp_path: Path) -> None:
    """It would decode, grey below."""
    files = three_photos(tmp_path / "card")
    files[1].write_bytes(files[1].read_bytes()[:-3000])
    survey_id = uploaded(context.database, tmp_path, files)
    survey = ended(context, survey_id)
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert survey.errors == (Reason("picture_cut_off", {"file": "DJI_0001.jpg"}),)
    assert frames_of(context, survey_id) == ["DJI_0000.jpg", "DJI_0002.jpg"]
    with context.database.read() as connection:
        assert places.of_survey(EVERYWHERE, connection, survey_id)


def test_a_photo_that_kills_the_decoder_costs_itself_alone(
    context: WorkerContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(
        footage: Sequence[Footage],
        on_note: Callable[[str], None],
        *,
        on_failure: OnFailure | None,
        zone: ZoneInfo,
        span: Span,
        limits: Limits,
    ) -> Generator[Frame, None, None]:
        if any(one.name == "DJI_0001.jpg" for one in footage):
            raise DecoderFailed(
                "the reading process ended unexpectedly (signal 11)", Reason("decoder_died", {"how": "signal 11"})
            )
        return read_frames(footage, on_note, on_failure=on_failure, zone=zone, span=span, limits=limits)

    monkeypatch.setattr(work, "read_frames", dies)
    survey_id = uploaded(context.database, tmp_path, three_photos(tmp_path / "card"))
    survey = ended(context, survey_id)
    assert survey.errors == (Reason("decoder_died", {"file": "DJI_0001.jpg", "how": "signal 11"}),)
    assert frames_of(context, survey_id) == ["DJI_0000.jpg", "DJI_0002.jpg"]


def test_places_of_photos_without_a_clock_have_no_times(context: WorkerContext, tmp_path: Path) -> None:
    survey_id = uploaded(context.database, tmp_path, three_photos(tmp_path / "card"))
    assert ended(context, survey_id).state is SurveyState.DONE
    with context.database.read() as connection:
        found = places.of_survey(EVERYWHERE, connection, survey_id)
        stored_timed = connection.execute(select(candidates.c.timed)).scalars().all()
    assert found
    assert not any(place.timed for place in found)
    assert stored_timed
    assert not any(stored_timed)
