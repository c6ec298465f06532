"""Server-sent events: a page is told when the candidate that it shows was decided, or taken, elsewhere.

One loop asks the database once a second for all candidates that are shown in this process; so the pages of several
services on one database learn of each other's verdicts.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends

from api.background import BackgroundLoop
from api.candidates import repository as candidates
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.dependencies import provided
from api.errors import NotFound, NotReady
from api.review import leases
from api.review.leases import Availability

PAUSE: Final = timedelta(seconds=1)
LASTS: Final = 60.0  # seconds; the browser asks again by itself, and its session is checked again
SILENCE: Final = 15.0  # seconds between two signs of life
MOST: Final = 100  # streams in one process
MOST_OF_ONE: Final = 4  # of one person: a browser has six connections to one host in HTTP/1.1


@dataclass(eq=False, slots=True)
class Stream:
    """One page that shows a candidate; `standing` is what was last found."""

    scope: Scope
    candidate_id: UUID
    ends: float
    standing: Availability | None = None
    loop: asyncio.AbstractEventLoop | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class ReviewEvents:
    """The pages that are open, and the loop that looks for them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._streams: set[Stream] = set()
        self._lock = threading.Lock()
        self._loop = BackgroundLoop("review events", self._step, pause=PAUSE)

    def start(self) -> None:
        """Begin to look."""
        self._loop.start()

    def stop(self, timeout: timedelta) -> None:
        """End."""
        self._loop.stop(timeout)

    def open(self, scope: Scope, candidate_id: UUID) -> Stream:
        """Return a stream of what happens to a candidate.

        Raises NotFound, or NotReady where too many streams are open.
        """
        with self._database.read() as connection:
            if candidates.find(scope, connection, candidate_id) is None:
                raise NotFound(f"there is no candidate {candidate_id}")
        stream = Stream(scope, candidate_id, time.monotonic() + LASTS)
        with self._lock:
            held = Counter(one.scope.actor.id for one in self._streams)
            if held.total() >= MOST or held[scope.actor.id] >= MOST_OF_ONE:
                raise NotReady("too many streams of events are open; ask for the queue instead")
            self._streams.add(stream)
        return stream

    async def follow(self, stream: Stream) -> AsyncIterator[str]:
        """Yield the events of a stream until its time is over."""
        stream.loop = asyncio.get_running_loop()
        self._loop.wake()
        told: Availability | None = None
        try:
            yield "retry: 1000\n\n"
            while (left := stream.ends - time.monotonic()) > 0:
                try:
                    await asyncio.wait_for(stream.changed.wait(), min(left, SILENCE))
                except TimeoutError:
                    yield ":\n\n"
                    continue
                stream.changed.clear()
                if stream.standing is not None and stream.standing is not told:
                    told = stream.standing
                    yield f'event: standing\ndata: {{"candidate": "{stream.candidate_id}", "standing": "{told}"}}\n\n'
        finally:
            self._forget([stream])

    def _step(self) -> bool:
        now = time.monotonic()
        with self._lock:
            open_ = tuple(self._streams)
        # Of a page that went before its stream began nothing else would be heard.
        self._forget([one for one in open_ if now > one.ends + SILENCE])
        if open_:
            with self._database.read() as connection:
                found = leases.holders(EVERYWHERE, connection, {one.candidate_id for one in open_})
            for stream in open_:
                self._tell(stream, found)
        return False

    def _tell(self, stream: Stream, found: Mapping[UUID, leases.Holder]) -> None:
        holder = found.get(stream.candidate_id)
        standing = holder.available_to(stream.scope) if holder else Availability.DECIDED
        if standing is not stream.standing and stream.loop is not None and not stream.loop.is_closed():
            stream.standing = standing
            stream.loop.call_soon_threadsafe(stream.changed.set)

    def _forget(self, streams: Collection[Stream]) -> None:
        with self._lock:
            self._streams.difference_update(streams)


Events = Annotated[ReviewEvents, Depends(provided(ReviewEvents))]
