"""Where a watcher's findings become rows: the candidate and its evidence, or nothing."""

import logging
from collections.abc import Callable
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from api.candidates import repository as candidates
from api.clock import Clock, wall_clock
from api.db.database import Database
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from detector.candidate import Candidate
from detector.rules.ruling import Outcome
from streams.frames.sink import CameraNote

log = logging.getLogger(__name__)


class StoreSink:
    """A `streams.frames.sink.Sink` over the database; safe to share between watchers.

    `on_note` is told of each change of a camera's state.
    """

    def __init__(
        self,
        database: Database,
        files: EvidenceStore,
        *,
        on_note: Callable[[CameraNote], None] | None = None,
        clock: Clock = wall_clock,
    ) -> None:
        self._database = database
        self._files = files
        self._on_note = on_note
        self._clock = clock

    def take(self, candidate: Candidate) -> None:
        """Store a new candidate with its evidence, or note that a known one is still there.

        Raises EvidenceError where the evidence cannot be kept (then the candidate is not stored either), and
        DatabaseUnavailable.
        """
        if self._see_again(candidate) or candidate.ruling.outcome is Outcome.PERMITTED:
            return
        # Written before the transaction: flushing pictures to disk must not hold the database's one write lock.
        # Files without a row are harmless (their name is their content); a row without files would be a lie.
        files = self._files.keep(candidate)
        try:
            with self._database.write() as connection:
                added = candidates.add(connection, candidate, self._clock())
                evidence.add(connection, added, files)
        except IntegrityError:  # another watcher stored the same place a moment ago
            if not self._see_again(candidate):
                raise
        else:
            _tell(added, candidate)

    def note(self, note: CameraNote) -> None:
        """Handle a camera's new state."""
        if self._on_note is not None:
            self._on_note(note)

    def _see_again(self, candidate: Candidate) -> bool:
        with self._database.write() as connection:
            known = candidates.lock_by_key(connection, candidate.sighting.source, candidate.sighting.key)
            if known is not None:
                candidates.update_last_seen(connection, known, candidate, self._clock())
        return known is not None


def _tell(added: UUID, candidate: Candidate) -> None:
    sighting = candidate.sighting
    log.info("candidate %s: %s at %s, %s", added, sighting.class_name, sighting.source, candidate.ruling.outcome)
