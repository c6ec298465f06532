"""What nobody may keep any longer is removed by class, with its proof in the log; what is on hold stays."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.repository import Search
from api.audit.verify import verify
from api.candidates import holds
from api.candidates import repository as candidates
from api.candidates.holds import HoldPurpose
from api.candidates.intake import StoreSink
from api.candidates.repository import State
from api.candidates.verdicts import Decision, RejectReason
from api.cases.payload import write_payload
from api.cases.retention import remove_expired
from api.cases.retention_queries import expired
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.review.service import decide
from api.settings import Settings
from api.surveys.retention import Removed
from tests.api.cameras.registered import LI_WEI
from tests.api.conftest import FakeClock
from tests.api.evidence.test_moments import seen
from tests.api.samples import NOON

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Sweep = Callable[[float], list[Removed]]


def after(days: float) -> datetime:
    return NOON + timedelta(days=days)


@pytest.fixture
def sweep(settings: Settings, database: Database, files: EvidenceStore) -> Sweep:
    return lambda days: list(remove_expired(settings, database, files, after(days)))


@pytest.fixture
def candidate(sink: StoreSink, database: Database) -> UUID:
    sink.take(seen(6, first=True))
    with database.read() as connection:
        return candidates.seen_since(connection, "cam-1", NOON)[0].id


def judge(database: Database, files: EvidenceStore, candidate: UUID, decision: Decision) -> None:
    decide(
        EVERYWHERE, database, files, candidate, decision=decision,
        reason=None if decision is Decision.CONFIRMED else RejectReason.OTHER, note="", actor=LI_WEI, now=NOON,
        undo_window=timedelta(0), write_body=lambda *said: write_payload(*said, base_url="https://city.test"),
    )  # fmt: skip


def state_of(database: Database, candidate: UUID) -> State | None:
    with database.read() as connection:
        found = candidates.find(EVERYWHERE, connection, candidate)
    return found.state if found else None


def stored(files: EvidenceStore) -> int:
    return sum(path.is_file() for path in files.folder.rglob("*"))


def faults(database: Database, files: EvidenceStore) -> list[str]:
    with database.read() as connection:
        return verify(connection, files, evidence.hashes(connection)).faults


def test_what_nobody_decided_on_goes_after_its_period_and_the_log_proves_it(
    sweep: Sweep, candidate: UUID, database: Database, files: EvidenceStore
) -> None:
    had = stored(files)
    assert sweep(29.9) == []
    assert stored(files) == had
    (removed,) = sweep(30.1)
    assert (removed.kind, stored(files)) == ("evidence", 0)
    assert state_of(database, candidate) is State.EXPIRED
    with database.read() as connection:
        (event,) = audit.page(EVERYWHERE, connection, Search(act=Act.EVIDENCE_REMOVED), None, 10).items
    assert (event.subject, event.told["class"], event.told["files"]) == (str(candidate), "unconfirmed", had)
    assert faults(database, files) == []
    assert sweep(31) == []


def test_what_was_rejected_goes_sooner_unless_it_is_kept_to_learn_from(
    sweep: Sweep, candidate: UUID, database: Database, files: EvidenceStore
) -> None:
    judge(database, files, candidate, Decision.REJECTED)
    with database.write() as connection:
        holds.put(EVERYWHERE, connection, candidate, HoldPurpose.TRAINING, "a good negative", NOON)
    assert sweep(8) == []
    with database.write() as connection:
        assert holds.lift(EVERYWHERE, connection, candidate, "learned", NOON) == 1
    assert sweep(6.9) == []
    assert len(sweep(7.1)) == 1
    assert state_of(database, candidate) is State.REJECTED
    assert faults(database, files) == [], "also the verdict names pictures that were removed"


def test_what_was_confirmed_and_what_is_on_legal_hold_stays(
    sweep: Sweep, candidate: UUID, database: Database, files: EvidenceStore
) -> None:
    with database.write() as connection:
        holds.put(EVERYWHERE, connection, candidate, HoldPurpose.LEGAL, "appeal", NOON)
        assert [hold.reason for hold in holds.standing(EVERYWHERE, connection, candidate)] == ["appeal"]
    assert sweep(400) == []
    judge(database, files, candidate, Decision.CONFIRMED)
    with database.write() as connection:
        holds.lift(EVERYWHERE, connection, candidate, "withdrawn", NOON)
    assert sweep(400) == []
    assert faults(database, files) == []


def test_a_dry_run_names_what_would_go_and_removes_nothing(
    candidate: UUID, settings: Settings, database: Database, files: EvidenceStore
) -> None:
    had = stored(files)
    with database.read() as connection:
        (one,) = expired(connection, settings, after(31))
    assert (one.candidate_id, one.why, stored(files)) == (candidate, "unconfirmed", had)


def test_a_picture_that_was_replaced_goes_after_a_day(
    sweep: Sweep, candidate: UUID, sink: StoreSink, database: Database, files: EvidenceStore
) -> None:
    sink.take(seen(8))
    sink.take(seen(9))
    had = stored(files)
    assert sweep(0.5) == []
    assert [one.kind for one in sweep(1.5)] == ["evidence"]
    assert stored(files) == had - 2, "the whole picture of minute 8 and what was cut from it"
    assert faults(database, files) == []


def test_a_file_that_was_put_back_after_its_removal_is_found(
    sweep: Sweep, candidate: UUID, database: Database, files: EvidenceStore
) -> None:
    with database.read() as connection:
        file = evidence.of_candidates(EVERYWHERE, connection, [candidate])[candidate][0]
    content = files.read(file)
    sweep(31)
    files.put(content)
    assert faults(database, files) == [f"still there: evidence {file.sha256}"]


def test_what_stands_on_is_not_old(sweep: Sweep, candidate: UUID, sink: StoreSink, clock: FakeClock) -> None:
    later = seen(6)
    clock.pass_by(days=20)
    sink.take(replace(later, sighting=replace(later.sighting, last_seen=after(20))))
    assert sweep(31) == []
