"""A watched camera, from its pictures to the live and the store; no network, no model."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from api.cameras import health as camera_health
from api.cameras.health import FaultEvent
from api.cameras.health_gate import HealthGatedLook
from api.cameras.health_store import HealthStore
from api.cameras.live_status import LiveStatus
from api.candidates.intake import StoreSink
from api.clock import Clock
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence.files import EvidenceStore
from detector.look import Look
from detector.rules.rulebook import Rule, Rulebook
from detector.vision.frame import Image
from streams.camera.address import CameraAddress
from streams.camera.config_file import CameraConfig
from streams.frames.sink import CameraNote
from tests.streams.street import Street

CAMERA = 'street#1"&'  # ids are free text
CONFIG = CameraConfig(
    CAMERA, "Daxue Road", CameraAddress.parse("rtsp://10.1.2.3/main"), None, timedelta(seconds=5), (), None, None, None,
    "", 2, "tcp", None,
)  # fmt: skip
BOOK = Rulebook.of("1", ZoneInfo("UTC"), (), (Rule("red", ("red",), ("road",)),), None)


def turned(image: Image) -> Image:
    return np.asarray(np.roll(image, (40, 130), (0, 1)), np.uint8)


class Post:
    """One camera, watched with a picture every five seconds until the service is started anew."""

    def __init__(self, database: Database, files: EvidenceStore, memory: Path, clock: Clock) -> None:
        self.database = database
        self.memory = memory
        self.files = files
        self.clock = clock
        self.street = Street()
        self.number = 0
        self.start()

    def start(self) -> None:
        self.notes: list[CameraNote] = []
        self.live = LiveStatus([CONFIG], clock=self.clock)
        self.sink = StoreSink(self.database, self.files, on_note=self._note, clock=self.clock)
        self.health = HealthStore(self.database, self.files)
        self.look = HealthGatedLook(Look(CAMERA, BOOK, []), self.live, self.sink, self.health, self.memory)

    def _note(self, note: CameraNote) -> None:
        self.notes.append(note)
        self.live.note(note)

    def watch(self, pictures: Iterable[Image]) -> None:
        for picture in pictures:
            self.look(self.street.as_frame(picture, 5.0 * self.number))
            self.number += 1

    def good(self, count: int) -> list[Image]:
        return [self.street.picture(5.0 * (self.number + n)) for n in range(count)]

    def stored(self) -> tuple[FaultEvent, ...]:
        with self.database.read() as connection:
            return camera_health.page(EVERYWHERE, connection, CAMERA, None, 50).items

    def shown(self) -> list[str]:
        (view,) = self.live.views()
        return [str(one.fault) for one in view.faults]
