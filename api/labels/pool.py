"""The pool of frames to label: it fills itself, so many a day, from candidates, surveys and cameras.

Every source gets its share, and the hours of the day and the length of a flight are covered before one hour is taken
twice; within that, the frame that teaches most comes first (`ranking`).
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from sqlalchemy import Connection

from api.background import BackgroundLoop
from api.cameras.live_status import LiveFrames
from api.clock import Clock, wall_clock
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.errors import EvidenceError
from api.evidence.files import EvidenceStore
from api.labels import repository as frames
from api.labels import verdict_labels
from api.labels.ranking import score
from api.labels.repository import NewFrame, ProposedBox
from api.labels.sources import Offered, from_camera, from_candidates, from_surveys
from api.labels.tables import FrameState
from api.settings import Settings
from detector.vision.frame import Frame

log = logging.getLogger(__name__)

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
PAUSE: Final = timedelta(minutes=10)
FIRST_PAUSE: Final = timedelta(seconds=30)
SHUTDOWN: Final = timedelta(seconds=5)
OPEN_DAYS: Final = 10
"""Days of the budget that may wait unlabelled; a pool that nobody works on stops growing."""
BUSY_HOURS: Final = 8
"""The budget of a day is taken in no fewer hours than this."""
CAMERAS: Final = 4
"""That give a frame in one round: each is held as it came, some megabytes."""

Look = Callable[[Frame], tuple[ProposedBox, ...]]
"""What models propose in a frame of a camera."""
Bucket = tuple[str, datetime]


@dataclass(frozen=True, slots=True)
class Pool:
    """Fills the pool of one service. `live` hands over a camera's frames on request, `look` proposes boxes in them."""

    settings: Settings
    database: Database
    files: EvidenceStore
    live: LiveFrames | None = None
    look: Look = lambda _: ()
    clock: Clock = wall_clock

    @contextmanager
    def running(self) -> Iterator[None]:
        """While entered, a background loop fills the pool."""
        loop = BackgroundLoop("label pool", self.step, pause=PAUSE, first_pause=FIRST_PAUSE)
        loop.start()
        try:
            yield
        finally:
            loop.stop(SHUTDOWN)

    def step(self) -> bool:
        """Take what the budget of today still allows; returns that there is nothing to do at once."""
        fill(EVERYWHERE, self.database, self.files, self.settings, self.clock(), self._of_cameras)
        return False

    def _of_cameras(self, now: datetime) -> list[Offered]:
        """Return the frames that cameras have handed over since they were last asked, and ask for the next ones."""
        if self.live is None:
            return []
        found = []
        for camera, frame in self.live.take_frames():
            try:
                found.append(from_camera(camera, frame, self.look(frame), now))
            except EvidenceError as error:
                log.error("label pool: no frame of camera %s: %s", camera.id, error)
        self.live.ask_frames(CAMERAS)
        return found


def fill(
    scope: Scope,
    database: Database,
    files: EvidenceStore,
    settings: Settings,
    now: datetime,
    of_cameras: Callable[[datetime], Sequence[Offered]] = lambda _: (),
) -> int:
    """Add frames to the pool as far as today's budget allows, and return how many were added."""
    budget = settings.label_budget
    with database.read() as connection:
        recent = frames.added_since(scope, connection, now - DAY)
        last_hour = len(frames.added_since(scope, connection, now - HOUR))
        waiting = frames.count(scope, connection)[FrameState.OPEN]
    room = min(budget - len(recent), budget * OPEN_DAYS - waiting)
    if waiting:  # a pool that is empty is filled at once; else the day's hours get their share
        room = min(room, ceil(budget / BUSY_HOURS) - last_hour)
    if room <= 0:
        return 0
    with database.read() as connection:
        offered = [*from_candidates(scope, connection), *from_surveys(scope, connection, settings.pictures_dir)]
        known = _known_classes(scope, connection)
    offered += of_cameras(now)
    with database.read() as connection:
        there = frames.known_pictures(scope, connection, [one.frame.picture.sha256 for one in offered])
    fresh = {one.frame.picture.sha256: one for one in offered if one.frame.picture.sha256 not in there}
    ranked = rank([one.frame for one in fresh.values()], known)
    taken = choose(ranked, room, Counter(_bucket(source, at) for source, at in recent))
    kept = [one for one in taken if fresh[one.picture.sha256].keep(files)]
    with database.write() as connection:
        return sum(frames.add(scope, connection, one, now) for one in kept)


def rank(offered: Sequence[NewFrame], known: Mapping[str, int]) -> list[NewFrame]:
    """Return the frames with their scores; each is compared with the nearest frame before it of the same camera."""
    found: list[NewFrame] = []
    last: dict[str, NewFrame] = {}
    for one in sorted(offered, key=lambda one: one.picture.captured_at):
        before = last.get(one.source) if one.camera_id else None
        neighbours = [before.proposals] if before is not None else []
        found.append(replace(one, score=score(one.proposals, neighbours, known)))
        last[one.source] = one
    return found


def choose(ranked: Sequence[NewFrame], room: int, taken: Counter[Bucket]) -> list[NewFrame]:
    """Return at most `room` frames: the emptiest hour of the emptiest source first, in it what teaches most.

    Args:
        taken: how many frames each source and hour gave today.
    """
    left = list(ranked)
    counts = Counter(taken)
    sources: Counter[str] = Counter()
    for (source, _), number in taken.items():
        sources[source] += number
    chosen: list[NewFrame] = []
    while left and len(chosen) < room:
        best = min(left, key=lambda one: (sources[one.source], counts[_bucket_of(one)], -one.score))
        left.remove(best)
        chosen.append(best)
        sources[best.source] += 1
        counts[_bucket_of(best)] += 1
    return chosen


def _bucket_of(one: NewFrame) -> Bucket:
    return _bucket(one.source, one.picture.captured_at)


def _bucket(source: str, at: datetime) -> Bucket:
    """Return what frames should be spread over: hours before a camera, minutes of a flight."""
    coarse = at.replace(second=0, microsecond=0)
    return source, coarse if source.startswith("survey ") else coarse.replace(minute=0)


def _known_classes(scope: Scope, connection: Connection) -> dict[str, int]:
    """Return how many boxes of each class were labelled so far, in complete frames and by verdicts."""
    counts: Counter[str] = Counter()
    for saved in frames.complete_saves(scope, connection).values():
        counts.update(box.class_name for box in saved.boxes)
    labels = verdict_labels.every(scope, connection)
    counts.update(one.class_name for one in labels if one.kind in verdict_labels.POSITIVE)
    return counts
