"""Which candidates have had their pictures for as long as they may."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, exists, select

from api.candidates.holds import HoldPurpose
from api.candidates.repository import State
from api.candidates.tables import candidates as table
from api.candidates.tables import holds, verdicts
from api.evidence.tables import evidence as pictures
from api.settings import Settings


@dataclass(frozen=True, slots=True)
class Expired:
    """One candidate whose pictures are to be removed, and the class that says so."""

    candidate_id: UUID
    why: str


def expired(connection: Connection, settings: Settings, now: datetime) -> Iterator[Expired]:
    """Yield the candidates whose pictures may go, oldest first; none that is on hold."""
    undecided = now - timedelta(days=settings.unconfirmed_days)
    rejected = now - timedelta(days=settings.rejected_days)
    said_no = exists().where(
        verdicts.c.candidate_id == table.c.id, verdicts.c.undone_at.is_(None), verdicts.c.decided_at < rejected
    )
    classes: tuple[tuple[str, ColumnElement[bool], tuple[HoldPurpose, ...]], ...] = (
        ("unconfirmed", and_(table.c.state == State.OPEN, table.c.updated_at < undecided), (HoldPurpose.LEGAL,)),
        ("rejected", and_(table.c.state == State.REJECTED, said_no), (HoldPurpose.LEGAL, HoldPurpose.TRAINING)),
    )
    for why, over, purposes in classes:
        held = exists().where(
            holds.c.candidate_id == table.c.id, holds.c.lifted_at.is_(None), holds.c.purpose.in_(purposes)
        )
        shown = exists().where(pictures.c.candidate_id == table.c.id)
        query = select(table.c.id).where(over, shown, ~held).order_by(table.c.created_at, table.c.id)
        for candidate_id in connection.execute(query).scalars():
            yield Expired(candidate_id, why)
