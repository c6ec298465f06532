"""What a camera's look remembers over a restart of the service: its places, and its empty scene.

Without it a stall that stood for hours before a restart would come as a new one, and one that stands while the service
starts would be learned as part of the street.
"""

import hashlib
import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from detector.candidate import Candidate
from detector.errors import DetectorError
from detector.look import Look
from detector.vision.frame import Frame
from models.files import write_whole

log = logging.getLogger(__name__)

KEEP_EVERY = timedelta(minutes=1)
"""Scene time between two writings: what a crash may cost."""

STALE = timedelta(hours=12)
"""A scene kept longer ago than this may have another light and another season: it is learned anew."""

VIEW_STALE = timedelta(days=30)
"""What a camera usually shows is kept by brightness, so only the seasons change it."""


class PersistentLook:
    """A look that takes up what it knew before its first frame, and writes it down every minute.

    Called by one thread at a time, as the look itself.
    """

    def __init__(self, look: Look, folder: Path) -> None:
        self._look = look
        self._stem = _stem(folder, look.source)
        self._kept_at: datetime | None = None

    def __call__(self, frame: Frame) -> Sequence[Candidate]:
        if self._kept_at is None:
            self._take_up(frame.captured_at)
            self._kept_at = frame.captured_at
        found = self._look(frame)
        if frame.captured_at - self._kept_at >= KEEP_EVERY:
            self._kept_at = frame.captured_at
            self._keep()
        return found

    def forget(self) -> None:
        """Drop what is written down: the camera looks elsewhere now."""
        try:
            for file in (self._places_file, self._scene_file):
                file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("camera %s: its saved state cannot be removed: %s", self._look.source, error.strerror)

    def _take_up(self, now: datetime) -> None:
        try:
            written = datetime.fromtimestamp(self._places_file.stat().st_mtime, now.tzinfo)
            if now - written > STALE:
                return
            self._look.places.restore(self._places_file.read_text(encoding="utf-8"))
            if self._scene_file.exists():
                self._look.occupancy.restore(self._scene_file.read_bytes(), now)
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError, DetectorError) as error:
            log.warning("camera %s starts without its saved state: %s", self._look.source, error)

    def _keep(self) -> None:
        scene = self._look.occupancy.snapshot()
        try:
            self._stem.parent.mkdir(parents=True, exist_ok=True)
            if scene is not None:
                write_whole(self._scene_file, scene)
            write_whole(self._places_file, self._look.places.snapshot().encode())
        except OSError as error:  # a full disk costs the memory, not the watch
            log.warning("camera %s: its state cannot be saved: %s", self._look.source, error.strerror)

    @property
    def _places_file(self) -> Path:
        return self._stem.with_suffix(".places.json")

    @property
    def _scene_file(self) -> Path:
        return self._stem.with_suffix(".scene.npz")


def keep_view(folder: Path, camera: str, view: bytes) -> None:
    """Write down what a camera usually shows; a disk that is full costs the memory, not the watch."""
    path = _stem(folder, camera).with_suffix(".view.npz")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, view)
    except OSError as error:
        log.warning("camera %s: its view cannot be saved: %s", camera, error.strerror)


def kept_view(folder: Path, camera: str) -> bytes | None:
    """Return what a camera usually showed in an earlier run, not more than a month ago."""
    path = _stem(folder, camera).with_suffix(".view.npz")
    try:
        if time.time() - path.stat().st_mtime > VIEW_STALE.total_seconds():
            return None
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("camera %s: its saved view cannot be read: %s", camera, error.strerror)
        return None


def _stem(folder: Path, camera: str) -> Path:
    # A camera's id is free text: its hash is a file name, whatever it holds.
    return folder / hashlib.sha256(camera.encode()).hexdigest()[:24]
