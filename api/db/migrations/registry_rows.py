"""Which version of each camera was in force when, as the registry tells it (migrations 0007, 0009)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from api.db.columns import UtcTime


@dataclass(frozen=True, slots=True)
class CameraPeriod:
    """One version of a camera, from the moment that brought it up to the one that ended it (None: in force)."""

    camera: str
    version: int
    begun: datetime
    ended: datetime | None
    district: str | None


def camera_periods(bind: Connection) -> Iterator[CameraPeriod]:
    """Yield every version of every camera that was ever in the registry."""
    versions = sa.table("camera_versions", sa.column("version"), sa.column("at", UtcTime()))
    cameras = sa.table(
        "cameras", sa.column("camera"), sa.column("since"), sa.column("until"), sa.column("settings", sa.JSON())
    )
    at = {row.version: row.at for row in bind.execute(sa.select(versions.c.version, versions.c.at))}
    for row in bind.execute(sa.select(cameras)).all():
        ended = at[row.until] if row.until is not None else None
        yield CameraPeriod(row.camera, row.since, at[row.since], ended, row.settings.get("district") or None)
