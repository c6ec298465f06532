"""The sender: takes what is due from the outbox and hands it over, until the case system has it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.background import BackgroundLoop
from api.cases import outbox
from api.cases.adapters import CaseApi
from api.cases.outbox import Delivery
from api.cases.replies import CONFLICT
from api.clock import Clock
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import ApiError, CaseRefused, CaseUnavailable, EndpointFault
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from streams.camera.backoff import full_jitter

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=30)
PAUSE = timedelta(minutes=5)
IDLE = timedelta(seconds=1)
FAILURES_TO_PAUSE = 5
"""After so many attempts in a row that found no one, or a server that fails, it is left alone for a while."""
FIRST_PAUSE = timedelta(seconds=15)
MOST_CONFLICTS = 10
"""How often a case may be answered 409, "still being worked on", before a person must look: some hours."""


@dataclass(frozen=True, slots=True)
class EndpointPause:
    """Why nothing is sent at the moment, and until when."""

    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Route:
    """The case system that a sender is of, all that there are, and which of them a frozen body goes to."""

    case_system: str
    known: frozenset[str]
    choose: Callable[[bytes], str]


class OutboxSender:
    """Sends one case after the other, in a thread of its own between `start` and `stop`.

    `lease` must be longer than the case API may take to answer: when it ends, another sender may try the same case.
    Where `route` is given it sends what goes to its case system alone, and first asks whither each case goes.
    """

    def __init__(
        self,
        database: Database,
        files: EvidenceStore,
        case_api: CaseApi,
        *,
        clock: Clock,
        lease: timedelta,
        route: Route | None = None,
    ) -> None:
        self.case_system = route.case_system if route else None
        self._route = route
        self._failures = 0
        self._database = database
        self._files = files
        self._case_api = case_api
        self._clock = clock
        self._lease = lease
        name = f"delivery of cases to {route.case_system}" if route else "delivery of cases"
        self._loop = BackgroundLoop(name, self.deliver_next, pause=IDLE, late_after=lease)
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

    def finish(self) -> None:
        """Begin nothing more."""
        self._loop.finish()

    def stop(self, timeout: timedelta) -> None:
        """Send nothing more; a delivery under way is finished or, after `timeout`, left to its lease."""
        self._loop.stop(timeout)

    def deliver_next(self) -> bool:
        """Try the case that is due longest; False where there is nothing to do now."""
        if self.paused is not None:
            return False
        with self._database.write() as connection:
            if self._route is not None:
                outbox.assign(connection, self._route.known, self._route.choose)
            due = outbox.claim(connection, self._clock(), self._lease, self.case_system)
        if due is None:
            return False
        try:
            if fault := self._missing(due):
                self._give_up(due, None, fault)
                return True
            receipt = self._case_api.deliver(due.id, due.body)
        except CaseUnavailable as fault:
            if fault.status == CONFLICT and due.attempts >= MOST_CONFLICTS:
                self._give_up(due, fault.status, f"{fault} {MOST_CONFLICTS} times: does it have the case already?")
                return True
            self._postpone(due, wait_before_retry(due.attempts, fault.retry_after), fault.status, str(fault))
            self._count_failure(fault)
        except EndpointFault as fault:
            self._pause = EndpointPause(str(fault), self._clock() + PAUSE)
            self._postpone(due, PAUSE, fault.status, str(fault))
        except CaseRefused as fault:
            self._failures = 0
            self._give_up(due, fault.status, str(fault))
        except ApiError:  # the store is away: nothing can be noted, and the lease brings the case back
            raise
        except Exception as error:
            log.error("case %s met an unexpected error", due.id, exc_info=error)
            said = f"led to an unexpected error ({type(error).__name__}); the log says more"
            self._postpone(due, wait_before_retry(due.attempts, None), None, said)
        else:
            self._failures = 0
            with self._database.write() as connection:
                outbox.delivered(connection, due.id, self._clock(), receipt.status, receipt.reference)
        return True

    def _count_failure(self, fault: CaseUnavailable) -> None:
        """Leave the case system alone after some failures in a row; then one attempt decides whether for longer."""
        if fault.status == CONFLICT:
            return
        self._failures += 1
        if (beyond := self._failures - FAILURES_TO_PAUSE) >= 0:
            self._pause = EndpointPause(str(fault), self._clock() + min(FIRST_PAUSE * 2 ** min(beyond, 10), PAUSE))

    def _missing(self, due: Delivery) -> str | None:
        """Return what is wrong with the pictures of a case, which never leaves without them; None where nothing is."""
        with self._database.read() as connection:
            files = evidence.of_candidates(EVERYWHERE, connection, [due.candidate_id]).get(due.candidate_id, ())
        return self._files.fault(files)

    def _give_up(self, due: Delivery, status: int | None, error: str) -> None:
        with self._database.write() as connection:
            noted = outbox.give_up(connection, due, status, error)
        if noted:
            log.error("case %s is not sent again: %s", due.id, error)

    def _postpone(self, due: Delivery, wait: timedelta, status: int | None, error: str) -> None:
        with self._database.write() as connection:
            noted = outbox.postpone(connection, due, self._clock() + wait, status, error)
        if noted:
            log.warning("case %s is not delivered yet: the case API %s; next attempt in %s", due.id, error, wait)


class Senders:
    """The senders of all case systems: one that is slow or away holds up no other."""

    def __init__(self, senders: tuple[OutboxSender, ...]) -> None:
        self._senders = senders

    @property
    def pauses(self) -> tuple[tuple[str, EndpointPause], ...]:
        """Return the case systems to which nothing is sent at the moment, and why."""
        return tuple((one.case_system or "", one.paused) for one in self._senders if one.paused is not None)

    def start(self) -> None:
        """Begin to send."""
        for one in self._senders:
            one.start()

    def stop(self, timeout: timedelta) -> None:
        """Send nothing more."""
        for one in self._senders:
            one.finish()
        for one in self._senders:
            one.stop(timeout)


def wait_before_retry(attempts: int, asked: timedelta | None) -> timedelta:
    """Full jitter under a doubling ceiling, never shorter than what the case API asked for."""
    jitter = timedelta(seconds=full_jitter(attempts - 1, FIRST_WAIT.total_seconds(), LONGEST_WAIT.total_seconds()))
    return max(jitter, asked or timedelta(0), timedelta(seconds=1))
