"""What a watcher finds becomes one row with its evidence, however often it comes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.repository import EVERYTHING, State, StoredCandidate
from api.candidates.verdicts import Decision, RejectReason
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import EvidenceDiskFull
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.review.service import decide
from detector.candidate import Candidate
from detector.places.place_evidence import Evidence
from detector.reason import Reason
from detector.rules.ruling import Outcome
from streams.frames.sink import CameraNote
from tests.api.cameras.registered import LI_WEI
from tests.api.conftest import FakeClock
from tests.api.evidence.test_files import no_room_beyond
from tests.api.samples import HEARD, MODEL, NOON, SMALL, VIOLATION, a_candidate, ruled


def stored(database: Database) -> tuple[StoredCandidate, ...]:
    with database.read() as connection:
        return candidates.page(EVERYWHERE, connection, EVERYTHING, None, 50).items


def only(database: Database) -> StoredCandidate:
    (item,) = stored(database)
    return item


def reject(database: Database, files: EvidenceStore, item: StoredCandidate) -> None:
    decide(
        EVERYWHERE, database, files, item.id,
        decision=Decision.REJECTED, reason=RejectReason.VEHICLE, note="", actor=LI_WEI,
        now=NOON, undo_window=timedelta(0), write_body=lambda *_: b"",
    )  # fmt: skip


def test_a_new_candidate_is_stored_with_all_that_is_known(database: Database, sink: StoreSink) -> None:
    taken = a_candidate()
    sink.take(taken)
    item = only(database)
    assert (item.source, item.key, item.class_name) == ("cam-1", "place-0", "stall")
    assert (item.outcome, item.reasons) == (Outcome.VIOLATION, VIOLATION.reasons)
    assert (item.code, item.rule, item.zone) == ("0501", "stall-on-main-road", "daxue-road")
    assert (item.lat, item.lon, item.ce90) == (34.7465, 113.6254, 2.4)
    assert (item.box, item.confidence, item.frames) == (taken.evidence_box, 0.87, 72)
    assert (item.first_seen, item.dwell) == (NOON, timedelta(minutes=6))
    assert (item.state, item.created_at, item.models) == (State.OPEN, NOON, (MODEL,))


def test_its_evidence_is_on_disk_and_in_the_table(database: Database, sink: StoreSink, files: EvidenceStore) -> None:
    sink.take(a_candidate())
    with database.read() as connection:
        kept = evidence.of_candidates(EVERYWHERE, connection, [only(database).id])[only(database).id]
    assert [file.kind for file in kept] == ["scene", "crop", "boxed"]
    assert all(files.read(file) for file in kept)


def test_a_place_seen_again_is_the_same_row(database: Database, sink: StoreSink, clock: FakeClock) -> None:
    sink.take(a_candidate())
    clock.pass_by(minutes=4)
    sink.take(a_candidate(minutes=10, frames=120))
    sink.take(a_candidate(minutes=7, frames=80))  # late: an older look arrives after a newer one
    item = only(database)
    assert (item.dwell, item.frames) == (timedelta(minutes=10), 120)
    assert (item.created_at, item.updated_at) == (NOON, NOON + timedelta(minutes=4))


def test_the_same_key_of_another_camera_is_another_place(database: Database, sink: StoreSink) -> None:
    sink.take(a_candidate())
    sink.take(a_candidate(source="cam-2"))
    assert len(stored(database)) == 2


def test_unknown_may_become_violation_and_a_violation_stays_one(database: Database, sink: StoreSink) -> None:
    sink.take(a_candidate(ruling=ruled(Outcome.UNKNOWN, Reason("no_registry"))))
    sink.take(a_candidate(minutes=8))
    assert only(database).outcome is Outcome.VIOLATION
    sink.take(a_candidate(minutes=9, ruling=ruled(Outcome.PERMITTED, Reason("permitted_site"))))
    item = only(database)
    assert (item.outcome, item.reasons, item.dwell) == (Outcome.VIOLATION, VIOLATION.reasons, timedelta(minutes=9))


def test_what_is_permitted_waits_for_nobody(database: Database, sink: StoreSink) -> None:
    sink.take(a_candidate(ruling=ruled(Outcome.PERMITTED)))
    assert stored(database) == ()


def test_a_verdict_is_never_reopened(database: Database, files: EvidenceStore, sink: StoreSink) -> None:
    sink.take(a_candidate(ruling=ruled(Outcome.UNKNOWN)))
    reject(database, files, only(database))
    sink.take(a_candidate(minutes=30))
    item = only(database)
    assert (item.state, item.outcome) == (State.REJECTED, Outcome.UNKNOWN)
    assert item.dwell == timedelta(minutes=30)


def test_many_watchers_at_once_make_one_row(database: Database, sink: StoreSink) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: sink.take(a_candidate(frames=number)), range(1, 13)))
    assert only(database).frames == 12


def test_no_room_for_evidence_means_no_candidate(database: Database, files: EvidenceStore, sink: StoreSink) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (360, 640, 3), np.uint8)  # a large JPEG; SQLite's files are small
    candidate = a_candidate()
    large = replace(candidate, evidence=replace(candidate.evidence, image=noise))
    with no_room_beyond(100_000), pytest.raises(EvidenceDiskFull):
        sink.take(large)
    assert stored(database) == ()
    sink.take(a_candidate())
    assert only(database).state is State.OPEN


def test_a_camera_without_calibration_gives_no_position(database: Database, sink: StoreSink) -> None:
    sink.take(a_candidate(position=None))
    item = only(database)
    assert (item.lat, item.lon, item.ce90) == (None, None, None)


def test_notes_of_cameras_are_passed_on(database: Database, files: EvidenceStore) -> None:
    heard: list[CameraNote] = []
    note = CameraNote("cam-1", "waiting", NOON, "connection refused")
    StoreSink(database, files, on_note=heard.append).note(note)
    StoreSink(database, files).note(note)
    assert heard == [note]


def moved(
    by: float, key: str = "another key", *, source: str = "cam-1", class_name: str = "stall",
    since: timedelta = timedelta(0), until: timedelta = timedelta(minutes=6),
) -> Candidate:  # fmt: skip
    """The sample stall as another service sees it: a key of its own, and a box that is off by some pixels."""
    one = a_candidate(key, source=source, class_name=class_name)
    x1, y1, x2, y2 = one.sighting.box
    box = (x1 + by, y1, x2 + by, y2)
    return replace(one, sighting=replace(one.sighting, box=box, first_seen=NOON + since, last_seen=NOON + until))


def test_two_services_on_one_database_make_one_row_of_a_thing(
    database: Database, files: EvidenceStore, clock: FakeClock
) -> None:
    one, two = (StoreSink(database, files, clock=clock) for _ in range(2))
    with ThreadPoolExecutor(4) as pool:
        for sink, found in ((one, moved(0, "mine")), (two, moved(4, "theirs"))) * 3:
            pool.submit(sink.take, found)
    two.take(moved(4, "theirs", until=timedelta(minutes=11)))
    assert only(database).dwell == timedelta(minutes=11)


@pytest.mark.parametrize(
    "other",
    [
        moved(400),
        moved(4, source="cam-2"),
        moved(4, class_name="signboard"),
        moved(4, since=timedelta(minutes=13), until=timedelta(minutes=14)),
        moved(4, since=timedelta(minutes=-30), until=timedelta(minutes=-1)),
    ],
    ids=["place", "camera", "class", "later", "earlier"],
)
def test_what_differs_in_place_class_camera_or_time_is_another_row(
    database: Database, files: EvidenceStore, clock: FakeClock, other: Candidate
) -> None:
    StoreSink(database, files, clock=clock).take(moved(0, "mine"))
    StoreSink(database, files, clock=clock).take(other)
    assert len(stored(database)) == 2


def test_one_service_tells_its_own_things_apart(database: Database, sink: StoreSink) -> None:
    sink.take(moved(0, "mine"))
    sink.take(moved(4, "mine too"))
    assert len(stored(database)) == 2


def test_times_follow_a_clock_that_was_set(database: Database, sink: StoreSink) -> None:
    sink.take(a_candidate())
    for ahead in (timedelta(days=365), timedelta(hours=-1)):
        seen = a_candidate(minutes=11).sighting
        later = replace(seen, first_seen=seen.first_seen + ahead, last_seen=seen.last_seen + ahead)
        sink.take(replace(a_candidate(), sighting=later))
        item = only(database)
        assert (item.first_seen, item.dwell) == (NOON + ahead, timedelta(minutes=11))


def test_what_the_finders_said_is_kept_until_somebody_decides(
    database: Database, files: EvidenceStore, sink: StoreSink
) -> None:
    fewer = Evidence(HEARD.records[:1])
    sink.take(a_candidate(evidence=fewer))
    sink.take(a_candidate(minutes=9, evidence=HEARD))
    sink.take(a_candidate(minutes=10))  # by a look that began anew and has heard nothing yet
    item = only(database)
    assert item.finders == tuple(one.summary() for one in HEARD.records)
    assert [(one.finder, one.looks, one.seen, one.best_score) for one in item.finders] == [
        ("model", 6, 5, 0.83),
        ("objects", 6, 0, 0.0),
    ]
    with database.read() as connection:
        (*_, shown) = evidence.of_candidates(EVERYWHERE, connection, [item.id])[item.id]
    assert (shown.kind.finder, shown.captured_at) == ("model", NOON + timedelta(minutes=2))
    assert files.read(shown) == SMALL
    reject(database, files, item)
    more = replace(HEARD.records[0], looks=60, seen=50)
    sink.take(a_candidate(minutes=30, evidence=Evidence((more,))))
    assert only(database).finders == item.finders


def test_finders_have_no_times_where_the_footage_has_none(database: Database, sink: StoreSink) -> None:
    taken = a_candidate(evidence=HEARD)
    sink.take(replace(taken, sighting=replace(taken.sighting, timed=False)))
    assert [(one.first, one.last) for one in only(database).finders] == [(None, None)] * 2
