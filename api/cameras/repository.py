"""The camera registry: cameras as imported, each version kept, addresses encrypted."""

import dataclasses
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

MANY = 0.1  # share of the registry that an import removes only when it is told to


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

    @property
    def many_removed(self) -> bool:
        """Return whether more than a tenth of the cameras that there were go: more likely a wrong file than a wish."""
        before = len(self.removed) + len(self.changed) + self.unchanged
        return len(self.removed) > before * MANY


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


def difference(
    scope: Scope, connection: Connection, box: SecretBox, wanted: Sequence[RegisteredCamera], *, merge: bool = False
) -> Changes:
    """Return what `replace` would do; nothing is written, and the version is the present one.

    Like it, this is of the whole registry: only who sees everything imports.
    Raises SecretUnreadable.
    """
    known = {camera.id: camera for camera in present(connection, box)}
    added = tuple(camera.id for camera in wanted if camera.id not in known)
    changed = tuple(camera.id for camera in wanted if camera.id in known and _differs(camera, known[camera.id]))
    removed = () if merge else tuple(sorted(known.keys() - {camera.id for camera in wanted}))
    unchanged = len(known) - len(changed) - len(removed)
    return Changes(latest(connection), added, changed, removed, unchanged)


def replace(
    scope: Scope,
    connection: Connection,
    box: SecretBox,
    wanted: Sequence[RegisteredCamera],
    change: Change,
    *,
    merge: bool = False,
) -> Changes:
    """Make these the cameras that there are: the others go, but not with `merge`; one that was paused stays so.

    Where nothing differs there is no new version. Every address is under the newest key afterwards. Raises
    SecretUnreadable.
    """
    _lock(connection)
    _renew(connection, box)
    changes = difference(scope, connection, box, wanted, merge=merge)
    if changes.none:
        return changes
    paused = {camera.id: camera.paused for camera in present(connection, box)}
    version = _next_version(connection, change)
    _end(connection, [*changes.changed, *changes.removed], version)
    written = {*changes.added, *changes.changed}
    for camera in wanted:
        if camera.id in written:
            kept = paused.get(camera.id, camera.paused)
            _insert(connection, box, RegisteredCamera(camera.config, camera.points, kept, version))
    camera_health.end_of_gone(connection, change.at)
    return dataclasses.replace(changes, version=version)


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
