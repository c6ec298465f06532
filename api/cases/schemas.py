"""The JSON of cases and their deliveries: times RFC 3339 with offset."""

import json
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, JsonValue

from api.cases.outbox import Delivery
from api.cases.payload import CasePayload
from api.cases.progress import CaseProgress
from api.cases.repository import Case
from api.cases.tables import CaseStatus, DeliveryState


class CaseOut(BaseModel):
    """One case of the built-in list; `body` is the document as it was received, which may be of an early version."""

    id: UUID
    idempotency_key: UUID
    received_at: datetime
    body: CasePayload | dict[str, JsonValue]

    @classmethod
    def of(cls, case: Case) -> Self:
        return cls(
            id=case.id,
            idempotency_key=case.idempotency_key,
            received_at=case.received_at,
            body=json.loads(case.body),
        )


class DeliveryOut(BaseModel):
    """One confirmed case on its way; `id` is its idempotency key.

    `status` is how far the case is, null until it is delivered.
    """

    id: UUID
    candidate_id: UUID
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    http_status: int | None
    reference: str | None
    last_error: str | None
    case_system: str | None
    status: CaseStatus | None
    status_at: datetime | None

    @classmethod
    def of(cls, item: Delivery, known: CaseProgress | None = None) -> Self:
        return cls(
            id=item.id,
            candidate_id=item.candidate_id,
            state=item.state,
            attempts=item.attempts,
            created_at=item.created_at,
            next_attempt_at=item.next_attempt_at if item.state is DeliveryState.PENDING else None,
            delivered_at=item.delivered_at,
            http_status=item.http_status,
            reference=item.reference,
            last_error=item.last_error,
            case_system=item.case_system,
            status=known.status if known else None,
            status_at=known.status_at if known else None,
        )
