"""A worker at its desk: what fails costs its chunk, never the survey; the last step may run twice."""

import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from sqlalchemy import Connection, select, update

from api.errors import LeaseLost
from api.evidence import EvidenceStore
from api.intake import StoreSink
from api.jobs import desk as desk_room
from api.jobs import planning, work, worker
from api.jobs.desk import Desk, Held
from api.store import Database, chunks, places, seen, surveys
from api.store.chunks import ChunkKind, ChunkState
from api.store.job_tables import survey_chunks, survey_frames
from api.store.surveys import Survey, SurveyState
from api.store.tables import candidates
from detector.frame import Frame
from detector.rulings import Outcome
from detector.terrain import terrain_of
from streams.errors import DecoderFailed
from streams.footage import Span
from streams.sandbox.read import Footage, Limits, read_frames
from tests.api.conftest import FakeClock
from tests.api.jobs.flights import TOWN, desk_over, drawn_flight, uploaded
from tests.detector.test_terrain import made
from tests.streams.aerial import leg
from tests.streams.test_sandbox import children


@pytest.fixture
def desk(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Desk:
    (tmp_path / "store.sqlite3").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    files = EvidenceStore(tmp_path / "evidence")
    files.prepare()
    return desk_over(database, tmp_path, StoreSink(database, files, clock=clock), timedelta(seconds=0.3))


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE", 0.05)


def ended(desk: Desk, survey_id: UUID) -> Survey:
    worker.run(desk, until_idle=True)
    with desk.database.read() as connection:
        survey = surveys.find(connection, survey_id)
    assert survey is not None
    return survey


def stored(desk: Desk) -> list[tuple[str, str]]:
    with desk.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(candidates.c.source, candidates.c.key))]


def test_footage_becomes_places_and_candidates(desk: Desk, tmp_path: Path) -> None:
    survey_id = uploaded(desk.database, tmp_path, drawn_flight(tmp_path / "card"))
    survey = ended(desk, survey_id)
    assert (survey.state, survey.error) == (SurveyState.DONE, None)
    with desk.database.read() as connection:
        found = places.of_survey(connection, survey_id)
        flown = seen.path_of(connection, survey_id)
        kept = connection.execute(select(survey_frames.c.corners).distinct()).scalars().all()
    assert len(found) == len(TOWN.stalls)
    assert len(stored(desk)) == len(TOWN.stalls)
    assert all(place.candidate_id is not None and place.ce90 for place in found)
    assert [point.lat for point in flown] == sorted(point.lat for point in flown)
    assert kept == [None]  # what only linking needed takes no room any more
    pictures = {
        path.relative_to(desk.pictures(survey_id).folder) for path in (tmp_path).glob("survey_pictures/*/*/*/*")
    }
    assert {str(path) for path in pictures} == {place.picture for place in found}


def test_photos_are_taken_in_runs(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without telemetry things are counted, link by link across the runs, but not placed."""
    monkeypatch.setattr(planning, "RUN", 2)
    photos = [tmp_path / f"DJI_{number:04d}.jpg" for number in range(5)]
    for photo, pose in zip(photos, leg((-10, 0), (10, 0), 5), strict=True):
        cv2.imwrite(str(photo), TOWN.seen_from(pose))
    survey_id = uploaded(desk.database, tmp_path, photos)
    assert ended(desk, survey_id).state is SurveyState.DONE
    with desk.database.read() as connection:
        looked = [chunk.frames for chunk in chunks.of_survey(connection, survey_id) if chunk.kind is ChunkKind.LOOK]
        found = places.of_survey(connection, survey_id)
    assert looked == [2, 2, 1]
    assert len(found) == len(TOWN.stalls)
    assert {(place.lat, place.outcome) for place in found} == {(None, Outcome.UNKNOWN)}


def test_the_last_step_done_twice_gives_nothing_twice(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey_id = uploaded(desk.database, tmp_path, drawn_flight(tmp_path / "card"))
    tries = []

    def close(connection: Connection, survey: Survey) -> None:
        tries.append(len(stored(desk)))
        if len(tries) == 1:
            raise OSError("the power fails")
        real_close(connection, survey)

    real_close = planning.close
    monkeypatch.setattr(work, "close", close)
    with pytest.raises(OSError, match="power"):
        worker.run(desk, until_idle=True)
    assert ended(desk, survey_id).state is SurveyState.DONE
    assert tries == [3, 3]
    assert len(stored(desk)) == 3


def test_what_is_no_footage_is_set_aside_and_the_rest_goes_on(desk: Desk, tmp_path: Path) -> None:
    files = drawn_flight(tmp_path / "card")
    (tmp_path / "card" / "DJI_0009.MP4").write_text("ffconcat version 1.0\nfile /etc/passwd\n")
    survey_id = uploaded(desk.database, tmp_path, [*files, tmp_path / "card" / "DJI_0009.MP4"])
    survey = ended(desk, survey_id)
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert survey.error is not None
    assert survey.error.startswith("DJI_0009.MP4: neither a video")
    assert len(stored(desk)) == 3


def test_a_decoder_that_dies_three_times_costs_its_chunk(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poison file: whoever decodes it is killed."""

    def step(held: Held, longer: float = 0.0) -> None:
        for child in children():
            os.kill(child, signal.SIGKILL)

    monkeypatch.setattr(Held, "step", step)
    survey_id = uploaded(desk.database, tmp_path, drawn_flight(tmp_path / "card"))
    survey = ended(desk, survey_id)
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert survey.error == "flight.mp4: the reading process died (signal 9)"
    with desk.database.read() as connection:
        looked = [chunk for chunk in chunks.of_survey(connection, survey_id) if chunk.kind is ChunkKind.LOOK]
    assert [(chunk.state, chunk.attempts, chunk.strikes) for chunk in looked] == [(ChunkState.DEAD, 3, 3)]


def test_a_decoder_that_is_ended_with_its_worker_proves_nothing(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supervisor that ends a service tells all of its processes at once."""

    def step(held: Held, longer: float = 0.0) -> None:
        desk.stop.set()
        for child in children():
            os.kill(child, signal.SIGTERM)

    monkeypatch.setattr(Held, "step", step)
    survey_id = uploaded(desk.database, tmp_path, drawn_flight(tmp_path / "card"))
    worker.run(desk)
    with desk.database.read() as connection:
        looked = [chunk for chunk in chunks.of_survey(connection, survey_id) if chunk.kind is ChunkKind.LOOK]
    assert [(chunk.state, chunk.attempts, chunk.strikes) for chunk in looked] == [(ChunkState.WAITING, 0, 0)]


def test_a_worker_that_is_told_to_stop_gives_its_chunk_back(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey_id = uploaded(desk.database, tmp_path, drawn_flight(tmp_path / "card"))
    real_step = Held.step

    def step(held: Held, longer: float = 0.0) -> None:
        desk.stop.set()
        real_step(held, longer)

    monkeypatch.setattr(Held, "step", step)
    worker.run(desk)
    assert children() == []
    with desk.database.read() as connection:
        looked = [chunk for chunk in chunks.of_survey(connection, survey_id) if chunk.kind is ChunkKind.LOOK]
    assert [(chunk.state, chunk.attempts) for chunk in looked] == [(ChunkState.WAITING, 0)]


def test_a_lease_is_renewed_while_the_work_goes_on(desk: Desk, tmp_path: Path) -> None:
    uploaded(desk.database, tmp_path, drawn_flight(tmp_path / "card"))
    with desk.database.write() as connection:
        planning.enlist(connection)
        chunk = chunks.claim(connection, "one", desk.lease)
    assert chunk is not None
    with Held(desk, chunk) as held:
        threading.Event().wait(desk.lease.total_seconds() * 2)
        held.step()
        with desk.database.write() as connection:
            assert chunks.claim(connection, "two", desk.lease) is None
            connection.execute(update(survey_chunks).values(epoch=chunk.epoch + 1))
        threading.Event().wait(desk.lease.total_seconds())
        with pytest.raises(LeaseLost):
            held.step()


def test_a_worker_that_hangs_says_so_itself(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_room, "PATIENCE", 0.2)
    hung = threading.Event()
    desk = replace(desk, hung=hung.set)
    survey_id = uploaded(desk.database, tmp_path, drawn_flight(tmp_path / "card"))
    for strikes in (1, 2, 3):
        with desk.database.write() as connection:
            planning.enlist(connection)
            chunk = chunks.claim(connection, "one", desk.lease)
        assert chunk is not None
        hung.clear()
        with Held(desk, chunk) as held:
            assert hung.wait(10)
            with pytest.raises(LeaseLost):
                held.step()
        with desk.database.read() as connection:
            probe = chunks.of_survey(connection, survey_id)[0]
        assert (probe.strikes, probe.reason) == (strikes, "nothing moved for 0.2 s")
    assert probe.state is ChunkState.DEAD


def test_a_step_that_takes_long_is_not_taken_for_a_hang(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_room, "PATIENCE", 0.2)
    hung = threading.Event()
    desk = replace(desk, hung=hung.set)
    uploaded(desk.database, tmp_path, drawn_flight(tmp_path / "card"))
    with desk.database.write() as connection:
        planning.enlist(connection)
        chunk = chunks.claim(connection, "one", desk.lease)
    assert chunk is not None
    with Held(desk, chunk) as held:
        held.step(30)
        assert not hung.wait(1)
        held.step()
        assert hung.wait(10)


def test_places_stand_on_the_operators_terrain_as_far_as_it_goes(desk: Desk, tmp_path: Path) -> None:
    elsewhere = terrain_of(np.zeros((9, 9)), (100.0, 0.1, 0.0, 31.0, 0.0, -0.1), "EPSG:4326")
    card = drawn_flight(tmp_path / "card")
    spots, notes = [], []
    for terrain in (None, made(rise_north=0.1), elsewhere):
        survey_id = uploaded(desk.database, tmp_path, card)
        assert ended(replace(desk, terrain=terrain), survey_id).state is SurveyState.DONE
        with desk.database.read() as connection:
            spots.append({(place.lat, place.lon) for place in places.of_survey(connection, survey_id)})
            notes.append(chunks.of_survey(connection, survey_id)[-1].notes)
    flat, sloping, beyond = spots
    assert len(flat) == len(sloping) == len(TOWN.stalls)
    assert sloping != flat
    assert beyond == flat
    assert [any("taken as flat" in note for note in said) for said in notes] == [False, False, True]


def test_a_survey_without_footage_says_so(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "only.srt").write_text("1\n")
    survey = ended(desk, uploaded(desk.database, tmp_path, [tmp_path / "only.srt"]))
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert survey.error == "there is neither a video nor a photo among its files"


def photos(folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    files = [folder / f"DJI_{i:04d}.jpg" for i in range(count)]
    for file in files:
        cv2.imwrite(str(file), TOWN.seen_from(leg((0, 0), (0, 0), 1)[0]))
    return files


def test_a_cut_off_photo_costs_itself_alone(desk: Desk, tmp_path: Path) -> None:
    files = photos(tmp_path / "card", 3)
    files[1].write_bytes(files[1].read_bytes()[:-3000])
    survey_id = uploaded(desk.database, tmp_path, files)
    survey = ended(desk, survey_id)
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert (survey.error or "").startswith("DJI_0001.jpg: begins like a picture but is cut off")
    assert "DJI_0000" not in (survey.error or "")
    assert "DJI_0002" not in (survey.error or "")
    with desk.database.read() as connection:
        seen_in = connection.execute(select(survey_frames.c.clip)).scalars().all()
    assert sorted(seen_in) == ["DJI_0000.jpg", "DJI_0002.jpg"]


def test_a_photo_that_kills_the_decoder_costs_itself_alone(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(
        footage: Sequence[Footage],
        on_note: Callable[[str], None],
        *,
        zone: ZoneInfo,
        span: Span,
        limits: Limits,
        on_unreadable: Callable[[int, str], None],
    ) -> Generator[Frame, None, None]:
        if any(one.name == "DJI_0001.jpg" for one in footage):
            raise DecoderFailed("the reading process died (signal 11)")
        return read_frames(footage, on_note, zone=zone, span=span, limits=limits, on_unreadable=on_unreadable)

    monkeypatch.setattr(work, "read_frames", dies)
    survey_id = uploaded(desk.database, tmp_path, photos(tmp_path / "card", 3))
    survey = ended(desk, survey_id)
    assert survey.error == "DJI_0001.jpg: the reading process died (signal 11)"
    with desk.database.read() as connection:
        assert len(connection.execute(select(survey_frames.c.clip)).scalars().all()) == 2


def test_places_of_photos_without_a_clock_have_no_times(desk: Desk, tmp_path: Path) -> None:
    survey_id = uploaded(desk.database, tmp_path, photos(tmp_path / "card", 1))
    assert ended(desk, survey_id).state is SurveyState.DONE
    with desk.database.read() as connection:
        found = places.of_survey(connection, survey_id)
        stored_timed = connection.execute(select(candidates.c.timed)).scalars().all()
    assert found
    assert not any(place.timed for place in found)
    assert stored_timed
    assert not any(stored_timed)
