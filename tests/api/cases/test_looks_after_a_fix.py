"""How many looks it takes to say that a place is cleared or still there, at the borders and in any mixture."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from api.cases import looks
from api.cases.looks import PlaceCheck
from api.cases.place_checks import PlaceChecks
from api.cases.tables import CaseStatus, LookOutcome
from api.db.database import Database
from api.db.metadata import metadata
from api.db.scope import EVERYWHERE
from api.evidence.files import EvidenceStore
from detector.places.strong_look import SeenPlace, StrongLook
from detector.vision.frame import Frame
from tests.api.cases.stored_cases import say, stored_case
from tests.api.samples import NOON, STALL, a_candidate, street

CLASSES = frozenset({"stall"})
GONE = StrongLook(CLASSES)
THERE = StrongLook(CLASSES, (SeenPlace("stall", STALL, True),))
UNLIKELY = StrongLook(CLASSES, (SeenPlace("stall", STALL, False),))
HIDDEN = StrongLook(CLASSES, (), (STALL,))
BLIND = StrongLook(frozenset({"banner"}), (SeenPlace("stall", STALL, True),))
PICTURE = street()
Looks = Sequence[tuple[StrongLook, float]]
"""What was seen, and how many seconds after the fix or the look before."""


def looked(database: Database, files: EvidenceStore, seen: Looks, camera: str | None = None) -> PlaceCheck:
    """Return what is known of a place that was said to be fixed at noon, after these looks."""
    camera = camera or f"cam-{uuid4()}"
    with database.write() as connection:
        key: UUID = stored_case(connection, files=files, source=camera, system="city")
        say(connection, key, CaseStatus.FIXED)
    checks, at = PlaceChecks(database, files), NOON
    for look, seconds in seen:
        at += timedelta(seconds=seconds)
        checks.see(camera, Frame(PICTURE, at, camera), look)
    with database.read() as connection:
        return looks.of_cases(EVERYWHERE, connection, [key])[key]


def expected(seen: Looks) -> tuple[LookOutcome | None, float, int]:
    """Return the outcome, the second in which it was found, and how many looks could tell; written the slow way."""
    told: list[StrongLook] = []
    second = 0.0
    for look, seconds in seen:
        second += seconds
        if look in (GONE, THERE):
            told.append(look)
        if look is THERE and told[-2:] == [THERE, THERE]:
            return LookOutcome.STILL_THERE, second, len(told)
        if look is GONE and told[-3:] == [GONE, GONE, GONE] and second >= 120:
            return LookOutcome.CLEARED, second, len(told)
    return None, 0.0, len(told)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seen=st.lists(
        st.tuples(st.sampled_from([GONE, GONE, THERE, UNLIKELY, HIDDEN, BLIND]), st.sampled_from([5.0, 30.0, 60.0])),
        max_size=10,
    )
)
def test_any_mixture_of_looks_is_counted_as_it_is_written(
    database: Database, files: EvidenceStore, seen: Looks
) -> None:
    check = looked(database, files, seen)
    outcome, second, told = expected(seen)
    assert (check.outcome, check.looks) == (outcome, told)
    assert check.seen_at == (NOON + timedelta(seconds=second) if outcome else None)
    assert (check.picture_sha256 is not None) is (outcome is not None)


def test_two_minutes_are_two_minutes(database: Database, files: EvidenceStore) -> None:
    early = [(GONE, 40.0), (GONE, 40.0), (GONE, 39.999)]
    assert looked(database, files, early).outcome is None
    assert looked(database, files, [*early, (GONE, 0.001)]).outcome is LookOutcome.CLEARED
    assert looked(database, files, [(GONE, 1000.0), (GONE, 1000.0)]).outcome is None  # time makes up for no look


def test_who_stands_before_it_neither_helps_nor_harms(database: Database, files: EvidenceStore) -> None:
    hidden = [(HIDDEN, 60.0)] * 5
    gone = looked(database, files, [(GONE, 60.0), *hidden, (GONE, 60.0), *hidden, (GONE, 60.0)])
    assert (gone.outcome, gone.looks) == (LookOutcome.CLEARED, 3)
    there = looked(database, files, [(THERE, 60.0), *hidden, (THERE, 60.0)])
    assert (there.outcome, there.looks) == (LookOutcome.STILL_THERE, 2)
    assert looked(database, files, [(GONE, 60.0), (GONE, 60.0), *hidden]).outcome is None


@pytest.mark.parametrize(
    ("seconds", "fault", "outcome"),
    [
        (0, "moved", LookOutcome.CLEARED),  # its picture of the thing is of the new view
        (1, "moved", None),
        (1, "covered", LookOutcome.CLEARED),  # over since: the view is the same
    ],
)
def test_a_camera_that_was_moved_after_it_saw_the_thing_cannot_tell(
    database: Database, files: EvidenceStore, seconds: int, fault: str, outcome: LookOutcome | None
) -> None:
    at = a_candidate().evidence.captured_at + timedelta(seconds=seconds)
    row = {"id": uuid4(), "camera": "gate", "fault": fault, "sha256": "0" * 64, "path": "x", "grade": 2}
    with database.write() as connection:
        table = metadata.tables["camera_health"]
        connection.execute(insert(table).values(**row, started_at=at, ended_at=at, width=1, height=1))
    assert looked(database, files, [(GONE, 600.0)] * 3, "gate").outcome is outcome
