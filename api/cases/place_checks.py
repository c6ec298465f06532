"""Fixed or not: counts what the looks of a camera see at a place after its case was said to be fixed.

A place is cleared when several looks in a row, over some minutes, saw nothing there; it is still there when two in a
row saw it. A look that cannot tell (somebody stands before it, the network was not asked about this class, the camera
has a fault) counts as none: where nobody looks, nobody says that it is cleared.
"""

import logging
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from api.actor import Actor
from api.audit import repository as audit
from api.audit.acts import Act
from api.candidates.intake import Fence, no_fence
from api.cases import looks, outbox, progress
from api.cases.looks import AskedPlace, PlaceCheck
from api.cases.progress import Said
from api.cases.tables import BUILT_IN, CaseStatus, EventSource, LookOutcome
from api.clock import Clock, wall_clock
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.errors import ApiError
from api.evidence.files import EvidenceStore
from detector.places.strong_look import PlaceNow, StrongLook
from detector.vision.frame import Frame

log = logging.getLogger(__name__)

GONE_LOOKS: Final = 3
GONE_OVER: Final = timedelta(minutes=2)
"""So many looks in a row, the last of them so long after the fix, must have seen nothing.

A fault of the picture is sure with the third sample that shows it (`streams.health.faults.HOLD`): two may slip through.
"""
THERE_LOOKS: Final = 2
ASKED_EVERY: Final = 15.0
"""Seconds for which it is remembered which cameras are asked: a strong look of any other costs no query."""
BY: Final = Actor.service("look at the place")


class PlaceChecks:
    """Told of every strong look of a healthy camera; safe to share between watchers. `fence` as of `StoreSink`."""

    def __init__(
        self, database: Database, files: EvidenceStore, *, clock: Clock = wall_clock, fence: Fence = no_fence
    ) -> None:
        self._database = database
        self._files = files
        self._clock = clock
        self._fence = fence
        self._lock = threading.Lock()
        self._asked: frozenset[str] = frozenset()
        self._asked_until = 0.0

    def see(self, camera: str, frame: Frame, look: StrongLook) -> None:
        """Count a look for the places that this camera is asked about. What fails is logged: the next look counts."""
        try:
            if camera in self._cameras():
                self._see(camera, frame, look)
        except (ApiError, SQLAlchemyError, OSError) as error:
            log.error("camera %s: a look at a place that was fixed is not counted: %s", camera, error)

    def _cameras(self) -> frozenset[str]:
        with self._lock:
            if time.monotonic() >= self._asked_until:
                with self._database.read() as connection:
                    self._asked = looks.cameras_asked(connection)
                self._asked_until = time.monotonic() + ASKED_EVERY
            return self._asked

    def _see(self, camera: str, frame: Frame, look: StrongLook) -> None:
        with self._database.read() as connection:
            asked = looks.asked_of(connection, camera, frame.captured_at)
        found = [(one.check, _after(one, frame, look)) for one in asked]
        if all(check is before for before, check in found):
            return  # it cannot tell, as most looks of a blind camera
        decides = any(check.outcome for _, check in found)
        shown = self._files.keep_frame(frame) if decides else None  # not while the one write lock is held
        with self._database.write() as connection:
            self._fence(connection, camera)
            for place in looks.asked_of(connection, camera, frame.captured_at, lock=True):
                check = _after(place, frame, look)
                if check is place.check:
                    continue
                if check.outcome is not None:
                    if shown is None:
                        continue
                    check = replace(check, picture=shown.path, picture_sha256=shown.sha256)
                looks.keep(connection, check)
                if check.outcome is not None:
                    self._decide(connection, check)

    def _decide(self, connection: Connection, check: PlaceCheck) -> None:
        """Record what was found; a case whose place is cleared is checked."""
        delivery = outbox.find(EVERYWHERE, connection, check.delivery_id)
        now = self._clock()
        if delivery is None or check.seen_at is None or check.outcome is None:
            return
        cleared = check.outcome is LookOutcome.CLEARED
        said = Said(
            f"look {delivery.id} {check.asked_at.isoformat()}",
            EventSource.LOOK,
            CaseStatus.CHECKED if cleared else CaseStatus.FIXED,
            check.seen_at,
            picture=check.picture,
            picture_sha256=check.picture_sha256,
        )
        heard = progress.apply if cleared else progress.record
        heard(EVERYWHERE, connection, delivery, delivery.case_system or BUILT_IN, said, now)
        details = {"outcome": check.outcome.value, "photograph": check.picture_sha256, "looks": check.looks}
        audit.record(Scope(actor=BY), connection, Act.CASE_LOOKED_AT, delivery.id, now, details=details)


def _after(place: AskedPlace, frame: Frame, look: StrongLook) -> PlaceCheck:
    """Return what is known of a place after a look; the same object where the look cannot tell."""
    check, at = place.check, frame.captured_at
    if (frame.width, frame.height) != (place.width, place.height) or not frame.timed:
        return check
    now = look.at(place.class_name, place.box)
    if now is PlaceNow.UNSURE or (check.looked_at is not None and at <= check.looked_at):
        return check
    seen = now is PlaceNow.THERE
    check = replace(
        check,
        looks=check.looks + 1,
        looked_at=at,
        there=check.there + 1 if seen else 0,
        gone=0 if seen else check.gone + 1,
    )
    outcome = _outcome(check, at)
    return check if outcome is None else replace(check, outcome=outcome, seen_at=at)


def _outcome(check: PlaceCheck, at: datetime) -> LookOutcome | None:
    if check.there >= THERE_LOOKS:
        return LookOutcome.STILL_THERE
    if check.gone >= GONE_LOOKS and at - check.asked_at >= GONE_OVER:
        return LookOutcome.CLEARED
    return None
