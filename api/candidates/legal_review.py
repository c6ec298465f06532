"""Whether the pictures of a camera may be evidence: the legal review of the camera must not have ended before them.

An expired camera may still propose; what it shows from then on is not confirmed.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, tzinfo
from functools import lru_cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy import Connection, select, tuple_

from api.candidates.repository import StoredCandidate
from api.db.metadata import metadata
from api.db.scope import Scope
from api.rulebooks import repository as rulebooks
from detector.office_text import decode_text

KEY: Final = "legal_review"  # in a camera's settings: its reference, and the last day


def expired(scope: Scope, connection: Connection, items: Iterable[StoredCandidate]) -> dict[UUID, date]:
    """Return the last day of the legal review, by candidate, where its picture was taken after that day.

    What counts is the review that the camera had then, a later one heals nothing; the day is that of the rulebook's
    time zone. A camera without a review, and what comes from no camera of the registry, is absent.
    """
    seen = {item.id: item for item in items if item.camera_id is not None}
    cameras = metadata.tables["cameras"].c
    versions = {(item.camera_id, item.camera_version) for item in seen.values()}
    query = select(cameras.camera, cameras.since, cameras.settings).where(
        tuple_(cameras.camera, cameras.since).in_(versions)
    )
    ends = {
        (row.camera, row.since): date.fromisoformat(row.settings[KEY][1])
        for row in (connection.execute(query) if versions else ())
        if row.settings.get(KEY)
    }
    found: dict[UUID, date] = {}
    zones = zones_of(scope, connection, seen.values())
    for item in seen.values():
        end = ends.get((item.camera_id, item.camera_version))
        if end is not None and item.frame_at.astimezone(zones[item.id]).date() > end:
            found[item.id] = end
    return found


def is_missing(scope: Scope, connection: Connection, item: StoredCandidate) -> bool:
    """Return whether a candidate comes from a camera of the registry that had no legal review when it watched."""
    found = settings_of(connection, item.camera_id, item.camera_version) if item.camera_id is not None else None
    return found is not None and not found.get(KEY)


def settings_of(connection: Connection, camera_id: str, version: int | None) -> Mapping[str, object] | None:
    """Return the settings of a camera in one version, without its address; None where the registry has none such."""
    cameras = metadata.tables["cameras"].c
    query = select(cameras.settings).where(cameras.camera == camera_id, cameras.since == version)
    found: Mapping[str, object] | None = connection.execute(query).scalar_one_or_none()
    return found


def zone_of(scope: Scope, connection: Connection, item: StoredCandidate) -> tzinfo:
    """Return the time zone of the rulebook that judged a candidate; UTC where that is not known."""
    return zones_of(scope, connection, [item])[item.id]


def zones_of(scope: Scope, connection: Connection, items: Collection[StoredCandidate]) -> dict[UUID, tzinfo]:
    """Return the time zone of each candidate, as `zone_of` does; a rulebook is read once, however many it judged."""
    hashes = {item.rulebook_hash for item in items if item.rulebook_hash}
    kept = {sha256: rulebooks.find(scope, connection, sha256) for sha256 in hashes}
    zones = {sha256: _zone_of(one.source.content) for sha256, one in kept.items() if one}
    return {item.id: zones.get(item.rulebook_hash or "", UTC) for item in items}


def zone_now(scope: Scope, connection: Connection) -> tzinfo:
    """Return the time zone of the rulebook that is in force; UTC without one."""
    sha256 = rulebooks.current(connection)
    kept = rulebooks.find(scope, connection, sha256) if sha256 else None
    return _zone_of(kept.source.content) if kept else UTC


@lru_cache(maxsize=16)
def _zone_of(rulebook: bytes) -> tzinfo:
    """Return the time zone of a rulebook; UTC of the one that stands in for none."""
    said = yaml.safe_load(decode_text(rulebook))
    name = said.get("timezone") if isinstance(said, dict) else None
    return ZoneInfo(name) if isinstance(name, str) else UTC
