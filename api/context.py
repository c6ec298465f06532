"""What the service is told from outside: zones for the map, the state of the cameras. Values only, no calls back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from api.cameras.live_status import CameraView, LastPicture
from api.cases.sender import OutboxSender
from api.clock import Clock, wall_clock
from api.db.database import Database
from api.evidence.files import EvidenceStore
from api.pages.svg_map import MapZone
from api.settings import Settings
from api.surveys.upload.finalizer import Finalizer
from api.surveys.upload.storage import FootageStore

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
    delivering: OutboxSender
    footage: FootageStore
    settling: Finalizer
    zones: ZonesProvider = field(default=tuple)
    cameras: CamerasProvider = field(default=tuple)
    clock: Clock = wall_clock
    picture: PictureProvider = field(default=lambda _: None)
    accept_view: AcceptView = field(default=lambda _: None)
