"""Where findings and camera states go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from detector.candidate import Candidate


@dataclass(frozen=True, slots=True)
class CameraNote:
    """A change of a camera's state, in words a person reads: `state` is one of `camera.CameraState`."""

    camera: str
    state: str
    at: datetime
    reason: str = ""


class Sink(Protocol):
    """Takes what a watcher finds. Called from the watcher's thread; may be called by several watchers at once."""

    def take(self, candidate: Candidate) -> None:
        """Handle a new candidate, or a known one (same key) seen again."""
        ...

    def note(self, note: CameraNote) -> None:
        """Handle a camera's new state."""
        ...
