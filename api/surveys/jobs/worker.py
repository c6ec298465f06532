"""A worker: takes one chunk after the other until it is told to stop."""

import logging
from typing import Final

from api.errors import DatabaseUnavailable, EvidenceError, LeaseLost
from api.surveys.jobs import chunks
from api.surveys.jobs.chunks import Chunk, JobFault
from api.surveys.jobs.context import Interrupted, WorkerContext
from api.surveys.jobs.planning import close_after, divide, fail, register
from api.surveys.jobs.steps import work_through
from api.surveys.jobs.tables import ChunkState
from api.surveys.messages import FOOTAGE_ERRORS
from detector.errors import DetectorError, EngineRefused, ModelInputError, PictureInvalid, RulebookInvalid
from detector.reason import Reason, say
from models.errors import ModelError, UnknownModel
from streams.errors import DecoderFailed, NotAVideo

log = logging.getLogger(__name__)

IDLE: Final = 2.0  # seconds between two looks for work
TROUBLE: Final = 15.0  # seconds to wait when the database, the disk or the rulebook does not do its part


def run(context: WorkerContext, *, until_idle: bool = False) -> None:
    """Work until `context.stop` is set; `until_idle` ends when no survey has anything left, for others neither.

    Raises ModelError, EngineRefused or ModelInputError where a model cannot be run here; the chunk was given back.
    """
    while not context.stop.is_set():
        try:
            chunk = _next(context)
            if chunk is None and until_idle and not _anything_open(context):
                return
            if chunk is None:
                context.stop.wait(IDLE)
            elif chunk.state is ChunkState.RUNNING:
                _work(context, chunk)
        except (DatabaseUnavailable, EvidenceError, RulebookInvalid) as error:
            log.error("worker %s waits: %s", context.name, error)
            context.stop.wait(TROUBLE)


def _next(context: WorkerContext) -> Chunk | None:
    """Return the next chunk to work on; one that is dead by now is given too, its survey taken care of."""
    with context.database.write() as connection:
        register(connection)
        chunk = chunks.claim(connection, context.name, context.lease)
        if chunk is not None and chunk.state is ChunkState.DEAD:
            log.error("chunk %s is set aside: %s", chunk.id, say(chunk.error, FOOTAGE_ERRORS) if chunk.error else "")
            if len(chunk.files) > 1:
                divide(connection, chunk)
            else:
                close_after(connection, chunk)
    return chunk


def _anything_open(context: WorkerContext) -> bool:
    with context.database.read() as connection:
        return chunks.any_open(connection)


def _work(context: WorkerContext, chunk: Chunk) -> None:
    try:
        work_through(context, chunk)
    except LeaseLost as error:
        log.warning("%s", error)
    except Interrupted:
        _give_back(context, chunk)
    except (UnknownModel, PictureInvalid) as error:  # a model that nobody has; a picture that no model takes
        _fail(context, chunk, error, Reason(JobFault.NOT_LOOKED_AT, {"detail": str(error)[:500]}), final=True)
    except (EvidenceError, RulebookInvalid, ModelError, EngineRefused, ModelInputError):  # no fault of the chunk's
        _give_back(context, chunk)
        raise
    except NotAVideo as error:  # it would be no other the next time
        _fail(context, chunk, error, error.reason, final=True)
    except DetectorError as error:  # nor would this
        _fail(context, chunk, error, Reason(JobFault.NOT_LOOKED_AT, {"detail": str(error)[:500]}), final=True)
    except DecoderFailed as error:
        if context.stop.is_set():  # whoever ends all processes of a service at once ends the decoder too
            _give_back(context, chunk)
        else:
            _fail(context, chunk, error, error.reason, final=False)


def _fail(context: WorkerContext, chunk: Chunk, error: Exception, reason: Reason, *, final: bool) -> None:
    log.warning("chunk %s, attempt %d: %s", chunk.id, chunk.attempts, error)
    try:
        with context.database.write() as connection:
            fail(connection, chunk, reason, final=final)
    except LeaseLost as lost:
        log.warning("%s", lost)


def _give_back(context: WorkerContext, chunk: Chunk) -> None:
    try:
        with context.database.write() as connection:
            chunks.release(connection, chunk)
    except LeaseLost as error:
        log.warning("%s", error)
