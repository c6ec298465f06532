"""Precision by verdicts: what counts, its intervals, and a fall that is said once."""

import logging
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.actor import Actor
from api.candidates import repository as candidates
from api.candidates import verdicts
from api.candidates.verdicts import Decision, RejectReason, Verdict
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.models.drift import Group, Precision, Share, figures, wilson
from api.models.drift_watch import DriftWatch
from detector.candidate import Origin
from tests.api.samples import NOON, a_candidate

NOW = NOON + timedelta(days=100)
LATELY, LONG_AGO = NOW - timedelta(days=3), NOW - timedelta(days=60)
ERQI = Origin(district="erqi")


def decide(database: Database, count: int, at: object, reason: RejectReason | None, *, origin: Origin = ERQI) -> None:
    """So many finds of one camera, confirmed or rejected for a reason."""
    decision = Decision.REJECTED if reason else Decision.CONFIRMED
    with database.write() as connection:
        for _ in range(count):
            found: UUID = candidates.add(connection, a_candidate(str(uuid4()), origin=origin), NOON)
            said = Verdict(uuid4(), found, Actor.service(), decision, reason, "", at)  # type: ignore[arg-type]  # a time
            verdicts.add(EVERYWHERE, connection, said)


def of(database: Database, group: Group, scope: Scope = EVERYWHERE) -> dict[str, Precision]:
    with database.read() as connection:
        return {one.key: one for one in figures(scope, connection, NOW) if one.group is group}


def test_a_permitted_stall_was_seen_rightly_and_a_bad_picture_says_nothing(database: Database) -> None:
    decide(database, 3, LATELY, None)
    decide(database, 2, LATELY, RejectReason.PERMITTED)
    decide(database, 1, LATELY, RejectReason.NOT_A_STALL)
    decide(database, 4, LATELY, RejectReason.BAD_PICTURE)
    decide(database, 9, NOW - timedelta(days=200), RejectReason.NOT_A_STALL)  # too long ago
    stall = of(database, Group.CLASS)["stall"]
    assert (stall.all, stall.recent, stall.before) == (Share(5, 6), Share(5, 6), Share(0, 0))
    assert not stall.fell
    assert of(database, Group.MODEL)["street-ads 3"].all == Share(5, 6)
    assert list(of(database, Group.HOUR)) == ["04"]
    assert of(database, Group.CLASS, Scope.of(["jinshui"])) == {}


def test_a_fall_beyond_chance_is_said_once(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    decide(database, 45, LONG_AGO, None)
    decide(database, 5, LONG_AGO, RejectReason.VEHICLE)
    decide(database, 8, LATELY, None)
    decide(database, 4, LATELY, RejectReason.VEHICLE)
    assert not of(database, Group.CLASS)["stall"].fell  # 8 of 12 after 45 of 50 may be chance
    decide(database, 16, LATELY, RejectReason.VEHICLE)
    fallen = of(database, Group.CLASS)["stall"]
    assert fallen.fell
    watch = DriftWatch(database, lambda: NOW)
    with caplog.at_level(logging.WARNING):
        watch.look()
        watch.look()
    said = [one.message for one in caplog.records if "class stall" in one.message]
    assert len(said) == 1
    assert "has fallen to 0.29" in said[0]
    assert "from 0.90" in said[0]


@given(total=st.integers(1, 500), data=st.data())
def test_wilsons_interval_holds_the_share_and_stays_within_0_and_1(total: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, total))
    low, high = wilson(right, total)
    assert 0 <= low <= right / total <= high + 1e-9
    assert high <= 1
    assert wilson(0, 0) == (0.0, 1.0)


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    low, high = wilson(81, 263)  # Newcombe (1998), table I: .2553 to .3662
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
