"""The sender: takes what is due from the outbox and hands it over, until the case system has it."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.background import BackgroundLoop
from api.cases import outbox
from api.cases.adapters import CaseApi
from api.cases.outbox import Delivery
from api.cases.replies import CONFLICT
from api.clock import Clock
from api.db.database import Database
from api.errors import CaseRefused, CaseUnavailable, EndpointFault
from streams.camera.backoff import full_jitter

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=30)
PAUSE = timedelta(minutes=5)
IDLE = timedelta(seconds=1)
MOST_CONFLICTS = 10
"""How often a case may be answered 409, "still being worked on", before a person must look: some hours."""


@dataclass(frozen=True, slots=True)
class EndpointPause:
    """Why nothing is sent at the moment, and until when."""

    reason: str
    until: datetime


class OutboxSender:
    """Sends one case after the other, in a thread of its own between `start` and `stop`.

    `lease` must be longer than the case API may take to answer: when it ends, another sender may try the same case.
    """

    def __init__(self, database: Database, case_api: CaseApi, *, clock: Clock, lease: timedelta) -> None:
        self._database = database
        self._case_api = case_api
        self._clock = clock
        self._lease = lease
        self._loop = BackgroundLoop("delivery of cases", self.deliver_next, pause=IDLE, late_after=lease)
        self._pause: EndpointPause | None = None

    @property
    def paused(self) -> EndpointPause | None:
        """Set while the address or the token is wrong."""
        pause = self._pause
        if pause is None:
            return None
        left = pause.until - self._clock()  # longer than it was to last, where the clock was set back
        return pause if timedelta(0) < left <= PAUSE else None

    def start(self) -> None:
        """Begin to send."""
        self._loop.start()

    def stop(self, timeout: timedelta) -> None:
        """Send nothing more; a delivery under way is finished or, after `timeout`, left to its lease."""
        self._loop.stop(timeout)

    def deliver_next(self) -> bool:
        """Try the case that is due longest; False where there is nothing to do now."""
        if self.paused is not None:
            return False
        with self._database.write() as connection:
            due = outbox.claim(connection, self._clock(), self._lease)
        if due is None:
            return False
        try:
            receipt = self._case_api.deliver(due.id, due.body)
        except CaseUnavailable as fault:
            if fault.status == CONFLICT and due.attempts + 1 >= MOST_CONFLICTS:
                self._give_up(due, fault.status, f"{fault} {MOST_CONFLICTS} times: does it have the case already?")
                return True
            self._postpone(due, wait_before_retry(due.attempts + 1, fault.retry_after), fault.status, str(fault))
        except EndpointFault as fault:
            self._pause = EndpointPause(str(fault), self._clock() + PAUSE)
            self._postpone(due, PAUSE, fault.status, str(fault))
        except CaseRefused as fault:
            self._give_up(due, fault.status, str(fault))
        else:
            with self._database.write() as connection:
                outbox.delivered(connection, due.id, self._clock(), receipt.status, receipt.reference)
        return True

    def _give_up(self, due: Delivery, status: int | None, error: str) -> None:
        log.error("case %s was refused for good: the case API %s", due.id, error)
        with self._database.write() as connection:
            outbox.give_up(connection, due.id, status, error)

    def _postpone(self, due: Delivery, wait: timedelta, status: int | None, error: str) -> None:
        log.warning("case %s is not delivered yet: the case API %s; next attempt in %s", due.id, error, wait)
        with self._database.write() as connection:
            outbox.postpone(connection, due.id, self._clock() + wait, status, error)


def wait_before_retry(attempts: int, asked: timedelta | None) -> timedelta:
    """Full jitter under a doubling ceiling, never shorter than what the case API asked for."""
    jitter = timedelta(seconds=full_jitter(attempts - 1, FIRST_WAIT.total_seconds(), LONGEST_WAIT.total_seconds()))
    return max(jitter, asked or timedelta(0), timedelta(seconds=1))
