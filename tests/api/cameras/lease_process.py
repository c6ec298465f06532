"""A process that watches its share of some cameras: `python -m tests.api.cameras.lease_process URL FOLDER COUNT`.

Each camera shows one stall. The process says on standard output, a JSON line each, what it holds and which writes were
taken. On SIGUSR1 its next write stops in the middle of its transaction and says so; it goes on when a line comes on
standard input.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from sqlalchemy import Connection

from api.cameras.ownership import CameraOwnership
from api.candidates.intake import StoreSink
from api.db.database import Database
from api.errors import DatabaseUnavailable, LeaseLost
from api.evidence.files import EvidenceStore
from tests.api.samples import a_candidate


def say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main(url: str, folder: Path, count: int) -> None:
    database, files = Database(url), EvidenceStore(folder / "evidence")
    files.prepare()
    ownership = CameraOwnership(database, folder)
    stop_in_the_middle = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: stop_in_the_middle.set())

    def fence(connection: Connection, camera: str) -> None:
        ownership.check(connection, camera)
        if stop_in_the_middle.is_set():
            stop_in_the_middle.clear()
            say(middle=camera, camera=camera, epoch=ownership.held[camera])
            sys.stdin.readline()

    sink = StoreSink(database, files, fence=fence)
    cameras = [f"cam-{number}" for number in range(count)]
    ownership.start()
    say(started=os.getpid())
    while True:
        ownership.settle(cameras, lambda _: None)
        say(held=sorted(ownership.held))
        for _ in range(8):  # one that wakes tries several writes before it can know what has become of it
            write_once(ownership, sink)
            time.sleep(0.05)


def write_once(ownership: CameraOwnership, sink: StoreSink) -> None:
    for camera, epoch in list(ownership.held.items()):
        try:
            sink.take(a_candidate(f"{os.getpid()} {camera}", source=camera))
            say(camera=camera, epoch=epoch, taken=True)
        except (LeaseLost, DatabaseUnavailable) as error:
            say(camera=camera, epoch=epoch, taken=False, error=type(error).__name__)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
