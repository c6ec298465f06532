"""What was wrong with cameras' pictures: each fault with its start, its end and the picture that shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, and_, case, insert, literal, select, update

from api.accounts import repository as accounts
from api.actor import Actor
from api.cameras.health_tables import camera_health
from api.cameras.tables import cameras
from api.db.columns import UtcTime
from api.db.paging import Page, page_by_time
from api.db.scope import USUAL_GRADE, Scope
from api.evidence.repository import EvidenceFile, EvidenceKind
from streams.health.faults import Fault


@dataclass(frozen=True, slots=True)
class FaultEvent:
    """One fault of one camera; `ended_at` is None while it lasts, `accepted_by` is who accepted a new view.

    `camera_version` and `district` are of the camera as the registry had it when the fault began, else None.
    """

    id: UUID
    camera: str
    camera_version: int | None
    district: str | None
    fault: Fault
    started_at: datetime
    ended_at: datetime | None
    accepted_by: Actor | None
    sha256: str
    path: str
    width: int
    height: int

    @property
    def picture(self) -> EvidenceFile:
        """Return the first picture that showed it."""
        return EvidenceFile(EvidenceKind.SCENE, self.sha256, self.path, self.started_at, self.width, self.height)


def begin(connection: Connection, camera: str, fault: Fault, picture: EvidenceFile) -> None:
    """Record that a fault has begun with this picture; do nothing while one of the kind lasts already."""
    if any(known.fault is fault for known in lasting(connection, camera)):
        return
    mine = (cameras.c.camera == camera, cameras.c.until.is_(None))
    registered = connection.execute(select(cameras.c.since, cameras.c.settings).where(*mine)).one_or_none()
    connection.execute(
        insert(camera_health).values(
            id=uuid4(),
            camera=camera,
            camera_version=registered.since if registered else None,
            district=(registered.settings["district"] or None) if registered else None,
            grade=registered.settings["grade"] if registered else USUAL_GRADE,
            fault=fault,
            started_at=picture.captured_at,
            sha256=picture.sha256,
            path=picture.path,
            width=picture.width,
            height=picture.height,
        )
    )


def evidence_hashes(connection: Connection) -> frozenset[str]:
    """Return the hashes of all pictures that show a fault."""
    return frozenset(connection.execute(select(camera_health.c.sha256).distinct()).scalars())


def end(connection: Connection, camera: str, fault: Fault, at: datetime) -> None:
    """Record that a fault is over; an end before its start (a clock that was set back) counts as the start."""
    for known in lasting(connection, camera):
        if known.fault is fault:
            ended_at = max(at, known.started_at)
            connection.execute(update(camera_health).where(camera_health.c.id == known.id).values(ended_at=ended_at))


def end_of_gone(connection: Connection, at: datetime) -> None:
    """End the faults of cameras that are not in the registry: they are no longer watched."""
    there = select(cameras.c.camera).where(cameras.c.until.is_(None))
    gone = and_(camera_health.c.ended_at.is_(None), camera_health.c.camera.not_in(there))
    ended_at = case((camera_health.c.started_at > at, camera_health.c.started_at), else_=literal(at, UtcTime))
    connection.execute(update(camera_health).where(gone).values(ended_at=ended_at))


def accept_view(scope: Scope, connection: Connection, camera: str, actor: Actor) -> bool:
    """Somebody says that a moved camera's new view is the right one; False where it is not moved."""
    moved = and_(
        camera_health.c.camera == camera,
        camera_health.c.fault == Fault.MOVED,
        camera_health.c.ended_at.is_(None),
        scope.sees(camera_health.c.district),
    )
    accepted = update(camera_health).where(moved).values(accepted_by=accounts.keep(connection, actor))
    return connection.execute(accepted).rowcount > 0


def lasting(connection: Connection, camera: str) -> tuple[FaultEvent, ...]:
    """Return what is wrong with a camera now."""
    mine = (camera_health.c.camera == camera, camera_health.c.ended_at.is_(None))
    return _events(connection, connection.execute(select(camera_health).where(*mine)).all())


def find(scope: Scope, connection: Connection, camera: str, fault_id: UUID) -> FaultEvent | None:
    """Return the fault of this camera with this id."""
    query = select(camera_health).where(
        camera_health.c.id == fault_id, camera_health.c.camera == camera, scope.sees(camera_health.c.district)
    )
    found = _events(connection, connection.execute(query).all())
    return found[0] if found else None


def page(scope: Scope, connection: Connection, camera: str, cursor: str | None, limit: int) -> Page[FaultEvent]:
    """Return a camera's faults, latest first. Raises CursorInvalid."""
    mine = [camera_health.c.camera == camera, scope.sees(camera_health.c.district)]
    rows = page_by_time(connection, camera_health.c.started_at, lambda row: row, cursor, limit, where=mine)
    return Page(_events(connection, rows.items), rows.total, rows.next)


def _events(connection: Connection, rows: Sequence[Row[tuple[object, ...]]]) -> tuple[FaultEvent, ...]:
    actors = accounts.by_id(connection, (row.accepted_by for row in rows))
    own = [name for name in FaultEvent.__dataclass_fields__ if name not in ("fault", "accepted_by")]
    return tuple(
        FaultEvent(
            fault=Fault(row.fault),
            accepted_by=actors.get(row.accepted_by),
            **{name: row._mapping[name] for name in own},
        )
        for row in rows
    )
