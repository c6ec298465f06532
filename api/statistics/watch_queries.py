"""What the registry and the record of faults say of the cameras' time."""

from datetime import datetime

from sqlalchemy import Connection, exists, or_, select, true

from api.cameras.health_tables import camera_health
from api.cameras.repository import ChangeKind
from api.cameras.rows import CameraRow
from api.cameras.tables import camera_versions, cameras
from api.db.scope import Scope
from api.statistics.coverage import FaultSpan, RegistrySpan, Switch
from api.statistics.period import Selection
from api.statistics.repository import of_district
from streams.health.faults import Fault


def registry_spans(scope: Scope, connection: Connection, asked: Selection) -> tuple[RegistrySpan, ...]:
    """Return when each camera was in the registry, as far as it is seen and reaches into the period."""
    began, ended = camera_versions.alias("began"), camera_versions.alias("ended")
    query = (
        select(cameras.c.camera, cameras.c.district, cameras.c.settings, began.c.at, ended.c.at.label("until"))
        .join(began, began.c.version == cameras.c.since)
        .outerjoin(ended, ended.c.version == cameras.c.until)
        .where(scope.sees(cameras.c.district), began.c.at < asked.period.until)
        .where(or_(ended.c.at.is_(None), ended.c.at > asked.period.since))
    )
    if asked.district is not None:
        query = query.where(of_district(cameras.c.district, asked.district))
    return tuple(
        RegistrySpan(row.camera, CameraRow.model_validate(row.settings).name, row.district, row.at, row.until)
        for row in connection.execute(query)
    )


def switches(scope: Scope, connection: Connection, before: datetime) -> tuple[Switch, ...]:
    """Return when cameras that are seen were paused, went on and were taken out, up to a moment.

    One that is imported again is not paused, and no version says that it goes on.
    """
    seen = select(cameras.c.camera).where(scope.sees(cameras.c.district))
    query = select(camera_versions).where(
        camera_versions.c.change.in_((ChangeKind.PAUSE, ChangeKind.RESUME)),
        camera_versions.c.at < before,
        camera_versions.c.subject.in_(seen),
    )
    gone, again, ended = cameras.alias("gone"), cameras.alias("again"), camera_versions.alias("ended")
    taken_out = (
        select(gone.c.camera, ended.c.at)
        .join(ended, ended.c.version == gone.c.until)
        .where(ended.c.at < before, gone.c.camera.in_(seen))
        .where(~exists().where(again.c.camera == gone.c.camera, again.c.since == gone.c.until))
    )
    found = [Switch(row.subject, row.at, ChangeKind(row.change)) for row in connection.execute(query)]
    found += [Switch(row.camera, row.at, ChangeKind.REMOVE) for row in connection.execute(taken_out)]
    return tuple(found)


def faults(scope: Scope, connection: Connection, asked: Selection) -> tuple[FaultSpan, ...]:
    """Return the faults of pictures that reach into the period."""
    health = camera_health.c
    query = select(health.camera, health.fault, health.started_at, health.ended_at).where(
        scope.sees(health.district),
        health.started_at < asked.period.until,
        or_(health.ended_at.is_(None), health.ended_at > asked.period.since),
        true() if asked.district is None else of_district(health.district, asked.district),
    )
    return tuple(
        FaultSpan(row.camera, Fault(row.fault), row.started_at, row.ended_at)
        for row in connection.execute(query.order_by(health.started_at))
    )
