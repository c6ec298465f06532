"""Candidates, verdicts and cases of a few days, for the statistics: rows as plain values."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Connection

from api.accounts import repository as accounts
from api.actor import Actor
from api.candidates.tables import candidates, verdicts
from api.cases.tables import case_events, case_progress, outbox
from tests.api.samples import NOON


@dataclass(frozen=True, slots=True)
class Find:
    """A candidate as a test says it; `reason` is why it was rejected, `steps` what was said of its case, in hours."""

    created_at: datetime = NOON
    state: str = "open"
    class_name: str = "stall"
    district: str | None = "erqi"
    grade: int = 2
    camera: str | None = None
    zone: str | None = None
    place: tuple[float, float] | None = (34.7465, 113.6254)
    seen_before: timedelta = timedelta(minutes=6)
    timed: bool = True
    reason: str | None = None
    steps: dict[str, float] = field(default_factory=dict)
    id: UUID = field(default_factory=uuid4)

    @property
    def first_seen(self) -> datetime:
        return self.created_at - self.seen_before


def store(connection: Connection, *finds: Find) -> None:
    """Store finds with their verdicts and cases; the verdict falls when the candidate is handed on."""
    actor = accounts.keep(connection, Actor.service())
    for one in finds:
        lat, lon = one.place or (None, None)
        connection.execute(
            candidates.insert().values(
                id=one.id, source="cam-1", key=str(one.id), class_name=one.class_name, outcome="violation", reasons=[],
                zone=one.zone, lat=lat, lon=lon, box=[1.0, 2.0, 3.0, 4.0], confidence=0.9, first_seen=one.first_seen,
                last_seen=one.created_at, frames=3, found_by="model", district=one.district, grade=one.grade,
                frame_at=one.first_seen, timed=one.timed, models=[], rulebook_version="1", state=one.state,
                created_at=one.created_at, updated_at=one.created_at,
            )
        )  # fmt: skip
        if one.state in ("confirmed", "rejected"):
            key = uuid4()
            connection.execute(
                verdicts.insert().values(
                    id=key, candidate_id=one.id, actor_id=actor, decision=one.state, reason=one.reason, note="",
                    decided_at=one.created_at,
                )
            )  # fmt: skip
        if one.state == "confirmed":
            _case(connection, key, one)


def _case(connection: Connection, key: UUID, one: Find) -> None:
    connection.execute(
        outbox.insert().values(
            id=key, candidate_id=one.id, body=b"{}", state="delivered", attempts=1, created_at=one.created_at,
            next_attempt_at=one.created_at, delivered_at=one.created_at,
        )
    )  # fmt: skip
    for step, hours in one.steps.items():
        at = one.created_at + timedelta(hours=hours)
        connection.execute(
            case_events.insert().values(
                id=uuid4(), delivery_id=key, case_system="desk", event_id=f"{key} {step}", source="desk", status=step,
                said_at=at, received_at=at, note="", result="moved",
            )
        )  # fmt: skip
    if one.steps:
        last, hours = list(one.steps.items())[-1]
        at = one.created_at + timedelta(hours=hours)
        connection.execute(case_progress.insert().values(delivery_id=key, status=last, status_at=at))
