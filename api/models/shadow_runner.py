"""The shadow: another version of a model looks at a share of the frames beside the one in service.

It works in a thread of its own and within a budget of processor time: a look that cost 0.1 s of a core is followed by
pause enough that the share of the core stays what was allowed, and frames that come meanwhile are passed over. A look
at a camera never waits for it, and what it sees becomes no candidate.
"""

import logging
import random
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from api.background import BackgroundLoop
from api.db.database import Database
from api.evidence.files import EvidenceStore
from api.inference.model_cache import ModelCache
from api.models import repository
from api.models.repository import Pair
from detector.errors import DetectorError
from detector.vision.boxes import overlap
from detector.vision.detections import Detections
from detector.vision.engine import OnnxModel, load_card
from detector.vision.frame import Frame
from models.errors import ModelError
from models.shadow import shadow_of
from models.shelf import Shelf

log = logging.getLogger(__name__)

SAME_THING = 0.5
"""IoU from which on two boxes of one class are of one thing."""


@dataclass(frozen=True, slots=True)
class _Task:
    source: str
    district: str | None
    frame: Frame
    model: str
    shadow_version: str


class ShadowRunner:
    """Compares versions on frames that cameras offer; between `start` and `stop`."""

    def __init__(
        self,
        shelf: Shelf,
        serving: ModelCache,
        database: Database,
        files: EvidenceStore,
        cpu_share: float,
        chance: random.Random | None = None,
    ) -> None:
        """`cpu_share`: of one core, 0 to 1; nothing is looked at with 0."""
        self._shelf, self._serving = shelf, serving
        self._database, self._files = database, files
        self._cpu_share = cpu_share
        self._chance = chance or random.Random()
        self._lock = threading.Lock()
        self._waiting: _Task | None = None
        self._not_before = 0.0
        self._loaded: tuple[tuple[str, str], OnnxModel] | None = None
        self._refused: set[tuple[str, str]] = set()
        self._loop = BackgroundLoop("model shadow", self._step, pause=timedelta(seconds=5))

    def start(self) -> None:
        """Begin to take frames."""
        self._loop.start()

    def stop(self, timeout: timedelta) -> None:
        """Take no more."""
        self._loop.stop(timeout)

    def offer(self, source: str, district: str | None, frame: Frame, models: tuple[str, ...]) -> None:
        """Look at a frame with a shadow of one of these models, if one has a shadow and the budget allows; at once."""
        if self._cpu_share <= 0 or time.monotonic() < self._not_before or self._waiting is not None:
            return
        for name in models:
            shadow = shadow_of(self._shelf, name)
            if shadow is not None and self._chance.random() < shadow.share:
                with self._lock:
                    self._waiting = _Task(source, district, frame, name, shadow.version)
                self._loop.wake()
                return

    def _step(self) -> bool:
        with self._lock:
            task, self._waiting = self._waiting, None
        if task is None:
            return False
        began = time.thread_time()
        try:
            self._compare(task)
        finally:
            spent = time.thread_time() - began
            self._not_before = time.monotonic() + spent / self._cpu_share
        return False

    def _compare(self, task: _Task) -> None:
        serving = self._serving.get(task.model)
        shadow = self._shadow(task.model, task.shadow_version)
        if shadow is None or shadow.identity.sha256 == serving.identity.sha256:
            return
        seen, other = serving.detect(task.frame.image), shadow.detect(task.frame.image)
        only_serving, only_shadow = lonely(seen, other), lonely(other, seen)
        # the shelf's word for a version is what people promote by; the card's may be another for the shipped one
        pair = Pair(task.model, self._shelf.serving_version(task.model), task.shadow_version)
        at = task.frame.captured_at
        with self._database.write() as connection:
            repository.count(connection, pair, only_serving, only_shadow, at)
            wanted = only_serving + only_shadow > 0 and repository.wants(connection, pair, task.source, at)
        if not wanted:
            return
        picture = self._files.keep_frame(task.frame)
        with self._database.write() as connection:
            repository.keep(
                connection,
                pair,
                task.source,
                task.district,
                picture,
                tuple(seen),
                tuple(other),
                only_serving + only_shadow,
            )

    def _shadow(self, name: str, version: str) -> OnnxModel | None:
        wanted = (name, version)
        if self._loaded is not None and self._loaded[0] == wanted:
            return self._loaded[1]
        if wanted in self._refused:
            return None
        try:
            model = load_card(self._shelf.card(name, version))
        except (ModelError, DetectorError) as error:
            self._refused.add(wanted)  # said once; the one in service is not touched by it
            log.error("shadow %s %s cannot be used: %s", name, version, error)
            return None
        self._loaded = (wanted, model)
        return model


def lonely(seen: Detections, other: Detections) -> int:
    """Return how many things of `seen` are in `other` nowhere: no box of that class overlaps by SAME_THING."""
    if not len(seen) or not len(other):
        return len(seen)
    names = [one.class_name for one in seen], [one.class_name for one in other]
    alike = overlap(seen.boxes, other.boxes)[0]
    same = [[first == second for second in names[1]] for first in names[0]]
    return int(((alike * same).max(axis=1) < SAME_THING).sum())
