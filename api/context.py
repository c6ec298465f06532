"""What the service is told from outside: zones for the map, the state of the cameras. Values only, no calls back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from api.cases.delivery import Delivering
from api.clock import Clock, wall_clock
from api.evidence import EvidenceStore
from api.footage import FootageStore
from api.settings import Settings
from api.settling import Settling
from api.store import Database


@dataclass(frozen=True, slots=True)
class MapZone:
    """A zone of the rulebook on the ground: `polygon` as (lon, lat) WGS-84, closed or not."""

    id: str
    kind: str
    polygon: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class CameraView:
    """One camera as a reviewer sees it: `state` in the fleet's words, and since when it has been so."""

    id: str
    name: str
    state: str
    since: datetime
    reason: str = ""
    last_frame_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None


ZonesProvider = Callable[[], Sequence[MapZone]]
CamerasProvider = Callable[[], Sequence[CameraView]]


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
