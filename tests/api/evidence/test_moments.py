"""The pictures of a thing that stands on: the first, the breach, the last, a film between; each says when it is of."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.repository import EVERYTHING, State, StoredCandidate
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.evidence.kinds import EvidenceKind
from api.evidence.picture_metadata import read_metadata
from api.evidence.repository import EvidenceFile
from detector.candidate import Candidate
from detector.places.pictures import Moment, MomentPicture
from detector.recording import Gap, Recording
from detector.rules.ruling import Outcome
from detector.vision.jpeg import encode
from streams.frames.sink import CameraNote
from tests.api.samples import NOON, STALL, a_candidate, ruled, street

Kept = dict[EvidenceKind, list[EvidenceFile]]


def seen(minutes: float, *, first: bool = False, outcome: Outcome = Outcome.VIOLATION) -> Candidate:
    """A stall handed on after so many minutes, with its pictures; each moment looks another way."""
    image = street()
    image[0, : int(minutes) + 1] = 255
    jpeg = encode(image)
    now = MomentPicture(Moment.NOW, jpeg, 640, 360, NOON + timedelta(minutes=minutes), STALL, 0.25)
    pictures = [now]
    if first:
        pictures.append(MomentPicture(Moment.FIRST, encode(street()), 640, 360, NOON, STALL))
        pictures.append(MomentPicture(Moment.EMPTY, encode(street()[::2, ::2]), 320, 180, now.captured_at, STALL))
    gap = Gap(NOON + timedelta(minutes=1), NOON + timedelta(minutes=2))
    recording = Recording("machine", 0.25, 0.0, (gap,))
    candidate = a_candidate(minutes=minutes, ruling=ruled(outcome))
    return replace(candidate, pictures=tuple(pictures), recording=recording)


def kept(database: Database) -> tuple[StoredCandidate, Kept]:
    with database.read() as connection:
        (item,) = candidates.page(EVERYWHERE, connection, EVERYTHING, None, 10).items
        files = evidence.of_candidates(EVERYWHERE, connection, [item.id])[item.id]
    by_kind: Kept = {}
    for file in files:
        by_kind.setdefault(file.kind, []).append(file)
    return item, by_kind


def minutes(files: list[EvidenceFile]) -> list[float]:
    return [(file.captured_at - NOON).total_seconds() / 60 for file in files]


def test_a_thing_that_stands_on_keeps_its_first_breach_and_last_and_a_film(sink: StoreSink, database: Database) -> None:
    for number in range(13):
        sink.take(seen(6 + 5 * number, first=number == 0))
    _, found = kept(database)
    assert minutes(found[EvidenceKind.FIRST]) == [0]
    assert minutes(found[EvidenceKind.BREACH]) == minutes(found[EvidenceKind.BREACH_CROP]) == [6]
    assert minutes(found[EvidenceKind.LAST]) == minutes(found[EvidenceKind.LAST_CROP]) == [66]
    assert minutes(found[EvidenceKind.FILM]) == [11, 21, 36, 56], "ever further apart"


def test_the_breach_is_the_first_moment_that_was_ruled_a_violation(sink: StoreSink, database: Database) -> None:
    sink.take(seen(2, first=True, outcome=Outcome.UNKNOWN))
    assert EvidenceKind.BREACH not in kept(database)[1]
    sink.take(seen(6))
    sink.take(seen(11))
    item, found = kept(database)
    assert minutes(found[EvidenceKind.BREACH]) == [6]
    assert item.outcome is Outcome.VIOLATION


def test_what_was_decided_on_keeps_the_pictures_that_it_was_decided_by(sink: StoreSink, database: Database) -> None:
    sink.take(seen(6, first=True))
    item, before = kept(database)
    with database.write() as connection:
        assert candidates.move(EVERYWHERE, connection, item.id, State.OPEN, State.CONFIRMED, NOON)
    sink.take(seen(11))
    assert kept(database)[1] == before


def test_each_picture_says_in_its_file_when_it_was_taken_and_by_which_clock(
    sink: StoreSink, database: Database, files: EvidenceStore
) -> None:
    sink.take(seen(6, first=True))
    _, found = kept(database)
    (breach,), (cut,), (empty,) = (
        found[kind] for kind in (EvidenceKind.BREACH, EvidenceKind.BREACH_CROP, EvidenceKind.EMPTY)
    )
    said = read_metadata(files.read(breach))
    assert said["captured_at"] == "2026-11-20T04:06:00+00:00" == breach.captured_at.isoformat()
    assert (said["camera"], said["clock"], said["lag_s"]) == ("cam-1", "machine", 0.25)
    original = next(one.jpeg for one in seen(6).pictures)
    assert said["sha256_without_metadata"] == hashlib.sha256(original).hexdigest(), "not encoded a second time"
    assert original[2:] in files.read(breach)
    assert read_metadata(files.read(cut))["cut_from_sha256"] == breach.sha256
    assert "computed" in str(read_metadata(files.read(empty))["shows"])


def test_capture_conditions_come_with_the_candidate(sink: StoreSink, database: Database) -> None:
    sink.note(CameraNote("cam-1", "live", NOON))
    sink.take(seen(6))
    conditions = kept(database)[0].conditions
    assert conditions is not None
    assert (conditions.clock, conditions.lag_s, conditions.camera_state) == ("machine", 0.25, "live")
    assert [(gap.until - gap.since) for gap in conditions.gaps] == [timedelta(minutes=1)]
    assert len(conditions.software_sha256) == 64


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nothing_is_known_of_how_a_candidate_without_a_recording_was_taken(sink: StoreSink, database: Database) -> None:
    sink.take(a_candidate())
    conditions = kept(database)[0].conditions
    assert conditions is not None
    assert (conditions.clock, conditions.lag_s, conditions.synchronised, conditions.camera_state) == (None,) * 4
