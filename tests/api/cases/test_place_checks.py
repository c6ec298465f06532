"""Fixed or not: what looks see at a place after its case was said to be fixed."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, insert

from api.candidates import repository as candidates
from api.cases import looks, outbox, progress
from api.cases.looks import PlaceCheck
from api.cases.place_checks import PlaceChecks
from api.cases.progress import CaseEvent, Said
from api.cases.tables import BUILT_IN, CaseStatus, EventResult, EventSource, LookOutcome
from api.db.database import Database
from api.db.metadata import metadata
from api.db.scope import EVERYWHERE, Scope
from api.errors import LeaseLost
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.surveys import repository as surveys
from api.surveys.manifest import Announced, plan, read_manifest
from api.surveys.places import source_of
from detector.candidate import Origin
from detector.places.strong_look import SeenPlace, StrongLook
from detector.vision.frame import Frame
from tests.api.cases.desk_service import at_desk, delivered, photograph
from tests.api.conftest import FakeClock, Service
from tests.api.samples import NOON, STALL, a_candidate, street

GONE = StrongLook(frozenset({"stall"}))
THERE = StrongLook(frozenset({"stall"}), (SeenPlace("stall", STALL, True),))
BLIND = StrongLook(frozenset())
HIDDEN = StrongLook(frozenset({"stall"}), (), (STALL,))
ENGLISH = {"lang": "en"}


@dataclass(slots=True)
class Place:
    """A case that was said to be fixed at noon, and the looks of its camera, a minute apart."""

    database: Database
    checks: PlaceChecks
    key: UUID
    clock: FakeClock
    minute: float = 0

    def see(self, *seen: StrongLook, camera: str = "cam-1", width: int = 640, timed: bool = True) -> None:
        for look in seen:
            self.minute += 1
            at = self.clock.now = NOON + timedelta(minutes=self.minute)
            self.checks.see(camera, Frame(street(width), at, camera, timed=timed), look)

    def known(self) -> PlaceCheck:
        with self.database.read() as connection:
            return looks.of_cases(EVERYWHERE, connection, [self.key])[self.key]

    def status(self) -> CaseStatus:
        with self.database.read() as connection:
            delivery = outbox.find(EVERYWHERE, connection, self.key)
            assert delivery is not None
            return progress.of_cases(EVERYWHERE, connection, [delivery])[self.key].status

    def events(self) -> tuple[CaseEvent, ...]:
        with self.database.read() as connection:
            return progress.events(EVERYWHERE, connection, self.key)


def fixed(connection: Connection, key: UUID, at: datetime, event: str = "f1") -> EventResult:
    delivery = outbox.find(EVERYWHERE, connection, key)
    assert delivery is not None
    said = Said(event, EventSource.CALLBACK, CaseStatus.FIXED, at)
    return progress.apply(EVERYWHERE, connection, delivery, "city", said, at)[0]


@pytest.fixture
def place(database: Database, files: EvidenceStore, clock: FakeClock) -> Place:
    checks = PlaceChecks(database, files, clock=clock)
    checks._asked_until = float("-inf")
    key = uuid4()
    with database.write() as connection:
        item = candidates.add(connection, a_candidate(), NOON)
        evidence.add(connection, item, files.keep(a_candidate()))
        outbox.add(EVERYWHERE, connection, key, item, b"{}", NOON, NOON)
        outbox.assign(connection, {"city"}, lambda _: "city")
        outbox.delivered(connection, key, NOON, 201, "r-1")
        assert fixed(connection, key, NOON) is EventResult.MOVED
    return Place(database, checks, key, clock)


def test_what_several_looks_do_not_see_is_cleared_and_its_case_checked(place: Place) -> None:
    place.see(GONE, GONE)
    assert (place.known().looks, place.known().outcome, place.status()) == (2, None, CaseStatus.FIXED)
    place.see(GONE)
    known = place.known()
    assert (known.outcome, known.seen_at, known.looks) == (LookOutcome.CLEARED, NOON + timedelta(minutes=3), 3)
    assert place.status() is CaseStatus.CHECKED
    assert [(one.source, one.status) for one in place.events()][1:] == [(EventSource.LOOK, CaseStatus.CHECKED)]
    assert place.events()[-1].picture_sha256 == known.picture_sha256 is not None
    place.see(THERE, THERE)  # what comes later is another story
    assert place.known() == known


def test_what_two_looks_see_is_still_there_and_may_be_fixed_again(place: Place) -> None:
    place.see(THERE)
    assert place.known().outcome is None
    place.see(THERE)
    assert (place.known().outcome, place.status()) == (LookOutcome.STILL_THERE, CaseStatus.FIXED)
    last = place.events()[-1]
    assert (last.source, last.status, last.result) == (EventSource.LOOK, CaseStatus.FIXED, EventResult.OUTDATED)
    assert last.picture_sha256 is not None
    with place.database.write() as connection:
        assert fixed(connection, place.key, NOON + timedelta(minutes=5), "f2") is EventResult.MOVED
        assert fixed(connection, place.key, NOON + timedelta(minutes=5), "f3") is EventResult.OUTDATED
    assert (place.known().looks, place.known().outcome) == (0, None)
    place.checks._asked_until = float("-inf")
    place.minute = 5
    place.see(GONE, GONE, GONE)
    assert place.status() is CaseStatus.CHECKED
    assert len(place.events()) == 5  # fixed, still there, fixed again, once too often, cleared


def test_one_look_decides_nothing_and_what_differs_begins_anew(place: Place) -> None:
    place.see(GONE, GONE, THERE, GONE, GONE, THERE, GONE, GONE)
    assert (place.known().outcome, place.known().looks) == (None, 8)
    place.see(GONE)
    assert place.known().outcome is LookOutcome.CLEARED


def test_who_cannot_tell_never_says_cleared(place: Place) -> None:
    place.see(*[BLIND] * 9, *[HIDDEN] * 9)
    place.see(*[GONE] * 9, camera="cam-2")
    place.see(*[GONE] * 9, width=1280)  # another view
    place.see(*[GONE] * 9, timed=False)
    place.minute = -60  # pictures from before the fix
    place.see(*[GONE] * 9)
    assert (place.known().looks, place.known().outcome, place.status()) == (0, None, CaseStatus.FIXED)


def test_a_look_that_cannot_tell_writes_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_: Database) -> None:
        raise AssertionError("the one lock of all that is written was taken for nothing")

    place.see(GONE)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", write)
        place.see(BLIND, HIDDEN)
        place.see(GONE, width=1280)
        place.see(GONE, timed=False)
        with pytest.raises(AssertionError):
            place.see(GONE)
    assert place.known().looks == 1


def test_the_same_frame_counts_once_and_three_in_a_moment_are_not_enough(place: Place) -> None:
    for _ in range(9):
        place.minute = 0
        place.see(GONE)
    assert place.known().looks == 1
    for second in range(9):
        place.minute = 0.1 + second / 60
        place.checks.see("cam-1", Frame(street(), NOON + timedelta(minutes=1, seconds=1 + second), "cam-1"), GONE)
    assert (place.known().looks, place.known().outcome) == (10, None)


def test_what_was_moved_since_is_not_looked_at(place: Place, files: EvidenceStore) -> None:
    """Where the place is in the new view nobody knows."""
    health = metadata.tables["camera_health"]
    with place.database.write() as connection:
        row = {"id": uuid4(), "camera": "cam-1", "fault": "moved", "sha256": "0" * 64, "path": "x", "grade": 2}
        at = NOON + timedelta(minutes=30)
        connection.execute(insert(health).values(**row, started_at=at, ended_at=at, width=1, height=1))
    place.minute = 60
    place.see(*[GONE] * 5)
    assert (place.known().looks, place.status()) == (0, CaseStatus.FIXED)


def test_a_case_that_was_closed_by_hand_is_not_touched(place: Place) -> None:
    with place.database.write() as connection:
        delivery = outbox.find(EVERYWHERE, connection, place.key)
        assert delivery is not None
        said = Said("c1", EventSource.DESK, CaseStatus.CLOSED, NOON)
        progress.apply(EVERYWHERE, connection, delivery, BUILT_IN, said, NOON)
    place.see(*[GONE] * 5)
    assert (place.known().looks, place.status()) == (0, CaseStatus.CLOSED)
    with place.database.read() as connection:
        assert looks.cameras_asked(connection) == frozenset()  # nor is its camera asked any more


def test_a_camera_is_asked_while_its_case_is_said_to_be_fixed(place: Place) -> None:
    with place.database.read() as connection:
        assert looks.cameras_asked(connection) == {"cam-1"}


def test_who_has_lost_the_camera_counts_nothing(
    place: Place, files: EvidenceStore, caplog: pytest.LogCaptureFixture
) -> None:
    def fence(connection: Connection, source: str) -> None:
        raise LeaseLost(f"{source} is another's")

    place.checks = PlaceChecks(place.database, files, fence=fence)
    place.see(*[GONE] * 5)
    assert place.known().looks == 0
    assert "another's" in caplog.text


def test_what_a_drone_saw_waits_for_the_next_flight(service: Service) -> None:
    survey, flown = plan(read_manifest("flight 7", [Announced("v.mp4", 9, "a" * 64)], district="erqi"), {}, NOON)
    with service.database.write() as connection:
        surveys.add(EVERYWHERE, connection, survey, flown)
    found = replace(a_candidate("x", source=source_of(survey.id)), origin=Origin("erqi", survey_id=survey.id))
    service.sink.take(found)
    (item,) = [one["id"] for one in service.http.get("/api/v1/candidates").json()["items"]]
    answer = service.http.post(f"/api/v1/candidates/{item}/verdict", json={"decision": "confirmed"})
    key = UUID(answer.json()["id"])
    delivered(service, key)
    assert "Nothing waits" in service.http.get("/cases/next-flight", params=ENGLISH).text
    sent = {"photograph": ("a.jpg", photograph(), "image/jpeg")}
    assert service.http.post(f"/cases/{key}/fix", files=sent).status_code == 303
    assert "waits for the next flight" in service.http.get(f"/cases/{key}", params=ENGLISH).text
    page = service.http.get("/cases/next-flight", params={"lang": "zh"}).text
    assert str(key) in page
    assert "34.746500, 113.625400" in page
    assert service.http.get("/cases/next-flight.csv").status_code == 403
    table = service.http.get("/cases/next-flight.csv", params=ENGLISH | {"reason": "flight of Monday"})
    head, row = table.content.decode("utf-8-sig").splitlines()
    assert head.startswith("case,class,class_name,district,lat,lon,ce90,fixed_at")
    assert row.startswith(f"{key},stall,Street stall,erqi,34.7465,113.6254,2.4,")
    with service.database.read() as connection:
        assert looks.for_next_flight(Scope.of(["jinshui"]), connection, 9) == ()
        assert looks.cameras_asked(connection) == frozenset()


def test_the_page_says_what_is_known_and_what_is_not(service: Service, files: EvidenceStore) -> None:
    (key,) = at_desk(service)
    sent = {"photograph": ("a.jpg", photograph(), "image/jpeg")}
    assert service.http.post(f"/cases/{key}/fix", files=sent).status_code == 303
    assert "Not looked at again yet" in service.http.get(f"/cases/{key}", params=ENGLISH).text
    checks = PlaceChecks(service.database, EvidenceStore(service.data_dir / "evidence"))
    begun = datetime.now(NOON.tzinfo)
    for minute in (1, 2):
        checks.see("cam-1", Frame(street(), begun + timedelta(minutes=minute), "cam-1"), THERE)
    page = service.http.get(f"/cases/{key}", params=ENGLISH).text
    assert "Still there: looked at again and seen" in page
    assert "仍存在" in service.http.get(f"/cases/{key}", params={"lang": "zh"}).text
    assert "1 still there after they were fixed" in service.http.get("/cases", params=ENGLISH).text
    assert str(key) in service.http.get("/cases", params=ENGLISH | {"looked": "still_there"}).text
    pictures = re.findall(r'src="(/cases/[^"]+/photographs/[^"]+)"', page)
    assert [service.http.get(one).status_code for one in pictures] == [200, 200]
    assert service.http.post(f"/cases/{key}/fix", files=sent).status_code == 303  # once more, after they came again
    assert "Not looked at again yet" in service.http.get(f"/cases/{key}", params=ENGLISH).text
