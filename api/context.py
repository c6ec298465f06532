"""What the service is told from outside: zones for the map, the state of the cameras. Values only, no calls back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.cases.delivery import Delivering
from api.clock import Clock, wall_clock
from api.evidence import EvidenceStore
from api.footage import FootageStore
from api.settings import Settings
from api.settling import Settling
from api.store import Database
from detector.look import LookStatus
from streams.fleet import CameraStatus
from streams.health import Fault


@dataclass(frozen=True, slots=True)
class MapZone:
    """A zone of the rulebook on the ground: `polygon` as (lon, lat) WGS-84, closed or not."""

    id: str
    kind: str
    polygon: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class FaultView:
    """What is wrong with a camera's picture, and since when."""

    fault: Fault
    since: datetime


@dataclass(frozen=True, slots=True)
class LastPicture:
    """A camera's newest picture, made small: `taken_at` is when the light fell, by this machine's clock."""

    jpeg: bytes
    taken_at: datetime
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class LookView:
    """How a camera is looked at: the looks so far, and their share of one core's time since the first (0 to 1)."""

    status: LookStatus
    cpu_share: float


@dataclass(frozen=True, slots=True)
class CameraView:
    """One camera as a reviewer sees it: `state` in the fleet's words, and since when it has been so.

    `skipped` frames showed nothing new; `status` is what the fleet counts, None where no fleet watches. `paused` is
    what the registry says, None for a camera that is not in it. `looks` is None before the first look.
    """

    id: str
    name: str
    state: str
    since: datetime
    reason: str = ""
    last_frame_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    every: timedelta = timedelta(seconds=5)
    has_picture: bool = False
    faults: tuple[FaultView, ...] = ()
    skipped: int = 0
    status: CameraStatus | None = None
    paused: bool | None = None
    looks: LookView | None = None

    def age(self, now: datetime) -> timedelta | None:
        """How old the last picture is; None before the first."""
        return None if self.last_frame_at is None else max(now - self.last_frame_at, timedelta(0))

    def live_for(self, now: datetime) -> float:
        """Seconds until the last picture is too old to be called live: three periods, and never less than ten seconds.

        0 where it is so already, or where there is none.
        """
        age = self.age(now)
        limit = max(3 * self.every, timedelta(seconds=10))
        return 0.0 if age is None else max(0.0, (limit - age).total_seconds())

    def silent(self, now: datetime) -> bool:
        """Whether the last picture is too old to be called live, or there is none."""
        return self.live_for(now) <= 0


ZonesProvider = Callable[[], Sequence[MapZone]]
CamerasProvider = Callable[[], Sequence[CameraView]]
PictureProvider = Callable[[str], LastPicture | None]
AcceptView = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Context:
    """What every route works with; made once by `create_app`."""

    settings: Settings
    database: Database
    evidence: EvidenceStore
    delivering: Delivering
    footage: FootageStore
    settling: Settling
    zones: ZonesProvider = field(default=tuple)
    cameras: CamerasProvider = field(default=tuple)
    clock: Clock = wall_clock
    picture: PictureProvider = field(default=lambda _: None)
    accept_view: AcceptView = field(default=lambda _: None)
