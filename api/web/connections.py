"""Connections below the application: deadlines for what does not come whole, a cap, and a log that cannot be flooded.

uvicorn waits for ever for a request's header, for the rest of a body that nobody reads any more, and for a client that
does not read its answer. Bodies that are read have their deadlines in `api.web.middleware`.
"""

import asyncio
import logging
import re
import resource
import time
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS: Final = 10.0  # from the opening, or from the first byte of the next request, to the end of a header
ANSWER_SECONDS: Final = 30.0  # without progress, of a client that reads its answer
LINGER_SECONDS: Final = 3.0  # for the rest of a body after its answer; longer than the middleware waits itself
MOST_CONNECTIONS: Final = 500
FILES_FOR_THE_REST: Final = 128  # open files that the database, evidence and workers must find free
EVENTS: Final = "/api/v1/review/events"  # answered for a minute: nobody waits for its end
UPLOADS: Final = re.compile(r"/api/v1/surveys/[^/]+/files/[^/]+")


def most_connections() -> int:
    """Return how many connections may be open, in view of how many files this process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(16, min(MOST_CONNECTIONS, soft - FILES_FOR_THE_REST, soft // 2))


class Connection(H11Protocol):
    """One connection.

    Where there are too many, the one goes whose request has been incomplete for longest, an upload only if there is no
    other; where all are being answered, the new one goes.
    """

    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a new connection, for which an old one may have to go."""
        self._since = time.monotonic()
        super().connection_made(transport)
        if len(self.connections) > most_connections():
            log = logging.getLogger("uvicorn.error")
            log.warning("too many connections: those that are incomplete for longest are closed")
            self._make_room()
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        """Take bytes, and note whether a request has come whole with them."""
        super().data_received(data)
        self._set_deadline()

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait a moment for the rest of a body that nobody will read."""
        self._since = time.monotonic()
        super().on_response_complete()
        self._set_deadline()

    def shutdown(self) -> None:
        """End with the service: what is still coming and streams of events are cut off, the rest is answered."""
        if self.conn.their_state is h11.SEND_BODY or self._streams_events:
            self._cut()
        else:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget all deadlines."""
        for timer in (self._deadline, self._stalled):
            if timer is not None:
                timer.cancel()
        self._deadline = self._stalled = None
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Give a client that does not read its answer a while."""
        super().pause_writing()
        self._stalled = self.loop.call_later(ANSWER_SECONDS, self._cut)

    def resume_writing(self) -> None:
        """Go on: the client reads."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _set_deadline(self) -> None:
        """Set a deadline while a header comes, or a body after its answer; where one is set already it stands."""
        seconds = self._seconds_left()
        if seconds is None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None
        elif self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(seconds, self._cut)

    def _seconds_left(self) -> float | None:
        answered = self.cycle is not None and self.cycle.response_complete
        if self.conn.their_state is h11.IDLE and self.timeout_keep_alive_task is None:
            return HEADER_SECONDS
        if answered and self.conn.their_state is h11.SEND_BODY:
            return LINGER_SECONDS
        return None

    def _cut(self) -> None:
        self.transport.abort()

    def _make_room(self) -> None:
        others = [one for one in self.connections if isinstance(one, Connection) and one.incomplete]
        goes = min(others, key=lambda one: (one.uploads, one is self, one._since), default=self)
        self.connections.discard(goes)  # it is told of its end a moment later
        goes._cut()

    @property
    def _streams_events(self) -> bool:
        answering = self.cycle is not None and not self.cycle.response_complete
        return answering and self.scope["path"] == EVENTS

    @property
    def incomplete(self) -> bool:
        """Return whether a request is still coming, or none."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    @property
    def uploads(self) -> bool:
        """Return whether footage is coming, which may take hours."""
        coming = self.conn.their_state is h11.SEND_BODY
        return coming and self.scope["method"] == "PATCH" and UPLOADS.fullmatch(self.scope["path"]) is not None


class OncePerMinute(logging.Filter):
    """Lets a warning pass once a minute, and tells how often it came meanwhile; errors with a trace pass always.

    What strangers can cause at will must not fill the disk with its log.
    """

    SECONDS: Final = 60.0
    KINDS: Final = 100  # after so many different messages all is forgotten

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written."""
        # asyncio logs that no file can be opened, with a trace and once for each connection that waits.
        starved = record.name == "asyncio" and "accept() out of system resource" in record.getMessage()
        if record.levelno > logging.WARNING and not starved:
            return True
        kind = "no connection can be accepted: this process may open no more files" if starved else str(record.msg)
        now = time.monotonic()
        begun, held = self._seen.get(kind, (-self.SECONDS, 0))
        if now - begun < self.SECONDS:
            self._seen[kind] = (begun, held + 1)
            return False
        if len(self._seen) >= self.KINDS:
            self._seen.clear()
        self._seen[kind] = (now, 0)
        if starved:
            record.msg, record.args, record.exc_info = kind, (), None
        if held:
            record.msg = f"{record.msg} (and {held} times more in the last minutes)"
        return True


def quiet_logs() -> None:
    """Have the loggers that strangers can make speak say each thing once a minute."""
    for name in ("uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        if not any(isinstance(one, OncePerMinute) for one in logger.filters):
            logger.addFilter(OncePerMinute())
