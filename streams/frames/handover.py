"""Handing candidates over to a store that may be away: what it did not take waits, and nothing beside it is lost."""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from detector.candidate import Candidate
from streams.camera.backoff import Backoff
from streams.frames.sink import Sink

log = logging.getLogger(__name__)

MOST_PICTURES: Final = 12
"""Pictures that wait for the store at most: 75 MB of 1080p for one camera. What stands on is offered again later."""

LONGEST_PAUSE: Final = 30.0  # seconds between two tries while the store is away
REFUSED: Final = 3
"""How often a candidate may be refused by a store that takes others before it is given up."""


@dataclass(slots=True)
class _Waiting:
    """One thing: its candidates in order, all with the picture of the first."""

    candidates: list[Candidate]
    refused: int = 0  # by a store that had just taken another

    def add(self, candidate: Candidate) -> None:
        """Add a later word of the same thing; of several with one outcome the last says all."""
        first, last = self.candidates[0], self.candidates[-1]
        later = replace(candidate, evidence=first.evidence, evidence_box=first.evidence_box)
        if last is not first and last.ruling.outcome is later.ruling.outcome:
            self.candidates.pop()
        self.candidates.append(later)


@dataclass(slots=True)
class Handover:
    """Gives candidates to a sink, and again after a pause where it failed. For one camera, and one thread at a time."""

    sink: Sink
    backoff: Backoff = field(default_factory=lambda: Backoff(cap=LONGEST_PAUSE))
    taken: int = 0
    error: str = ""  # why the last one was not taken; empty where none waits
    _waiting: dict[str, _Waiting] = field(default_factory=dict)  # by key of the place
    _again_at: float = 0.0  # monotonic seconds

    @property
    def waiting(self) -> int:
        """Return how many things wait for the store."""
        return len(self._waiting)

    def offer(self, candidates: Iterable[Candidate]) -> None:
        """Hand these over, and what waits if it is time; what is not taken is kept, whatever the sink raised."""
        for candidate in candidates:
            self._enqueue(candidate)
        if self._waiting and (self._again_at == 0.0 or time.monotonic() >= self._again_at):
            self._try_all()

    def finish(self) -> None:
        """Try once more at the end of a watch, and say what is not stored."""
        if self._waiting:
            self._try_all()
        for key in self._waiting:
            log.error("candidate %s is not stored: %s", key, self.error)

    def _enqueue(self, candidate: Candidate) -> None:
        key = candidate.sighting.key
        if key in self._waiting:
            self._waiting[key].add(candidate)
            return
        pictures = {id(one.candidates[0].evidence) for one in self._waiting.values()} | {id(candidate.evidence)}
        if len(pictures) > MOST_PICTURES:
            log.error("candidate %s is not kept for the store: %d pictures wait already", key, MOST_PICTURES)
            return
        self._waiting[key] = _Waiting([candidate])

    def _try_all(self) -> None:
        """Hand over one thing after the other. At a failure the round ends, and the next begins with another: what the
        store refuses for good holds nobody up, and is given up when the store has taken others before it a few times.
        """
        works = False
        for key in tuple(self._waiting):
            waiting = self._waiting.pop(key)
            try:
                self._hand_over(waiting)
            except Exception as error:  # noqa: BLE001 - whatever a store raises: it is kept, shown, and tried again
                self.error = f"{type(error).__name__}: {error}"
                waiting.refused += works
                if waiting.refused >= REFUSED:
                    log.error("candidate %s is given up, the store takes others: %s", key, self.error)
                    continue
                self._waiting[key] = waiting
                self._again_at = time.monotonic() + self.backoff.next_pause()
                return
            works = True
        self.error, self._again_at = "", 0.0
        self.backoff.reset()

    def _hand_over(self, waiting: _Waiting) -> None:
        while waiting.candidates:
            self.sink.take(waiting.candidates[0])
            self.taken += 1
            del waiting.candidates[0]
