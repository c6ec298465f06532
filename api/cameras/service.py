"""What a person does to cameras: import, pause, resume, remove, accept a new view."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from api.audit import repository as audit
from api.audit.acts import Act
from api.cameras import health, history
from api.cameras import repository as cameras
from api.cameras.encryption import box_of
from api.cameras.history import HistoryEntry
from api.cameras.live_status import LiveCameras
from api.cameras.repository import Change, ChangeKind, Changes, RegisteredCamera
from api.db.database import Database
from api.db.paging import Page
from api.db.scope import Scope
from api.errors import ManyRemoved, NotMoved
from api.settings import Settings


def difference(
    scope: Scope, database: Database, settings: Settings, wanted: Sequence[RegisteredCamera], *, merge: bool
) -> Changes:
    """Return what an import of these cameras would do. Raises DatabaseUnavailable, SecretUnreadable."""
    with database.read() as connection:
        return cameras.difference(scope, connection, box_of(settings), wanted, merge=merge)


def replace_all(
    scope: Scope,
    database: Database,
    settings: Settings,
    now: datetime,
    wanted: Sequence[RegisteredCamera],
    file: str,
    *,
    merge: bool = False,
    remove: bool = False,
) -> Changes:
    """Make the cameras read from the file of this name the registry's; with `merge` those that it lacks stay.

    Raises ManyRemoved, with the registry as it was, where more than a tenth of its cameras would go and nobody said
    `remove`; DatabaseUnavailable, SecretUnreadable.
    """
    change = Change(scope.actor, now, ChangeKind.IMPORT, file)
    with database.write() as connection:
        changes = cameras.replace(scope, connection, box_of(settings), wanted, change, merge=merge)
        if changes.many_removed and not remove:  # raised in here, so that nothing of it is kept
            gone = len(changes.removed)
            before = gone + len(changes.changed) + changes.unchanged
            raise ManyRemoved(f"{file} would remove {gone} of {before} cameras ({shortened(changes.removed)})")
        if not changes.none:
            told = {"version": changes.version, "added": len(changes.added), "changed": len(changes.changed)}
            told |= {"removed": len(changes.removed)}
            audit.record(scope, connection, Act.CAMERAS_IMPORTED, file, now, after=asdict(changes), details=told)
    return changes


def shortened(ids: Sequence[str]) -> str:
    """Return the first of many ids, for a sentence."""
    return f"{', '.join(ids[:5])}{', …' if len(ids) > 5 else ''}"


def set_paused(
    scope: Scope, database: Database, settings: Settings, now: datetime, camera_id: str, *, paused: bool
) -> None:
    """Switch a camera off or on; the watcher follows. Raises NotFound."""
    with database.write() as connection:
        cameras.pause(scope, connection, camera_id, scope.actor, now, paused=paused)
        act = Act.CAMERA_PAUSED if paused else Act.CAMERA_RESUMED
        audit.record(scope, connection, act, camera_id, now)


def remove(scope: Scope, database: Database, settings: Settings, now: datetime, camera_id: str) -> None:
    """Take a camera out of the registry. Raises NotFound."""
    with database.write() as connection:
        cameras.remove(scope, connection, camera_id, scope.actor, now)
        audit.record(scope, connection, Act.CAMERA_REMOVED, camera_id, now)


def accept_view(scope: Scope, database: Database, settings: Settings, live: LiveCameras, camera_id: str) -> None:
    """Take a moved camera's new view for the right one. Raises NotFound or NotMoved."""
    live.check_known(camera_id)
    with database.write() as connection:
        if not health.accept_view(scope, connection, camera_id, scope.actor):
            raise NotMoved(f"camera {camera_id!r} is not known to have been moved")
        audit.record(scope, connection, Act.VIEW_ACCEPTED, camera_id)
    live.accept_view(camera_id)


def history_of(
    scope: Scope, database: Database, settings: Settings, camera_id: str, cursor: str | None, limit: int
) -> Page[HistoryEntry]:
    """Return what was done to a camera, latest first. Raises CursorInvalid."""
    with database.read() as connection:
        return history.page(scope, connection, box_of(settings), camera_id, cursor, limit)
