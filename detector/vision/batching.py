"""Pictures of many cameras through one network at once, where that is cheaper: on a GPU.

Whoever wants a picture looked at waits for the answer, so a camera never has more than one place in the queue; who came
first is served first. While one batch runs the next one gathers by itself, so a busy engine needs no waiting; an idle
one waits for company only as long as `PATIENCE`.
"""

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from detector.errors import ModelInputError
from detector.vision.engine import Engine
from detector.vision.pixels import FloatArray

log = logging.getLogger(__name__)

MOST = 8
"""Pictures in one batch: more gains little on a GPU, and makes the first wait for the last."""

PATIENCE = 0.005
"""Seconds that a picture waits for others."""


@dataclass(slots=True, eq=False)
class _Job:
    blob: FloatArray
    answer: FloatArray | None = None
    error: Exception | None = field(default=None)

    @property
    def done(self) -> bool:
        return self.answer is not None or self.error is not None


class BatchingEngine:
    """An engine that hands on what several threads ask of it in batches; itself an `Engine` of one picture a call.

    A network whose file is fixed at one picture gets them one by one. A batch that fails is run again one by one, so
    that a broken picture fails alone.
    """

    def __init__(self, engine: Engine, name: str, most: int = MOST, patience: float = PATIENCE) -> None:
        self._engine = engine
        self._most = most if engine.takes_batches else 1
        self._patience = patience
        self._turn = threading.Lock()  # held by the thread that runs a batch
        self._waiting: deque[_Job] = deque()
        self._came = threading.Condition()
        self.width, self.height, self.output_shape = engine.width, engine.height, engine.output_shape
        self.takes_batches = False
        if not engine.takes_batches:
            log.info("model %s: its file takes one picture at a time, so pictures are not batched", name)

    def run(self, blob: FloatArray) -> FloatArray:
        """Return the first output for a blob (1, 3, height, width); raises what the engine raises for this picture."""
        if blob.shape != (1, 3, self.height, self.width):
            raise ModelInputError(
                f"a blob of {list(blob.shape)}; this network takes [1, 3, {self.height}, {self.width}]"
            )
        job = _Job(blob)
        with self._came:
            self._waiting.append(job)
            self._came.notify_all()
        while not job.done:
            with self._turn:
                if not job.done:
                    self._run(self._gather())
        if job.answer is None:
            assert job.error is not None
            raise job.error
        return job.answer

    def _gather(self) -> list[_Job]:
        until = time.monotonic() + self._patience
        with self._came:
            while len(self._waiting) < self._most and (left := until - time.monotonic()) > 0:
                self._came.wait(left)
            return [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]

    def _run(self, jobs: list[_Job]) -> None:
        if len(jobs) > 1:
            try:
                answers = self._engine.run(np.concatenate([job.blob for job in jobs]))
            except Exception as error:  # whatever a runtime raises: each picture is tried for itself
                log.debug("a batch of %d pictures failed, they are run one by one", len(jobs), exc_info=error)
            else:
                for number, job in enumerate(jobs):
                    job.answer = answers[number : number + 1]
                return
        for job in jobs:
            try:
                job.answer = self._engine.run(job.blob)
            except Exception as error:  # noqa: BLE001 - raised in the thread whose picture it is
                job.error = error
