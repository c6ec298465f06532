"""What the list of cases is filtered by, and what there is to choose from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from api.cases.progress import ENDS
from api.cases.tables import CaseStatus, DeliveryState, LookOutcome, case_progress, look_requests, outbox
from api.db.metadata import metadata
from api.db.scope import Scope

DONE: Final = (CaseStatus.FIXED, CaseStatus.CHECKED, CaseStatus.CLOSED, CaseStatus.REFUSED)
"""From then on a case is not overdue, unless a look saw that it is not fixed."""


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are asked for; None and empty texts leave that side open.

    `overdue` asks for those that were confirmed before a moment and are not fixed, or were seen to be still there;
    `looked` for what a look found.
    """

    status: CaseStatus | None = None
    district: str = ""
    assignee: str = ""
    overdue: datetime | None = None
    looked: str = ""

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions on rows of the outbox."""
        if self.status is CaseStatus.REPORTED:
            moved = select(case_progress.c.delivery_id).where(case_progress.c.status != CaseStatus.REPORTED)
            yield and_(outbox.c.state == DeliveryState.DELIVERED, outbox.c.id.not_in(moved))
        elif self.status is not None:
            yield outbox.c.id.in_(select(case_progress.c.delivery_id).where(case_progress.c.status == self.status))
        if self.district:
            candidates = metadata.tables["candidates"].c
            yield outbox.c.candidate_id.in_(select(candidates.id).where(candidates.district == self.district))
        if self.assignee:
            given = select(case_progress.c.delivery_id).where(case_progress.c.assignee == self.assignee)
            yield outbox.c.id.in_(given)
        if self.overdue is not None:
            done = select(case_progress.c.delivery_id).where(case_progress.c.status.in_(DONE))
            refuted = (
                select(case_progress.c.delivery_id)
                .join(look_requests, look_requests.c.delivery_id == case_progress.c.delivery_id)
                .where(case_progress.c.status == CaseStatus.FIXED, look_requests.c.outcome == LookOutcome.STILL_THERE)
            )
            yield and_(outbox.c.created_at < self.overdue, or_(outbox.c.id.not_in(done), outbox.c.id.in_(refuted)))
        if self.looked:
            yield outbox.c.id.in_(
                select(look_requests.c.delivery_id)
                .join(case_progress, case_progress.c.delivery_id == look_requests.c.delivery_id)
                .where(look_requests.c.outcome == self.looked, case_progress.c.status.not_in(sorted(ENDS)))
            )


@dataclass(frozen=True, slots=True)
class DeskChoices:
    """What the filters offer: the districts and the names that cases have."""

    districts: tuple[str, ...]
    assignees: tuple[str, ...]


def choices(scope: Scope, connection: Connection) -> DeskChoices:
    """Return the districts of the cases that are seen, and who has them."""
    candidates = metadata.tables["candidates"].c
    seen = scope.sees_parent(outbox.c.candidate_id, "candidates")
    districts = (
        select(candidates.district)
        .join(outbox, outbox.c.candidate_id == candidates.id)
        .where(candidates.district.is_not(None), seen)
        .distinct()
    )
    assignees = (
        select(case_progress.c.assignee)
        .join(outbox, outbox.c.id == case_progress.c.delivery_id)
        .where(case_progress.c.assignee.is_not(None), seen)
        .distinct()
    )
    return DeskChoices(
        tuple(sorted(connection.execute(districts).scalars())), tuple(sorted(connection.execute(assignees).scalars()))
    )


def count(scope: Scope, connection: Connection, asked: CaseFilter) -> int:
    """Return how many cases there are of what is asked for."""
    seen = scope.sees_parent(outbox.c.candidate_id, "candidates")
    query = select(func.count()).select_from(outbox).where(seen, *asked.conditions())
    return int(connection.execute(query).scalar_one())


def is_late(status: CaseStatus | None, looked: LookOutcome | None, confirmed_at: datetime, before: datetime) -> bool:
    """Tell whether a case was confirmed before a moment and is not fixed, or was seen to be still there."""
    refuted = status is CaseStatus.FIXED and looked is LookOutcome.STILL_THERE
    return confirmed_at < before and (status not in DONE or refuted)
