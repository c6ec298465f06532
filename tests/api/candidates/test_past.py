"""What the store tells a camera's watcher of its past."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert

from api.accounts import repository as accounts
from api.cameras.health_tables import camera_health
from api.cameras.past import known_past
from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.repository import EVERYTHING
from api.candidates.verdicts import Decision, RejectReason
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import DatabaseUnavailable
from api.evidence.files import EvidenceStore
from api.review.service import decide, undo
from detector.places.past_sightings import PastSighting, PastVerdict
from tests.api.cameras.registered import LI_WEI
from tests.api.samples import NOON, STALL, a_candidate

UNDO = timedelta(minutes=1)
LONG_AGO = NOON - timedelta(days=30)


def say(database: Database, files: EvidenceStore, reason: RejectReason | None) -> None:
    with database.read() as connection:
        (item,) = candidates.page(EVERYWHERE, connection, EVERYTHING, None, 9).items
    decide(
        EVERYWHERE, database, files, item.id,
        decision=Decision.REJECTED if reason else Decision.CONFIRMED, reason=reason, note="", actor=LI_WEI,
        now=NOON, undo_window=UNDO, write_body=lambda *_: b"{}",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        (RejectReason.NOT_A_STALL, PastVerdict.NOTHING),
        (RejectReason.PERMITTED, PastVerdict.REJECTED),
        (None, PastVerdict.CONFIRMED),
    ],
)
def test_a_verdict_with_its_reason_reaches_the_watcher_and_one_taken_back_does_not(
    database: Database, files: EvidenceStore, sink: StoreSink, reason: RejectReason | None, verdict: PastVerdict
) -> None:
    sink.take(a_candidate())
    say(database, files, reason)
    (one,) = sink.past("cam-1", LONG_AGO)
    assert (one.class_name, one.verdict) == ("stall", verdict)
    assert (one.first_seen, one.last_seen) == (NOON, NOON + timedelta(minutes=6))
    assert one.box == (STALL[0] / 640, STALL[1] / 360, STALL[2] / 640, STALL[3] / 360)
    assert sink.past("cam-2", LONG_AGO) == ()
    assert sink.past("cam-1", NOON + timedelta(minutes=7)) == ()
    with database.read() as connection:
        (item,) = candidates.page(EVERYWHERE, connection, EVERYTHING, None, 9).items
    undo(EVERYWHERE, database, item.id, actor=LI_WEI, now=NOON, undo_window=UNDO)
    assert [one.verdict for one in sink.past("cam-1", LONG_AGO)] == [PastVerdict.OPEN]


def test_what_stood_in_a_view_before_the_camera_was_moved_is_forgotten(
    database: Database, files: EvidenceStore, sink: StoreSink
) -> None:
    sink.take(a_candidate())
    say(database, files, RejectReason.NOT_A_STALL)
    assert len(sink.past("cam-1", LONG_AGO)) == 1
    with database.write() as connection:
        connection.execute(
            insert(camera_health).values(
                id=uuid4(), camera="cam-1", fault="moved", started_at=NOON, ended_at=NOON + timedelta(hours=1),
                accepted_by=accounts.keep(connection, LI_WEI), sha256="0" * 64, path="0.jpg", width=640, height=360,
            )
        )  # fmt: skip
    assert sink.past("cam-1", LONG_AGO) == ()


def test_while_the_store_is_away_what_it_last_said_holds() -> None:
    one = PastSighting("stall", (0.1, 0.1, 0.2, 0.2), NOON, NOON, PastVerdict.NOTHING)
    answers: list[tuple[PastSighting, ...] | None] = [(one,), None]

    def past(source: str, since: object) -> tuple[PastSighting, ...]:
        answer = answers.pop(0)
        if answer is None:
            raise DatabaseUnavailable("no connection")
        return answer

    ask = known_past("cam-1", past)
    assert list(ask(NOON)) == list(ask(NOON)) == [one]
