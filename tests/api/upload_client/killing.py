"""A service in a process of its own that is killed at random moments while a card is sent to it."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.bootstrap import open_store
from api.settings import Settings
from api.surveys.schemas import FileOut, SurveyOut
from api.surveys.upload.storage import hash_of
from api.upload_client.card import CardFile, open_book, read_card
from api.upload_client.client import Patience, SurveyService
from api.upload_client.upload import push
from tests.api.signing import bearer, make_key

REPO = Path(__file__).parents[3]
SERVER = """
import socket, sys
from pathlib import Path
import uvicorn
from api.app import create_app
from api.bootstrap import open_store
from api.settings import Settings
settings = Settings(_env_file=None, data_dir=Path(sys.argv[1]), port=0, min_free_mb=1)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[2])))
app = create_app(settings, *open_store(settings, upgrade=True))
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
"""


class Quiet:
    """Draws no progress."""

    def hashing(self, done: int, total: int) -> None: ...

    def sending(self, done: int, total: int) -> None: ...


class Slow(Quiet):
    """Takes a breath after each piece, so that there is a transfer left to kill the service in."""

    def sending(self, done: int, total: int) -> None:
        time.sleep(0.1)


class KillableService:
    """The service over a data folder, at the same address however often it is killed and started."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        database, _ = open_store(Settings(_env_file=None, data_dir=data_dir), upgrade=True)
        self.key = make_key(database)
        database.close()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-c", SERVER, str(self.data_dir), str(self.port)]
        self._process = subprocess.Popen(command, cwd=REPO)
        end = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            except OSError:
                assert self._process.poll() is None, "the service ended at its start"
                assert time.monotonic() < end, "the service did not start"
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was left after the kills: where in the transfer each came, and what the service has."""

    kills: tuple[int, ...]
    survey: SurveyOut
    files: tuple[FileOut, ...]
    stored: tuple[Path, ...]
    waits: int

    def faults(self, card: Sequence[CardFile]) -> list[str]:
        """What is not as it must be: each content of the card once, whole, and nothing else."""
        wanted = Counter({hash_of(file.path) for file in card})
        found = Counter(path.name for path in self.stored)
        faults = [f"{name} lies there {count} times, wanted {wanted[name]}" for name, count in found.items()
                  if count != wanted[name]]  # fmt: skip
        faults += [f"{name} is not there" for name in wanted if name not in found]
        faults += [f"{path.name} is damaged" for path in self.stored if hash_of(path) != path.name]
        faults += [f"{file.name} is {file.state}" for file in self.files if file.state != "stored"]
        return faults + ([] if self.survey.state == "ready" else [f"the survey is {self.survey.state}"])


def make_card(folder: Path, seed: int, videos: int, megabytes: int) -> list[CardFile]:
    """Videos of random bytes with a sidecar each, and some photos."""
    rand = random.Random(seed)
    folder.mkdir(parents=True)
    for number in range(videos):
        (folder / f"DJI_{number:04d}.MP4").write_bytes(
            b"\0\0\0\x10ftypisom\0\0\0\0" + rand.randbytes(megabytes * 2**20)
        )
        (folder / f"DJI_{number:04d}.SRT").write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{number}\n")
        (folder / f"DJI_{number:04d}.JPG").write_bytes(b"\xff\xd8\xff\xe0" + rand.randbytes(300_000 + number))
    return read_card(folder, lambda line: None)


def client_of(service: KillableService) -> httpx.Client:
    return httpx.Client(base_url=service.url, trust_env=False, timeout=20, headers=bearer(service.key))


def push_while_killing(service: KillableService, card: list[CardFile], kills: int, seed: int, work: Path) -> Outcome:
    """Push a card; kill the service so often, each time when a random part of the card has come."""
    rand, total = random.Random(seed), sum(file.size for file in card)
    result: list[tuple[SurveyOut, list[FileOut]]] = []
    waits: list[str] = []

    def client() -> None:
        patience = Patience(waits.append, sleep=lambda seconds: time.sleep(min(seconds, 0.2)))
        with open_book(work) as book, client_of(service) as http:
            result.append(push(card, "killed", book, SurveyService(http, patience), Slow()))

    service.start()
    pushing = threading.Thread(target=client, daemon=True)
    pushing.start()
    moments: list[int] = []
    for until in sorted(rand.randrange(1, total + 1) for _ in range(kills)):
        while _come(service) < until and pushing.is_alive():
            time.sleep(0.0005)
        time.sleep(rand.uniform(0, 0.03))  # also between the last byte, the hash, the rename and the row
        service.kill()
        moments.append(_come(service))
        service.start()
    pushing.join(300)
    assert result, "the push did not come to an end"
    service.kill()
    stored = tuple(
        path for path in (service.data_dir / "footage").rglob("*") if path.is_file() and path.name != ".lock"
    )
    survey, files = result[0]
    return Outcome(tuple(moments), survey, tuple(files), stored, len(waits))


def _come(service: KillableService) -> int:
    """Bytes that have come in all, stored ones included."""
    total = 0
    for path in (service.data_dir / "footage").rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total
