"""The JSON of cameras: times RFC 3339 with offset, ages and lags in seconds, positions WGS-84."""

from datetime import datetime
from typing import Self
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from api.accounts.schemas import ActorOut
from api.cameras.health import FaultEvent
from api.cameras.history import HistoryAction, HistoryEntry
from api.cameras.live_status import CameraView, LookView
from api.cameras.repository import ChangeKind
from detector.places.strong_looks import LookReason, Task
from streams.fleet import CameraStatus
from streams.health.faults import Fault


class FaultOut(BaseModel):
    """What is wrong with a camera's picture now. Of one that was moved zones and positions are suspended."""

    fault: Fault
    since: datetime


class ReadingOut(BaseModel):
    """How a camera is read: counts since the service began to watch it.

    `lag` is how late the last frame came, `drift_ppm` how fast the camera's clock runs (null in the first minutes),
    `stale` the frames dropped for being too old, `dropped` those pushed out by newer ones, `halves` half pictures
    rejected. `error` is the class of the last failure while it lasts, such as `refused`, else null.
    """

    mode: str
    error: str | None
    lag: float
    drift_ppm: float | None
    clock_jumps: int
    delivered: int
    looked: int
    dropped: int
    stale: int
    halves: int
    openings: int
    failures: int
    epoch: int

    @classmethod
    def of(cls, status: CameraStatus) -> Self:
        return cls(
            mode=status.mode,
            error=status.reason or None,
            lag=status.lag,
            drift_ppm=status.drift_ppm,
            clock_jumps=status.clock_jumps,
            delivered=status.delivered,
            looked=status.looked,
            dropped=status.dropped,
            stale=status.stale,
            halves=status.halves,
            openings=status.openings,
            failures=status.failures,
            epoch=status.epoch,
        )


class TaskOut(BaseModel):
    """How one task (`stalls`, `signs`) is looked after: the longest between two looks of the networks in seconds, the
    last one and its reason, and how many there were for each reason since the service began to watch."""

    task: Task
    beat: float
    last_at: datetime | None
    last_reason: LookReason | None
    reasons: dict[str, int]


class LooksOut(BaseModel):
    """How a camera is looked at since the service began to watch it: all looks, those of the networks among them
    (`strong`), and what share of one core they take (0 to 1)."""

    looks: int
    strong: int
    cpu_share: float
    tasks: list[TaskOut]

    @classmethod
    def of(cls, view: LookView) -> Self:
        tasks = [
            TaskOut(
                task=one.task,
                beat=one.beat.total_seconds(),
                last_at=one.last_at,
                last_reason=one.last_reason,
                reasons=dict(one.reasons),
            )
            for one in view.status.tasks
        ]
        status = view.status
        return cls(looks=status.looks, strong=status.strong, cpu_share=round(view.cpu_share, 5), tasks=tasks)


class CameraOut(BaseModel):
    """One camera; `last_frame_age` in seconds, null before the first frame.

    `silent`: its last picture is too old to be called live. `picture` is where that picture is, null when there is
    none. `skipped` frames showed nothing new. `reading` is null where no fleet watches. `paused` is what the registry
    says, null for a camera that is not in it. `looks` is null before the first look. `elsewhere` is the process that
    watches it where that is not this one: its pictures and readings are there.
    """

    id: str
    name: str
    state: str
    paused: bool | None
    since: datetime
    reason: str
    last_frame_at: datetime | None
    last_frame_age: float | None
    silent: bool
    picture: str | None
    faults: list[FaultOut]
    positions_hold: bool
    skipped: int
    reading: ReadingOut | None
    district: str | None
    looks: LooksOut | None
    elsewhere: str | None
    lat: float | None
    lon: float | None

    @classmethod
    def of(cls, view: CameraView, now: datetime) -> Self:
        age = view.age(now)
        return cls(
            id=view.id,
            name=view.name,
            state=view.state,
            paused=view.paused,
            since=view.since,
            reason=view.reason,
            last_frame_at=view.last_frame_at,
            last_frame_age=None if age is None else age.total_seconds(),
            silent=view.silent(now),
            picture=f"/api/v1/cameras/{quote(view.id, safe='')}/picture" if view.has_picture else None,
            faults=[FaultOut(fault=one.fault, since=one.since) for one in view.faults],
            positions_hold=all(one.fault is not Fault.MOVED for one in view.faults),
            skipped=view.skipped,
            reading=ReadingOut.of(view.status) if view.status else None,
            district=view.district,
            looks=LooksOut.of(view.looks) if view.looks else None,
            elsewhere=view.elsewhere,
            lat=view.lat,
            lon=view.lon,
        )


class FaultEventOut(BaseModel):
    """A fault of a camera's picture: `ended_at` is null while it lasts, `picture` is the first that showed it.

    `accepted_by` is who took a moved camera's new view for the right one. `camera_version` and `district` are of the
    camera as the registry had it then; null for one that was not in it.
    """

    id: UUID
    fault: Fault
    camera_version: int | None
    district: str | None
    started_at: datetime
    ended_at: datetime | None
    accepted_by: ActorOut | None
    picture: str

    @classmethod
    def of(cls, item: FaultEvent) -> Self:
        return cls(
            id=item.id,
            fault=item.fault,
            camera_version=item.camera_version,
            district=item.district,
            started_at=item.started_at,
            ended_at=item.ended_at,
            accepted_by=ActorOut.model_validate(item.accepted_by) if item.accepted_by else None,
            picture=f"/api/v1/cameras/{quote(item.camera, safe='')}/health/{item.id}/picture",
        )


class HistoryEntryOut(BaseModel):
    """One change of a camera: `version` is the registry's from then on, `change` what was done to the registry.

    `subject` is the camera that was changed alone, or the file that was imported; `act` what that did to this camera.
    `fields` are the keys of the camera file that changed; `address` stands for `url` and `substream`.
    """

    model_config = ConfigDict(from_attributes=True)

    version: int
    at: datetime
    actor: ActorOut
    act: HistoryAction
    change: ChangeKind
    subject: str
    fields: list[str]

    @classmethod
    def of(cls, past: HistoryEntry) -> Self:
        return cls.model_validate(past)
