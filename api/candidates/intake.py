"""Where a watcher's findings become rows: the candidate and its evidence, or nothing."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from api.candidates import repository as candidates
from api.candidates.capture import conditions_of
from api.candidates.conditions import Conditions
from api.candidates.past import past_sightings
from api.candidates.repository import State, StoredCandidate
from api.clock import Clock, wall_clock
from api.db.database import Database
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.evidence.moments import follow
from api.evidence.repository import EvidenceFile
from detector.candidate import Candidate
from detector.look import AGAIN
from detector.places.past_sightings import PastSighting
from detector.places.places import is_same_place
from detector.places.proposal import STALL
from detector.places.sighting import Sighting
from detector.rules.ruling import Outcome
from streams.frames.sink import CameraNote

log = logging.getLogger(__name__)

BETWEEN: Final = AGAIN + timedelta(minutes=1)
"""The longest between two times at which another service says that a thing still stands there."""

Fence = Callable[[Connection, str], None]
"""Refuses, in the same transaction, what is written for a source that another process watches: raises LeaseLost."""


def no_fence(connection: Connection, source: str) -> None:
    """Take everything: of a source that nobody else can watch."""


OWN_KEPT: Final = 5000  # keys remembered; those of the last minutes are what is asked for


class StoreSink:
    """A `streams.frames.sink.Sink` over the database; safe to share between watchers.

    Several services may watch one camera into one database: a thing that another one has handed on is the same row,
    found by source, class and place. `on_note` is told of each change of a camera's state. `fence` refuses what a
    process writes that has lost its camera to another.
    """

    def __init__(
        self,
        database: Database,
        files: EvidenceStore,
        *,
        on_note: Callable[[CameraNote], None] | None = None,
        clock: Clock = wall_clock,
        fence: Fence = no_fence,
    ) -> None:
        self._fence = fence
        self._database = database
        self._files = files
        self._on_note = on_note
        self._clock = clock
        # What came from, or was given to, the looks of this process, by source and key, oldest first.
        self._own: dict[tuple[str, str], None] = {}
        self._states: dict[str, str] = {}  # of cameras, as last noted
        self._lock = threading.Lock()

    def take(self, candidate: Candidate) -> None:
        """Store a new candidate with its evidence, or note that a known one is still there.

        Raises EvidenceError where the evidence cannot be kept (then the candidate is not stored either), LeaseLost, and
        DatabaseUnavailable.
        """
        with self._database.read() as connection:
            decided = self._is_decided(connection, candidate)
        # Written before the transaction: flushing pictures to disk must not hold the database's one write lock.
        # Files without a row are harmless (their name is their content); a row without files would be a lie.
        moments = () if decided else self._files.keep_moments(candidate)
        with self._database.write() as connection:
            self._fence(connection, candidate.sighting.source)
            known = self._see_again(connection, candidate, moments)
        if not known and candidate.ruling.outcome is not Outcome.PERMITTED:
            self._add(candidate, moments)
        self._remember(candidate.sighting.source, candidate.sighting.key)

    def note(self, note: CameraNote) -> None:
        """Handle a camera's new state."""
        self._states[note.camera] = note.state
        if self._on_note is not None:
            self._on_note(note)

    def handed_on_since(self, source: str, since: datetime) -> tuple[Sighting, ...]:
        """Return the things that were handed on and were there after a moment, latest first, for a look that begins.

        From then on that look tells them apart from what comes. Raises DatabaseUnavailable.
        """
        with self._database.read() as connection:
            found = candidates.seen_since(connection, source, since)
        for one in reversed(found):
            self._remember(one.source, one.key)
        return tuple(_sighting(one) for one in found)

    def past(self, source: str, since: datetime) -> tuple[PastSighting, ...]:
        """Return what was handed on of a camera after a moment, and what was decided on it.

        Raises DatabaseUnavailable.
        """
        with self._database.read() as connection:
            return past_sightings(connection, source, since)

    def _add(self, candidate: Candidate, moments: Sequence[EvidenceFile]) -> None:
        files = self._files.keep(candidate)
        try:
            with self._database.write() as connection:
                self._fence(connection, candidate.sighting.source)
                candidates.lock_source(connection, candidate.sighting.source)
                if self._see_again(connection, candidate, moments):
                    return
                conditions = self._conditions(connection, candidate)
                added = candidates.add(connection, candidate, self._clock(), conditions)
                evidence.add(connection, added, files)
                follow(connection, added, moments, broken=_is_broken(candidate), now=self._clock())
        except IntegrityError:  # another watcher stored the same key a moment ago
            with self._database.write() as connection:
                self._fence(connection, candidate.sighting.source)
                if not self._see_again(connection, candidate, moments):
                    raise
        else:
            _tell(added, candidate)

    def _see_again(self, connection: Connection, candidate: Candidate, moments: Sequence[EvidenceFile]) -> bool:
        known, now = self._known(connection, candidate), self._clock()
        if known is None:
            return False
        candidates.update_last_seen(connection, known, candidate, now)
        if known.state is State.OPEN:
            follow(connection, known.id, moments, broken=_is_broken(candidate), now=now)
            candidates.set_conditions(connection, known.id, self._conditions(connection, candidate))
        elif moments:
            evidence.mark_discarded(connection, known.id, moments, now, "replaced")
        return True

    def _known(self, connection: Connection, candidate: Candidate) -> StoredCandidate | None:
        """Return the candidate's row, locked."""
        sighting = candidate.sighting
        known = candidates.lock_by_key(connection, sighting.source, sighting.key)
        if known is None and candidate.origin.survey_id is None:
            known = self._by_place(connection, sighting)
        return known

    def _is_decided(self, connection: Connection, candidate: Candidate) -> bool:
        """Return whether a person has decided on it: no picture is taken of it any more."""
        state = candidates.state_of(connection, candidate.sighting.source, candidate.sighting.key)
        return state not in (None, State.OPEN)

    def _conditions(self, connection: Connection, candidate: Candidate) -> Conditions:
        return conditions_of(connection, candidate, self._states.get(candidate.sighting.source))

    def _by_place(self, connection: Connection, sighting: Sighting) -> StoredCandidate | None:
        """Return the same thing as another service has handed it on; the looks of this one tell theirs apart."""
        for one in candidates.seen_since(connection, sighting.source, sighting.first_seen - BETWEEN):
            if (
                one.class_name == sighting.class_name
                and (one.source, one.key) not in self._own
                and one.first_seen <= sighting.last_seen
                and is_same_place(one.box, sighting.box, stall=one.class_name == STALL)
            ):
                return candidates.lock_by_key(connection, one.source, one.key)
        return None

    def _remember(self, source: str, key: str) -> None:
        with self._lock:
            self._own.pop((source, key), None)
            self._own[source, key] = None
            if len(self._own) > OWN_KEPT:
                del self._own[next(iter(self._own))]


def _sighting(one: StoredCandidate) -> Sighting:
    return Sighting(
        key=one.key,
        source=one.source,
        class_name=one.class_name,
        box=one.box,
        confidence=one.confidence,
        first_seen=one.first_seen,
        last_seen=one.last_seen,
        frames=one.frames,
        found_by=one.found_by,
        timed=one.timed,
    )


def _is_broken(candidate: Candidate) -> bool:
    return candidate.ruling.outcome is Outcome.VIOLATION


def _tell(added: UUID, candidate: Candidate) -> None:
    sighting = candidate.sighting
    log.info("candidate %s: %s at %s, %s", added, sighting.class_name, sighting.source, candidate.ruling.outcome)
