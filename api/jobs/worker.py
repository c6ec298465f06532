"""A worker: takes one chunk after the other until it is told to stop."""

import logging
from typing import Final

from api.errors import DatabaseUnavailable, EvidenceError, LeaseLost
from api.jobs.desk import Desk, Interrupted
from api.jobs.planning import close_after, divide, enlist, fail
from api.jobs.work import work_through
from api.store import chunks
from api.store.chunks import Chunk, ChunkState
from detector.errors import DetectorError, RulebookInvalid
from models.errors import ModelError
from streams.errors import DecoderFailed, NotAVideo

log = logging.getLogger(__name__)

IDLE: Final = 2.0  # seconds between two looks for work
TROUBLE: Final = 15.0  # seconds to wait when the database, the disk or the rulebook does not do its part


def run(desk: Desk, *, until_idle: bool = False) -> None:
    """Work until `desk.stop` is set; `until_idle` ends when no survey has anything left, for others neither."""
    while not desk.stop.is_set():
        try:
            chunk = _next(desk)
            if chunk is None and until_idle and not _anything_open(desk):
                return
            if chunk is None:
                desk.stop.wait(IDLE)
            elif chunk.state is ChunkState.RUNNING:
                _work(desk, chunk)
        except (DatabaseUnavailable, EvidenceError, RulebookInvalid) as error:
            log.error("worker %s waits: %s", desk.name, error)
            desk.stop.wait(TROUBLE)


def _next(desk: Desk) -> Chunk | None:
    """The next chunk to work on; one that is dead by now is given too, its survey taken care of."""
    with desk.database.write() as connection:
        enlist(connection)
        chunk = chunks.claim(connection, desk.name, desk.lease)
        if chunk is not None and chunk.state is ChunkState.DEAD:
            log.error("chunk %s is set aside: %s", chunk.id, chunk.reason)
            if len(chunk.files) > 1:
                divide(connection, chunk, chunk.reason or "")
            else:
                close_after(connection, chunk)
    return chunk


def _anything_open(desk: Desk) -> bool:
    with desk.database.read() as connection:
        return chunks.any_open(connection)


def _work(desk: Desk, chunk: Chunk) -> None:
    try:
        work_through(desk, chunk)
    except LeaseLost as error:
        log.warning("%s", error)
    except Interrupted:
        _give_back(desk, chunk)
    except (EvidenceError, RulebookInvalid):
        _give_back(desk, chunk)
        raise
    except (NotAVideo, DetectorError, ModelError) as error:  # it would be no other the next time
        _fail(desk, chunk, str(error), final=True)
    except DecoderFailed as error:
        if desk.stop.is_set():  # whoever ends all processes of a service at once ends the decoder too
            _give_back(desk, chunk)
        else:
            _fail(desk, chunk, str(error), final=False)


def _fail(desk: Desk, chunk: Chunk, reason: str, *, final: bool) -> None:
    log.warning("chunk %s, attempt %d: %s", chunk.id, chunk.attempts, reason)
    try:
        with desk.database.write() as connection:
            fail(connection, chunk, reason, final=final)
    except LeaseLost as error:
        log.warning("%s", error)


def _give_back(desk: Desk, chunk: Chunk) -> None:
    try:
        with desk.database.write() as connection:
            chunks.release(connection, chunk)
    except LeaseLost as error:
        log.warning("%s", error)
