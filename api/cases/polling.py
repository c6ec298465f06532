"""Asks case systems how far their cases are, where they do not say so by themselves."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

import httpx
from sqlalchemy import Connection

from api.actor import Actor
from api.background import BackgroundLoop
from api.cases import callbacks, looks, progress
from api.cases.adapters import read_limited
from api.cases.open311 import TOKEN, status_url
from api.cases.outbox import Delivery
from api.cases.pauses import SystemPauses
from api.cases.progress import Said
from api.cases.replies import printable, reference_in, status_in
from api.cases.systems import CaseSystem
from api.cases.tables import CaseStatus, EventSource, LookOutcome
from api.clock import Clock
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.errors import NotFound

log = logging.getLogger(__name__)

IDLE: Final = timedelta(seconds=2)
OPEN311: Final = {"open": CaseStatus.ACCEPTED, "closed": CaseStatus.FIXED}
"""What GeoReport v2 knows. Closed says that it is dealt with: fixed, until a look at the place has checked it."""


class _NotThere(ValueError):
    """The case system answers, but does not know this case (yet)."""


class StatusPoller:
    """Asks about one case after the other, in a thread of its own between `start` and `stop`."""

    def __init__(self, database: Database, systems: tuple[CaseSystem, ...], *, clock: Clock) -> None:
        self._database = database
        self._systems = tuple(one for one in systems if one.poll is not None)
        self._clock = clock
        self._pauses = SystemPauses(clock)
        self._loop = BackgroundLoop(
            "polling of case systems", self.poll_next, pause=IDLE, late_after=timedelta(minutes=6)
        )

    def start(self) -> None:
        """Begin to ask, where a case system is to be asked."""
        if self._systems:
            self._loop.start()

    def stop(self, timeout: timedelta) -> None:
        """Ask nothing more."""
        self._loop.stop(timeout)

    def poll_next(self) -> bool:
        """Ask each case system about the case that it was not asked about for longest; False where none is due."""
        return sum(self._poll(system) for system in self._systems) > 0

    def _poll(self, system: CaseSystem) -> bool:
        every, now = system.poll or timedelta(0), self._clock()
        if self._pauses.lasts(system.name):
            return False
        with self._database.write() as connection:
            due = progress.next_to_poll(connection, system.name, every, now)
        if due is None or due.reference is None:
            return False
        try:
            reply = asyncio.run(_get(_address(system, due.reference), system))
        except _NotThere as error:
            log.warning("case system %s does not tell of case %s: %s", system.name, due.reference, error)
            return True
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            said = printable(str(error)) or type(error).__name__
            log.warning("case system %s does not tell of case %s: %s", system.name, due.reference, said)
            self._pauses.begin(system.name)
            return True
        self._pauses.end(system.name)
        self._hear(system, due, reply)
        return True

    def _hear(self, system: CaseSystem, due: Delivery, reply: bytes) -> None:
        if due.reference is not None and due.reference.startswith(TOKEN):
            reference = reference_in(reply)
            if reference is not None and reference != due.reference.removeprefix(TOKEN):
                with self._database.write() as connection:
                    progress.rename(connection, due.id, reference)
            return
        word, note = status_in(reply, _short(due.reference or ""))
        with self._database.read() as connection:
            current = progress.of_cases(EVERYWHERE, connection, [due])[due.id].status
            refuted = _refuted(connection, due.id, current)
        status = status_of(system, word, current)
        if status is None:
            told = f"calls the status of it {word!r}" if word else "tells no status of it"
            log.warning("case system %s was asked about case %s and %s", system.name, due.reference, told)
            return
        name = f"poll {due.id} {status.value}"
        if not progress.can_move(current, status):
            if refuted is None or (status is CaseStatus.FIXED) is not refuted.taken_back:
                return  # it says what is known
            name += f" {refuted.seen_at.isoformat()}"
        now = self._clock()
        said = Said(name, EventSource.POLL, status, now, note=note)
        try:
            callbacks.tell(
                Scope(actor=Actor.service(f"case system {system.name}")), self._database, system.name, due.id, said, now
            )
        except NotFound as error:
            log.warning("%s", error)


@dataclass(frozen=True, slots=True)
class _Refuted:
    """When a look saw that a case is not fixed, and whether its case system has said another word since."""

    seen_at: datetime
    taken_back: bool


def _refuted(connection: Connection, delivery_id: UUID, current: CaseStatus) -> _Refuted | None:
    """Return what is known of a case that is said to be fixed and is not; None of any other.

    A system that is asked goes on saying "fixed": only after another word is that a second fix.
    """
    check = looks.of_cases(EVERYWHERE, connection, [delivery_id]).get(delivery_id)
    if current is not CaseStatus.FIXED or check is None or check.outcome is not LookOutcome.STILL_THERE:
        return None
    seen_at = check.seen_at or check.asked_at
    said = progress.events(EVERYWHERE, connection, delivery_id)
    since = (one for one in said if one.source is EventSource.POLL and one.said_at > seen_at)
    return _Refuted(seen_at, any(one.status is not CaseStatus.FIXED for one in since))


def status_of(system: CaseSystem, word: str | None, current: CaseStatus) -> CaseStatus | None:
    """Return which status a case system's word means; None where nobody knows."""
    if word is None:
        return None
    if word in system.statuses:
        return system.statuses[word]
    if system.kind == "open311" and word.lower() in OPEN311:
        meant = OPEN311[word.lower()]
        return CaseStatus.CLOSED if meant is CaseStatus.FIXED and current is CaseStatus.CHECKED else meant
    return CaseStatus(word.lower()) if word.lower() in list(CaseStatus) else None


def _address(system: CaseSystem, reference: str) -> str:
    if system.status_url is not None:
        return system.status_url.replace("{reference}", quote(_short(reference), safe=""))
    return status_url(system, _short(reference))


def _short(reference: str) -> str:
    """Return what a case is called where its reference is an address: the last part of that."""
    if not reference.startswith(("http://", "https://")):
        return reference
    return unquote(urlsplit(reference).path.rstrip("/").rsplit("/", 1)[-1]).removesuffix(".json") or reference


async def _get(url: str, system: CaseSystem) -> bytes:
    seconds = system.timeout.total_seconds()
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "streetwarden"}
    if system.token is not None and system.kind != "open311":
        headers["Authorization"] = f"Bearer {system.token.get_secret_value()}"
    content = bytearray()
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncClient(headers=headers, timeout=seconds, follow_redirects=False, trust_env=False) as client,
        client.stream("GET", url) as response,
    ):
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
            raise _NotThere(f"answered {response.status_code}")
        if response.status_code != httpx.codes.OK:
            raise ValueError(f"answered {response.status_code}")
        await read_limited(response, content)
    return bytes(content)
