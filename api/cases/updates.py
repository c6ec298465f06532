"""Case updates: tells the case system what a look found at a place that it had called fixed, until it has taken it.

Only systems that say `updates: true` are told, at the address and in the way of their cases. The row of the look is
what is queued: its key is always the same, and its time of the next attempt stands in it.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict

from api.background import BackgroundLoop
from api.cases import looks
from api.cases.adapters import CaseApi
from api.cases.looks import UntoldLook
from api.cases.pauses import SystemPauses
from api.cases.picture_links import PictureLinks
from api.cases.replies import CONFLICT
from api.cases.sender import IDLE, MOST_CONFLICTS, PAUSE, wait_before_retry
from api.cases.tables import LookOutcome
from api.cases.webhook import CASE_LOOKED_AT
from api.clock import Clock
from api.db.database import Database
from api.errors import CaseRefused, CaseUnavailable, DeliveryFault, EndpointFault

log = logging.getLogger(__name__)

LookPicture = Literal["look"]
LOOK: Final[LookPicture] = "look"
"""What stands in a link for the kind of a picture that a look took."""
LEASE: Final = timedelta(minutes=10)
"""For so long nobody else tells of a look; longer than a case system may take to answer."""


class CaseUpdate(BaseModel):
    """What a look found at the place of a case; `external_id` is the key of the case, `reference` what it was called.

    `picture` is a link that opens without signing in until `expires_at`; null where no picture was kept.
    """

    model_config = ConfigDict(frozen=True)

    type: Literal["org.streetwarden.case.looked_at.v1"] = CASE_LOOKED_AT
    external_id: UUID
    reference: str | None
    outcome: LookOutcome
    seen_at: AwareDatetime
    looks: int
    picture: str | None = None
    sha256: str | None = None
    expires_at: AwareDatetime | None = None


class UpdateSender:
    """Tells of one look after the other, in a thread of its own between `start` and `stop`."""

    def __init__(
        self, database: Database, systems: Mapping[str, CaseApi], links: PictureLinks, *, clock: Clock
    ) -> None:
        self._database = database
        self._systems = systems
        self._links = links
        self._clock = clock
        self._pauses = SystemPauses(clock)
        self._loop = BackgroundLoop("updates of cases", self.tell_next, pause=IDLE, late_after=LEASE)

    def start(self) -> None:
        """Begin to tell, where a case system takes updates."""
        if self._systems:
            self._loop.start()

    def stop(self, timeout: timedelta) -> None:
        """Tell nothing more."""
        self._loop.stop(timeout)

    def tell_next(self) -> bool:
        """Tell of the look that waits longest, none that is of a system that could not be told a moment ago.

        False where none is due.
        """
        now = self._clock()
        asked = sorted(name for name in self._systems if not self._pauses.lasts(name))
        with self._database.write() as connection:
            due = looks.claim_untold(connection, asked, now, LEASE)
        if due is None:
            return False
        key = uuid5(due.delivery_id, due.seen_at.isoformat())
        try:
            self._systems[due.case_system].deliver(key, self._body(due))
        except (CaseUnavailable, EndpointFault) as fault:
            if fault.status != CONFLICT:
                self._pauses.begin(due.case_system)
            if fault.status != CONFLICT or due.attempts < MOST_CONFLICTS:
                after = fault.retry_after if isinstance(fault, CaseUnavailable) else PAUSE
                wait = wait_before_retry(due.attempts, after)
                log.warning("case system %s is not told of a look: %s; again in %s", due.case_system, fault, wait)
                self._keep(due, again_at=now + wait)
                return True
            self._note_refused(due, fault)
        except CaseRefused as fault:
            self._pauses.end(due.case_system)
            self._note_refused(due, fault)
        else:
            self._pauses.end(due.case_system)
            log.info("case system %s was told what a look found of case %s", due.case_system, due.reference)
        self._keep(due, told_at=self._clock())  # also where it is not told again: the log alone tells which
        return True

    def _note_refused(self, due: UntoldLook, fault: DeliveryFault) -> None:
        said = "case system %s takes no update of case %s, and is not told of it again: %s"
        log.error(said, due.case_system, due.reference, fault)

    def _keep(self, due: UntoldLook, *, told_at: datetime | None = None, again_at: datetime | None = None) -> None:
        with self._database.write() as connection:
            looks.keep_told(connection, due, told_at, again_at)

    def _body(self, due: UntoldLook) -> bytes:
        shown = due.event_id is not None and due.sha256 is not None
        update = CaseUpdate(
            external_id=due.delivery_id,
            reference=due.reference,
            outcome=due.outcome,
            seen_at=due.seen_at,
            looks=due.looks,
            picture=self._links.url(due.event_id, LOOK, due.seen_at) if shown and due.event_id else None,
            sha256=due.sha256 if shown else None,
            expires_at=self._links.expires(due.seen_at) if shown else None,
        )
        return update.model_dump_json().encode()
