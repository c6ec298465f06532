"""The camera registry: cameras as imported, each version kept, addresses encrypted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import Connection, Row, func, insert, select, text, update

from api.accounts import repository as accounts
from api.actor import Actor
from api.cameras import health as camera_health
from api.cameras.encryption import SecretBox
from api.cameras.rows import CameraRow, join_addresses
from api.cameras.tables import camera_versions, cameras
from api.db.scope import Scope
from api.errors import NotFound
from detector.geometry.calibration import ControlPoint
from streams.camera.config_file import CameraConfig


@dataclass(frozen=True, slots=True)
class RegisteredCamera:
    """One camera of the registry; `points` are those of its calibration, `since` the version that brought it."""

    config: CameraConfig
    points: tuple[ControlPoint, ...] = ()
    paused: bool = False
    since: int = 0

    @property
    def id(self) -> str:
        return self.config.id


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import did, by cameras' ids; `version` is the registry's from now on."""

    version: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int

    @property
    def none(self) -> bool:
        return not (self.added or self.changed or self.removed)


class ChangeKind(StrEnum):
    """What is done to the registry; `legacy` is what an early version said in words alone."""

    IMPORT = "import"
    PAUSE = "pause"
    RESUME = "resume"
    REMOVE = "remove"
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes the registry, when, and what they do: `subject` is the camera, or the file that is imported."""

    actor: Actor
    at: datetime
    kind: ChangeKind
    subject: str


def latest(connection: Connection) -> int:
    """Return the version of the registry; 0 while nothing was ever imported."""
    return connection.execute(select(func.max(camera_versions.c.version))).scalar_one() or 0


def present(connection: Connection, box: SecretBox) -> tuple[RegisteredCamera, ...]:
    """Return the cameras that there are, by id. Raises SecretUnreadable."""
    query = select(cameras).where(cameras.c.until.is_(None)).order_by(cameras.c.camera)
    return tuple(_from_row(row, box) for row in connection.execute(query))


def replace(
    scope: Scope, connection: Connection, box: SecretBox, wanted: Sequence[RegisteredCamera], change: Change
) -> Changes:
    """Make these the cameras that there are: the others go, and a camera that was paused stays so.

    Where nothing differs there is no new version. Every address is under the newest key afterwards. Raises
    SecretUnreadable.
    """
    _lock(connection)
    _renew(connection, box)
    known = {camera.id: camera for camera in present(connection, box)}
    added = [camera for camera in wanted if camera.id not in known]
    changed = [camera for camera in wanted if camera.id in known and _differs(camera, known[camera.id])]
    removed = sorted(known.keys() - {camera.id for camera in wanted})
    ids = tuple(camera.id for camera in added), tuple(camera.id for camera in changed), tuple(removed)
    unchanged = len(wanted) - len(added) - len(changed)
    if not any(ids):
        return Changes(latest(connection), *ids, unchanged)
    version = _next_version(connection, change)
    _end(connection, [*(camera.id for camera in changed), *removed], version)
    for camera in (*added, *changed):
        paused = known[camera.id].paused if camera.id in known else camera.paused
        _insert(connection, box, RegisteredCamera(camera.config, camera.points, paused, version))
    camera_health.end_of_gone(connection, change.at)
    return Changes(version, *ids, unchanged)


def pause(scope: Scope, connection: Connection, camera: str, actor: Actor, at: datetime, *, paused: bool) -> None:
    """Switch a camera off for now, or on again; doing it twice changes nothing. Raises NotFound."""
    _lock(connection)
    change = Change(actor, at, ChangeKind.PAUSE if paused else ChangeKind.RESUME, camera)
    mine = (cameras.c.camera == camera, cameras.c.until.is_(None), scope.sees(cameras.c.district))
    known = connection.execute(select(cameras.c.paused).where(*mine)).scalar_one_or_none()
    if known is None:
        raise NotFound(f"there is no camera {camera!r} in the registry")
    if known != paused:
        _next_version(connection, change)
        connection.execute(update(cameras).where(*mine).values(paused=paused))


def remove(scope: Scope, connection: Connection, camera: str, actor: Actor, at: datetime) -> None:
    """Take a camera out; its row is kept, what was wrong with its picture is over. Raises NotFound."""
    _lock(connection)
    change = Change(actor, at, ChangeKind.REMOVE, camera)
    mine = (cameras.c.camera == camera, cameras.c.until.is_(None), scope.sees(cameras.c.district))
    if connection.execute(select(cameras.c.id).where(*mine)).scalar_one_or_none() is None:
        raise NotFound(f"there is no camera {camera!r} in the registry")
    _end(connection, [camera], _next_version(connection, change))
    camera_health.end_of_gone(connection, change.at)


def _lock(connection: Connection) -> None:
    """Lock the registry, so that what a change has read still holds when it writes. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE camera_versions IN EXCLUSIVE MODE"))


def _renew(connection: Connection, box: SecretBox) -> None:
    for row in connection.execute(select(cameras.c.id, cameras.c.addresses)).all():
        renewed = box.renew(row.addresses)
        if renewed != row.addresses:
            connection.execute(update(cameras).where(cameras.c.id == row.id).values(addresses=renewed))


def _next_version(connection: Connection, change: Change) -> int:
    version = latest(connection) + 1
    actor_id = accounts.keep(connection, change.actor)
    row = {"version": version, "at": change.at, "actor_id": actor_id, "change": change.kind, "subject": change.subject}
    connection.execute(insert(camera_versions).values(**row))
    return version


def _end(connection: Connection, ids: Sequence[str], version: int) -> None:
    for camera in ids:
        mine = (cameras.c.camera == camera, cameras.c.until.is_(None))
        connection.execute(update(cameras).where(*mine).values(until=version))


def _insert(connection: Connection, box: SecretBox, camera: RegisteredCamera) -> None:
    connection.execute(
        insert(cameras).values(
            id=uuid4(),
            camera=camera.id,
            since=camera.since,
            district=camera.config.district or None,
            grade=camera.config.grade,
            settings=CameraRow.of(camera.config, camera.points).model_dump(mode="json"),
            addresses=box.encrypt(join_addresses(camera.config)),
            paused=camera.paused,
        )
    )


def _from_row(row: Row[tuple[object, ...]], box: SecretBox) -> RegisteredCamera:
    kept = CameraRow.model_validate(row.settings)
    return RegisteredCamera(kept.config(box.decrypt(row.addresses)), kept.control_points(), row.paused, row.since)


def _differs(one: RegisteredCamera, other: RegisteredCamera) -> bool:
    return (one.config, one.points) != (other.config, other.points)
