from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from api.cameras.state_files import HandedOnSince, PersistentLook
from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.repository import EVERYTHING, StoredCandidate
from api.db.database import Database
from api.db.scope import EVERYWHERE as ALL
from api.evidence.files import EvidenceStore
from detector.candidate import Candidate
from detector.look import Look
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.zones import Zone
from detector.vision.detections import Detections
from detector.vision.engine import OnnxModel
from detector.vision.frame import Frame, Image
from tests.detector.nets import COLOURS, save_colour_detector

NOON = datetime.now(UTC).replace(microsecond=0)
EVERYWHERE = Zone("all", "view", ((-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6)), "camera / 1")


def book() -> Rulebook:
    from zoneinfo import ZoneInfo

    return Rulebook.of("1", ZoneInfo("UTC"), [EVERYWHERE], [Rule("red", ("red",), ("view",))], None)


def picture() -> Image:
    image: Image = np.full((64, 96, 3), 20, np.uint8)
    image[24:32, 40:48] = (0, 0, 255)
    return image


@pytest.fixture
def model(tmp_path: Path) -> OnnxModel:
    return OnnxModel(save_colour_detector(tmp_path / "net.onnx"), COLOURS, 0.6)


def run(look: PersistentLook, first: datetime, count: int) -> set[str]:
    keys = set()
    for number in range(count):
        for found in look(Frame(picture(), first + timedelta(seconds=5 * number), "camera / 1", index=number)):
            keys.add(found.sighting.key)
    return keys


def test_a_place_keeps_its_key_over_a_restart(model: OnnxModel, tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    before = run(PersistentLook(Look("camera / 1", book(), [model]), folder), NOON, 14)
    after = run(PersistentLook(Look("camera / 1", book(), [model]), folder), NOON + timedelta(seconds=75), 14)
    forgetful = run(
        PersistentLook(Look("camera / 1", book(), [model]), tmp_path / "other"), NOON + timedelta(hours=1), 14
    )
    assert len(before) == 1
    assert after == before
    assert forgetful != before


def test_damaged_memory_is_told_and_the_watch_goes_on(
    model: OnnxModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "memory"
    run(PersistentLook(Look("camera / 1", book(), [model]), folder), NOON, 14)
    for file in folder.iterdir():
        file.write_bytes(b'{"places": "none"}')
    found = run(PersistentLook(Look("camera / 1", book(), [model]), folder), NOON + timedelta(seconds=75), 14)
    assert found
    assert "starts without its saved state" in caplog.text


def test_detections_of_the_tiny_net_are_what_the_tests_assume(model: OnnxModel) -> None:
    seen: Detections = model.detect(picture())
    assert [one.class_name for one in seen] == ["red"]


class Service:
    """One watched camera over the store, as often started anew as a test likes; `clock` is the machine's."""

    def __init__(self, model: OnnxModel, folder: Path, database: Database, files: EvidenceStore) -> None:
        self.model = model
        self.folder = folder
        self.database = database
        self.files = files
        self.uptime = 0.0
        self.set_ahead = timedelta(0)
        self.start()

    def start(self, folder: str = "memory", *, asks_the_store: bool = True) -> None:
        self.sink = StoreSink(self.database, self.files)
        asked: HandedOnSince | None = self.sink.handed_on_since if asks_the_store else None
        self.inner = Look("camera / 1", book(), [self.model])
        self.look = PersistentLook(self.inner, self.folder / folder, asked)

    def see(self, seconds: float = 0.0, *, store: bool = True, empty: bool = False) -> list[Candidate]:
        """Look at frames for so long, at one at least; what is found goes to the store."""
        found: list[Candidate] = []
        end = self.uptime + seconds
        while True:
            at = NOON + timedelta(seconds=self.uptime) + self.set_ahead
            image = np.full((64, 96, 3), 20, np.uint8) if empty else picture()
            found += self.look(Frame(image, at, "camera / 1", clock=self.set_ahead.total_seconds()))
            self.uptime += 5
            if self.uptime > end:
                break
        for one in found if store else ():
            self.sink.take(one)
        return found

    def stored(self) -> tuple[StoredCandidate, ...]:
        with self.database.read() as connection:
            return candidates.page(ALL, connection, EVERYTHING, None, 50).items

    def until_reported(self, *, store: bool = True) -> None:
        end = self.uptime + 120
        while not self.see(store=store):
            assert self.uptime < end


@pytest.fixture
def service(model: OnnxModel, tmp_path: Path, database: Database, files: EvidenceStore) -> Service:
    return Service(model, tmp_path / "state", database, files)


def test_a_report_survives_a_kill_right_after_it(service: Service) -> None:
    service.until_reported()
    for _ in range(5):  # nothing is said to a look that is killed
        service.start(asks_the_store=False)
        service.see(30)
    assert len(service.stored()) == 1


def test_a_report_survives_a_kill_before_the_store_had_it(service: Service) -> None:
    service.until_reported(store=False)
    service.start(asks_the_store=False)
    service.see()
    (one,) = service.stored()
    assert one.dwell >= timedelta(seconds=10)


def test_without_its_files_a_look_knows_from_the_store_what_stands_there(service: Service) -> None:
    service.until_reported()
    for number in range(3):
        service.start(f"folder {number}")
        service.see(30)
    assert len(service.stored()) == 1


def test_what_has_left_before_a_restart_is_not_taken_for_what_came_after(service: Service) -> None:
    service.until_reported()
    service.see(200, empty=True)
    service.start()
    service.see(5, empty=True)
    service.until_reported()
    assert len(service.stored()) == 2


def test_a_view_that_was_accepted_begins_with_nothing_also_after_a_restart(service: Service) -> None:
    service.until_reported()
    service.inner.forget()
    service.look.forget()
    service.start()
    service.see(30)
    assert len(service.stored()) == 1 + 1


@pytest.mark.parametrize("ahead", [timedelta(hours=-1), timedelta(hours=1), timedelta(days=365)])
@pytest.mark.parametrize("restart", [True, False])
def test_a_clock_that_is_set_makes_no_second_candidate(service: Service, ahead: timedelta, restart: bool) -> None:
    service.until_reported()
    before = service.uptime
    service.set_ahead = ahead
    if restart:
        service.start()
    service.see(330)
    (one,) = service.stored()
    assert timedelta(seconds=before) <= one.dwell <= timedelta(seconds=service.uptime)
    assert one.last_seen - NOON - ahead <= timedelta(seconds=service.uptime)


def test_after_a_start_of_the_machine_with_the_clock_an_hour_back_no_dwell_is_negative(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.until_reported()
    monkeypatch.setattr("api.cameras.state_files._boot", lambda: "another")
    service.set_ahead = timedelta(hours=-1)
    service.start()
    found = service.see(30)
    assert len(service.stored()) == 1
    assert [one.sighting.dwell for one in found] == [timedelta(seconds=10)]
