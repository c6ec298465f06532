"""What a camera's look remembers over a restart of the service: its places, and its empty scene.

Without it a thing that was reported before a restart would be reported again as a new one, and one that stands while
the service starts would be learned as part of the street.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from api.errors import ApiError
from detector.candidate import Candidate
from detector.errors import DetectorError
from detector.look import Look
from detector.places.kept_places import KeptPlaces
from detector.places.places import UNWATCHED, handed_on
from detector.places.sighting import Sighting
from detector.vision.frame import Frame
from models.files import write_whole

log = logging.getLogger(__name__)

KEEP_EVERY: Final = timedelta(minutes=1)
"""Scene time between two writings of what was not reported: what a crash may cost of it."""

STALE: Final = timedelta(hours=12)
"""A scene kept longer ago than this may have another light and another season: it is learned anew."""

VIEW_STALE: Final = timedelta(days=30)
"""What a camera usually shows is kept by brightness, so only the seasons change it."""

HandedOnSince = Callable[[str, datetime], Sequence[Sighting]]
"""What the store holds of a camera since a moment: raises ApiError where it does not answer."""


class _Saved(BaseModel):
    """The file of places: `clock` is how far this machine's clock was ahead of its uptime since the start `boot`."""

    boot: str
    clock: float | None
    kept: KeptPlaces


class PersistentLook:
    """A look that takes up what it knew before its first frame, and writes it down.

    Places are written before a candidate is handed over: whenever the process is killed, the thing keeps its key. What
    was not written, as another service had the camera or the folder is new, is taken from the store (`handed_on`).
    Called by one thread at a time, as the look itself.
    """

    def __init__(self, look: Look, folder: Path, handed_on: HandedOnSince | None = None) -> None:
        self._look = look
        self._stem = _stem(folder, look.source)
        self._handed_on = handed_on
        self._kept_at: datetime | None = None
        self._last: Frame | None = None
        self._anew = False  # nothing of an earlier run holds

    def __call__(self, frame: Frame) -> Sequence[Candidate]:
        if self._kept_at is None:
            if not self._anew:
                self._take_up(frame)
            self._kept_at = frame.captured_at
        found = self._look(frame)
        self._last = frame
        if abs(frame.captured_at - self._kept_at) >= KEEP_EVERY:
            self._kept_at = frame.captured_at
            self.keep()
        elif found:
            self._keep_places(frame)
        return found

    def forget(self) -> None:
        """Drop what is written down: the camera looks elsewhere now."""
        self._anew = True
        try:
            for file in (self._places_file, self._scene_file):
                file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("camera %s: its saved state cannot be removed: %s", self._look.source, error.strerror)
        if self._last is not None:  # without a file, things of the old view would be taken from the store
            self._keep_places(self._last)

    def keep(self) -> None:
        """Write down what is known now; nothing before the first frame."""
        if self._last is None:
            return
        scene = self._look.occupancy.snapshot()
        try:
            self._stem.parent.mkdir(parents=True, exist_ok=True)
            if scene is not None:
                write_whole(self._scene_file, scene)
        except OSError as error:  # a full disk costs the memory, not the watch
            log.warning("camera %s: its scene cannot be saved: %s", self._look.source, error.strerror)
        self._keep_places(self._last)

    def _keep_places(self, frame: Frame) -> None:
        ahead = self._look.steps.ahead
        kept = KeptPlaces(frame.captured_at - ahead, self._look.places.all).moved(ahead)
        saved = _Saved(boot=_boot(), clock=frame.clock, kept=kept)
        try:
            self._stem.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._places_file, saved.model_dump_json().encode())
        except OSError as error:
            log.warning("camera %s: its places cannot be saved: %s", self._look.source, error.strerror)

    def _take_up(self, frame: Frame) -> None:
        now, written = frame.captured_at, None
        try:
            kept = self._read(frame)
            if kept is not None:
                self._look.places.take_up(kept.places)
                written = kept.at
                if self._scene_file.exists():
                    self._look.occupancy.restore(self._scene_file.read_bytes(), now)
        except (OSError, ValueError, DetectorError) as error:
            why = "it is no saved state" if isinstance(error, ValidationError | UnicodeDecodeError) else error
            log.warning("camera %s starts without its saved state: %s", self._look.source, why)
        self._take_up_handed_on(now, written)

    def _read(self, frame: Frame) -> KeptPlaces | None:
        """Return the places that are written down, in the time of the clock now; None where there are none of today."""
        if not self._places_file.exists():
            return None
        saved = _Saved.model_validate_json(self._places_file.read_bytes())
        # How far the clock was set meanwhile is known until the machine is started anew; and nothing is of the future.
        known = saved.boot == _boot() and saved.clock is not None and frame.clock is not None
        step = timedelta(seconds=(frame.clock or 0.0) - (saved.clock or 0.0) if known else 0.0)
        kept = saved.kept.moved(min(step, frame.captured_at - saved.kept.at))
        return None if frame.captured_at - kept.at > STALE else kept

    def _take_up_handed_on(self, now: datetime, written: datetime | None) -> None:
        """Take up what was handed on lately, and not before the places were `written` down."""
        if self._handed_on is None:
            return
        try:
            things = self._handed_on(self._look.source, now - UNWATCHED)
        except ApiError as error:
            log.warning("camera %s starts without what the store knows of it: %s", self._look.source, error)
            return
        kinds = self._look.kinds
        for one in things:
            if one.class_name in kinds and (written is None or one.last_seen > written):
                kept = KeptPlaces(one.last_seen, (handed_on(one, kinds[one.class_name]),))
                # No later than now, where the clock was set back.
                self._look.places.take_up(kept.moved(min(now - kept.at, timedelta(0))).places)

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


def _boot() -> str:
    """Return what tells this start of the machine from others; empty where that is not known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
