"""What has to be watched: one camera and how."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from streams.camera.address import Reach
from streams.camera.backoff import Turns
from streams.camera.source import CameraSource
from streams.frames.sink import CameraNote
from streams.video.capture import Deadlines


@dataclass(frozen=True, slots=True)
class CameraJob:
    """One camera to watch. Two equal jobs are the same work; a change restarts the camera.

    The addresses hold passwords and are kept out of `repr`. `substream` is read where it is `sharp_width` pixels wide.
    With `reach` each opening looks the host up anew and refuses one that lies outside.
    """

    id: str
    url: str = field(repr=False)
    every: timedelta
    transport: Literal["tcp", "udp"] = "tcp"
    substream: str | None = field(default=None, repr=False)
    sharp_width: int = 640
    deadlines: Deadlines = field(default_factory=Deadlines)
    reach: Reach | None = None

    def source(self, budget: Turns, on_note: Callable[[CameraNote], None]) -> CameraSource:
        """Return the camera, read in this process; raises AddressRefused."""
        return CameraSource(
            self.url,
            name=self.id,
            substream=self.substream,
            sharp_width=self.sharp_width,
            every=self.every,
            transport=self.transport,
            deadlines=self.deadlines,
            reach=self.reach,
            budget=budget,
            on_note=on_note,
        )
