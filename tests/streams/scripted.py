"""Sources, looks and sinks that do what a test tells them."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from detector.candidate import Candidate
from detector.vision.frame import Frame
from streams.frames.sink import CameraNote

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


def frame(index: int, seconds: float | None = None, source: str = "scripted") -> Frame:
    """A small grey frame taken so many seconds after START."""
    taken = START + timedelta(seconds=index if seconds is None else seconds)
    return Frame(np.full((4, 6, 3), index % 256, np.uint8), taken, source, index=index)


class ScriptedSource:
    """Gives the frames it was made with, waits where the script has an Event, raises where it has an error."""

    def __init__(self, script: Sequence[Frame | threading.Event | Exception], *, live: bool = True) -> None:
        self.name = "scripted"
        self.live = live
        self.given = 0
        self.stopped = threading.Event()
        self._script = script

    def frames(self) -> Iterator[Frame]:
        for step in self._script:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, threading.Event):
                step.wait(10)
                continue
            if self.stopped.is_set():
                return
            self.given += 1
            yield step

    def stop(self) -> None:
        self.stopped.set()


class Notebook:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.candidates: list[Candidate] = []
        self.notes: list[CameraNote] = []

    def take(self, candidate: Candidate) -> None:
        self.candidates.append(candidate)

    def note(self, note: CameraNote) -> None:
        self.notes.append(note)

    def states(self, camera: str) -> list[str]:
        """The states that this camera went through."""
        return [note.state for note in self.notes if note.camera == camera]
