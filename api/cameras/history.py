"""What was done to a camera of the registry: who, when, and which of its settings changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from sqlalchemy import Connection, Row, and_, or_, select

from api.accounts import repository as accounts
from api.actor import Actor
from api.cameras.encryption import SecretBox
from api.cameras.repository import ChangeKind
from api.cameras.rows import CameraRow
from api.cameras.tables import camera_versions, cameras
from api.db.paging import Page, decode_name, encode_name
from api.db.scope import Scope
from api.errors import CursorInvalid, SecretUnreadable


class HistoryAction(StrEnum):
    """What was done."""

    ADDED = "added"
    CHANGED = "changed"
    PAUSED = "paused"
    RESUMED = "resumed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of one camera by version `version` of the registry; `change` is what was done to the registry then.

    `subject` is the camera that was changed alone, or the file that was imported.

    `fields` are the keys of the camera file that changed, `address` for either of its addresses.
    """

    version: int
    at: datetime
    actor: Actor
    change: ChangeKind
    subject: str
    act: HistoryAction
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of the registry."""

    number: int
    at: datetime
    actor: Actor
    change: ChangeKind
    subject: str


_SWITCHES: Final = {ChangeKind.PAUSE: HistoryAction.PAUSED, ChangeKind.RESUME: HistoryAction.RESUMED}


def page(
    scope: Scope, connection: Connection, box: SecretBox, camera: str, cursor: str | None, limit: int
) -> Page[HistoryEntry]:
    """Return what was done to a camera, latest first. Raises CursorInvalid.

    Where an address cannot be decrypted, that it changed is not known.
    """
    before = None if cursor is None else _version(cursor)
    everything = sorted(_acts(scope, connection, box, camera), key=lambda past: -past.version)
    left = [past for past in everything if before is None or past.version < before]
    following = encode_name(str(left[limit - 1].version)) if len(left) > limit else None
    return Page(tuple(left[:limit]), len(everything), following)


def _version(cursor: str) -> int:
    said = decode_name(cursor)
    if not said.isdecimal():
        raise CursorInvalid("cursor: take it unchanged from `next` of the page before")
    return int(said)


def _acts(scope: Scope, connection: Connection, box: SecretBox, camera: str) -> Iterator[HistoryEntry]:
    mine = select(cameras).where(cameras.c.camera == camera, scope.sees(cameras.c.district)).order_by(cameras.c.since)
    rows = connection.execute(mine).all()
    if not rows:  # never in the registry, or in nobody's district whom this reader sees
        return
    numbers = {row.since for row in rows} | {row.until for row in rows if row.until is not None}
    table = camera_versions.c
    switched = and_(table.subject == camera, table.change.in_(_SWITCHES))
    found = connection.execute(select(camera_versions).where(or_(table.version.in_(numbers), switched))).all()
    actors = accounts.by_id(connection, (row.actor_id for row in found))
    versions = {
        row.version: _Version(row.version, row.at, actors[row.actor_id], ChangeKind(row.change), row.subject)
        for row in found
    }
    for version in versions.values():
        if version.change in _SWITCHES and version.subject == camera and _stood(rows, version.number):
            yield _past(version, _SWITCHES[version.change])
    yield from _rows_as_acts(rows, versions, box)


def _stood(rows: Sequence[Row[tuple[object, ...]]], version: int) -> bool:
    """Return whether one of these rows was the camera when the registry got this version."""
    return any(row.since < version and (row.until is None or version < row.until) for row in rows)


def _rows_as_acts(
    rows: Sequence[Row[tuple[object, ...]]], versions: Mapping[int, _Version], box: SecretBox
) -> Iterator[HistoryEntry]:
    """Yield each act: a row that ends where the next begins was changed; else its camera went, or came again."""
    if rows:
        yield _past(versions[rows[0].since], HistoryAction.ADDED)
    for old, new in pairwise(rows):
        if old.until == new.since:
            yield _past(versions[new.since], HistoryAction.CHANGED, _changed(old, new, box))
        else:
            yield _past(versions[old.until], HistoryAction.REMOVED)
            yield _past(versions[new.since], HistoryAction.ADDED)
    if rows and rows[-1].until is not None:
        yield _past(versions[rows[-1].until], HistoryAction.REMOVED)


def _past(version: _Version, act: HistoryAction, fields: tuple[str, ...] = ()) -> HistoryEntry:
    return HistoryEntry(version.number, version.at, version.actor, version.change, version.subject, act, fields)


def _changed(old: Row[tuple[object, ...]], new: Row[tuple[object, ...]], box: SecretBox) -> tuple[str, ...]:
    one, other = CameraRow.model_validate(old.settings), CameraRow.model_validate(new.settings)
    addresses = _opened(box, old.addresses), _opened(box, new.addresses)
    differs = {
        "name": one.name != other.name,
        "address": None not in addresses and addresses[0] != addresses[1],
        "every": one.every != other.every,
        "models": one.models != other.models,
        "position": (one.lat, one.lon) != (other.lat, other.lon),
        "calibration": (one.calibration, one.points) != (other.calibration, other.points),
        "district": one.district != other.district,
        "grade": one.grade != other.grade,
        "transport": one.transport != other.transport,
        "legal_review": one.legal_review != other.legal_review,
    }
    return tuple(field for field, so in differs.items() if so)


def _opened(box: SecretBox, token: bytes) -> str | None:
    try:
        return box.decrypt(token)
    except SecretUnreadable:
        return None
