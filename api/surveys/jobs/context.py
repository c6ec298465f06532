"""What a worker works with, and its hold on the chunk in hand."""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from api.background import BackgroundLoop
from api.candidates.intake import StoreSink
from api.db.database import Database
from api.errors import DatabaseUnavailable, LeaseLost
from api.evidence.files import EvidenceStore
from api.surveys.jobs import chunks
from api.surveys.jobs.chunks import Chunk, JobFault
from api.surveys.jobs.planning import fail
from detector.geometry.terrain import Terrain
from detector.reason import Reason
from detector.rules.rulebook import Rulebook
from streams.sandbox.read import USUAL, Limits
from streams.survey.pipeline import Detect, Identify, SurveyFind

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=30)
PATIENCE: Final = 900.0  # seconds without a frame after which a worker is sure that it hangs


class Interrupted(Exception):
    """The worker was asked to stop while it had a chunk in hand."""


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What one worker works with: `footage` is the folder of what was uploaded.

    `detector` gives the look of a model by its name, `identify` which model exactly looks at each frame then;
    `usual_model` is for where a survey names none; `rules` gives the rulebook for what a survey found, asked for at its
    end so that it is the one in force then. `zone` gives the aircrafts' clock where their telemetry names none,
    `terrain` the ground where the operator has a model of it. `hung` is called, by another thread, when the worker
    hangs for certain and has said so.
    """

    database: Database
    footage: Path
    pictures_dir: Path
    sink: StoreSink
    detector: Callable[[str], Detect]
    rules: Callable[[Sequence[SurveyFind]], Rulebook]
    name: str
    usual_model: str
    zone: Callable[[], ZoneInfo]
    terrain: Terrain | None = None
    lease: timedelta = LEASE
    limits: Limits = USUAL
    stop: threading.Event = field(default_factory=threading.Event)
    hung: Callable[[], None] = lambda: None
    identify: Callable[[str], Identify] = lambda _: lambda _: None

    def pictures(self, survey_id: UUID) -> EvidenceStore:
        """Return where the pictures of a survey lie in which something was seen."""
        return EvidenceStore(self.pictures_dir / str(survey_id))


class ChunkLease(AbstractContextManager["ChunkLease"]):
    """A chunk in hand: renewed while its work goes on, by a background loop."""

    def __init__(self, context: WorkerContext, chunk: Chunk) -> None:
        self._desk = context
        self._chunk = chunk
        self._lost = False
        self._steps = 0
        self._steps_before = 0
        self._still = 0.0
        self._patience = PATIENCE
        pause = context.lease / 3
        self._loop = BackgroundLoop(
            "chunk lease", self._renew, pause=pause, first_pause=pause, longest_retry=pause.total_seconds()
        )

    def __enter__(self) -> Self:
        self._loop.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._loop.stop()

    def step(self, longer: float = 0.0) -> None:
        """To be called as the work goes on; the next step may take so many seconds longer than others.

        Raises LeaseLost, and Interrupted where the worker is to stop.
        """
        self._patience = PATIENCE + longer
        self._steps += 1
        if self._lost:
            raise LeaseLost(f"chunk {self._chunk.id}: its lease expired and another worker has it")
        if self._desk.stop.is_set():
            raise Interrupted

    def _renew(self) -> bool:
        # counted in rounds, not by the clock: a process that was stopped for an hour has not hung for an hour
        self._still = self._still + self._desk.lease.total_seconds() / 3 if self._steps == self._steps_before else 0.0
        self._steps_before = self._steps
        if self._still > self._patience:
            self._give_up()
            self._loop.finish()
            return False
        try:
            with self._desk.database.write() as connection:
                chunks.renew(connection, self._chunk, self._desk.lease)
        except LeaseLost:
            self._lost = True
            self._loop.finish()
        except DatabaseUnavailable as error:  # it may be back before the lease ends
            log.warning("chunk %s: %s", self._chunk.id, error)
        return False

    def _give_up(self) -> None:
        self._lost = True
        error = Reason(JobFault.STALLED, {"seconds": f"{self._patience:g}"})
        log.error("chunk %s: no progress for %g s", self._chunk.id, self._patience)
        try:
            with self._desk.database.write() as connection:
                fail(connection, self._chunk, error, final=False)
        except (LeaseLost, DatabaseUnavailable) as unsaid:
            log.warning("chunk %s: %s", self._chunk.id, unsaid)
        self._desk.hung()
