"""Worker processes and who watches over them: a pool beside the service, or one worker by itself."""

import logging
import multiprocessing
import signal
import socket
import threading
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.context import SpawnProcess
from types import FrameType, TracebackType
from typing import Final, Self
from uuid import uuid4

from api.background import BackgroundLoop
from api.bootstrap import open_database
from api.db.database import Database
from api.errors import FootageMissing, WorkerRefused
from api.rulebooks.in_force import find_in_force
from api.settings import Settings
from api.surveys.jobs import worker_process as process
from api.surveys.jobs.exit_diagnosis import CANNOT_WORK, MemoryWatch, record_exit

log = logging.getLogger(__name__)

RESTART: Final = 2.0  # seconds before a worker that died is replaced
LOOK: Final = 0.5  # seconds between two looks at a worker


class WorkerPool(AbstractContextManager["WorkerPool"]):
    """Worker processes: what one that died held is freed, it is replaced, all end with the context.

    `until_idle` ends each when no survey has anything left. A worker that cannot work (its line stands in the log) is
    tried again after ever longer pauses or, with `give_up`, ends its place in the pool and sets `refused`. `rulebook`
    is the hash of the one that they go by; None: the one in force at any time.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        count: int,
        *,
        until_idle: bool = False,
        give_up: bool = False,
        rulebook: str | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._until_idle = until_idle
        self._give_up = give_up
        self._rulebook = rulebook
        self.refused = False
        self._loops = [
            BackgroundLoop(
                f"survey worker {number}", partial(self._run_worker, number), pause=timedelta(seconds=RESTART)
            )
            for number in range(count)
        ]

    def __enter__(self) -> Self:
        for loop in self._loops:
            loop.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for loop in self._loops:
            loop.finish()
        for loop in self._loops:
            loop.stop()

    @property
    def at_work(self) -> bool:
        """Return whether there is, or will be, a worker."""
        return any(loop.alive for loop in self._loops)

    def _run_worker(self, number: int) -> bool:
        """Start a worker and watch it to its end; its successor follows after a pause. Raises WorkerRefused."""
        loop = self._loops[number]
        # A name that nobody had before: by a process's number a pool in one container would free what a worker of
        # another one holds that has the same host name.
        name = f"{socket.gethostname()}-{uuid4().hex[:12]}"
        # Spawned, not forked: this process runs threads, and a worker must not share what they hold.
        member = multiprocessing.get_context("spawn").Process(
            target=process.run_member, args=(self._settings, name, self._until_idle, self._rulebook)
        )
        member.start()
        exitcode = self._watch(member, name, loop)
        if self._until_idle and exitcode == 0:
            loop.finish()
        elif exitcode == CANNOT_WORK and self._give_up:
            self.refused = True
            loop.finish()
        elif exitcode == CANNOT_WORK:
            raise WorkerRefused("a survey worker cannot work; its log line says why")
        elif not loop.stopping:
            log.error("worker %s ended (exit code %s); a new one is started", name, exitcode)
        return False

    def _watch(self, member: SpawnProcess, name: str, loop: BackgroundLoop) -> int:
        memory = MemoryWatch()
        try:
            while member.is_alive() and not loop.stopping:
                loop.beat()
                memory.look()
                member.join(LOOK)
        finally:  # whatever fails here, no worker is left without somebody who sees its end
            if member.is_alive():
                member.terminate()
                member.join(process.GRACE)
                member.kill()
            member.join()
        exitcode = member.exitcode or 0
        record_exit(self._database, name, exitcode, memory_ran_out=memory.ran_out())
        return exitcode


def work_alone(settings: Settings, *, until_idle: bool = False) -> bool:
    """Return a pool of one, until this process is told to stop (SIGTERM, Ctrl-C), or until nothing is left to do.

    Return whether the worker could work; where it could not, the log says why in one line. Raises FootageMissing,
    DatabaseUnavailable, DatabaseVersionMismatch and RulebookInvalid where it cannot begin.
    """
    if not settings.footage_dir.is_dir():  # every file would look lost, and every survey be set aside
        raise FootageMissing(f"{settings.footage_dir}: not there; is STREETWARDEN_DATA_DIR the service's data folder?")
    stop = threading.Event()

    def end(number: int, _: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    database = open_database(settings)
    try:
        find_in_force(database, settings.rulebook_file, datetime.now(UTC))  # said in one line, not by each worker anew
        with WorkerPool(settings, database, 1, until_idle=until_idle, give_up=True) as pool:
            while pool.at_work and not stop.wait(LOOK):
                pass
        return not pool.refused
    finally:
        database.close()
        for number, handler in before.items():
            signal.signal(number, handler)
