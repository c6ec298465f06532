"""`serve --watch`, killed and started anew within a minute of its reports: what stands stays the same candidate."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.cameras.encryption import make_key
from streams.loopback.server import LoopbackCamera
from tests.conftest import REPO
from tests.models.cards import save_model

SIGNS = 2
PATIENCE = 240.0  # seconds: many times what an idle machine needs
PROGRAM = (
    "import sys, pathlib, models.registry; models.registry.WEIGHTS = pathlib.Path(sys.argv.pop(1)); "
    "from api.cli import main; main(sys.argv[1:])"
)
RULEBOOK = """
version: "1"
timezone: Asia/Shanghai
zones: [{id: street, kind: view, camera: gate, image: [[0, 0], [96, 0], [96, 64], [0, 64]]}]
rules: [{id: red, classes: [red], zones: [view], gap: 15s}]
"""
CAMERAS = "cameras: [{{id: gate, name: Gate, url: '{url}', every: 400ms, models: [colours]}}]\n"


@dataclass(frozen=True, slots=True)
class Street:
    """A loopback camera that shows two red signs, and what a service needs to watch it."""

    folder: Path
    key: str

    @property
    def database(self) -> Path:
        return self.folder / "one" / "streetwarden.sqlite3"

    def start(self, data: str = "one") -> "subprocess.Popen[bytes]":
        """A service with a data folder of its own, over one database."""
        folder = self.folder / data
        folder.mkdir(exist_ok=True)
        settings = {
            "DATA_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "SECRET_KEY": self.key,
            "PORT": "0",
            "SURVEY_WORKERS": "0",
            "MIN_FREE_MB": "1",
        }
        environment = {f"STREETWARDEN_{name}": value for name, value in settings.items()}
        files = [str(self.folder / name) for name in ("cameras.yaml", "rulebook.yaml")]
        command = ["serve", "--watch", "--cameras", files[0], "--rulebook", files[1]]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(self.folder / "models"), *command],
                cwd=self.folder,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=os.environ | environment | {"PYTHONPATH": str(REPO)},
            )

    def candidates(self) -> list[str]:
        """When each candidate was last said to stand there."""
        if not self.database.exists():
            return []
        with closing(sqlite3.connect(self.database)) as connection:
            try:
                return [str(row[0]) for row in connection.execute("SELECT updated_at FROM candidates")]
            except sqlite3.OperationalError:  # not migrated yet
                return []

    def wait_for_watchers(self, process: "subprocess.Popen[bytes]", count: int) -> None:
        """Wait until as many services share the cameras."""
        deadline = time.monotonic() + PATIENCE
        with closing(sqlite3.connect(self.database)) as connection:
            while connection.execute("SELECT count(*) FROM camera_watchers").fetchone()[0] < count:
                assert process.poll() is None, "the service ended by itself"
                assert time.monotonic() < deadline, "a service did not join"
                time.sleep(0.1)

    def wait_for_reports(self, process: "subprocess.Popen[bytes]", before: Sequence[str]) -> list[str]:
        """Wait until a service has handed both signs on, later than `before`; no third candidate may come."""
        deadline = time.monotonic() + PATIENCE
        while len(now := self.candidates()) < SIGNS or min(now) <= max(before, default=""):
            log = (self.folder / "log").read_text()
            assert len(now) <= SIGNS, "a sign that stood there came as a new candidate"
            assert process.poll() is None, f"the service ended by itself: {log}"
            assert time.monotonic() < deadline, f"no report: {log}"
            time.sleep(0.1)
        assert len(now) == SIGNS
        return now


def end(process: "subprocess.Popen[bytes]", number: int = signal.SIGKILL) -> None:
    process.send_signal(number)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    # As small as the network's input, so that it is not looked at in tiles, and each sign fills one cell.
    signs = "drawbox=x=16:y=24:w=8:h=8:color=red:t=fill,drawbox=x=64:y=32:w=8:h=8:color=red:t=fill"
    passing = "noise=alls=20:allf=t,drawbox=x=mod(t*15\\,88):y=2:w=8:h=8:color=blue:t=fill"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color=c=0x505050:s=96x64:r=5:d=12,{passing},{signs}",
         "-c:v", "libx264", "-preset", "ultrafast", "-qp", "12", "-bf", "0", "-g", "5", "-pix_fmt", "yuv444p",
         str(tmp_path / "street.mp4")],
        check=True,
    )  # fmt: skip
    save_model(tmp_path / "models")
    (tmp_path / "rulebook.yaml").write_text(RULEBOOK)
    with LoopbackCamera(tmp_path / "street.mp4", loop=True) as camera:
        (tmp_path / "cameras.yaml").write_text(CAMERAS.format(url=camera.url))
        yield Street(tmp_path, make_key())


@contextmanager
def running(street: Street, data: str = "one") -> Iterator["subprocess.Popen[bytes]"]:
    process = street.start(data)
    try:
        yield process
    finally:
        end(process)


def test_what_stands_stays_one_candidate_through_a_kill_and_with_two_services(street: Street) -> None:
    with running(street) as process:
        seen = street.wait_for_reports(process, [])
    with running(street) as one:
        seen = street.wait_for_reports(one, seen)
        with running(street, "two") as two:  # another data folder: it knows what stands there from the store alone
            street.wait_for_watchers(two, 2)
            (places,) = (street.folder / "one" / "memory").glob("*.places.json")
            stopped_at = time.time()
            end(one, signal.SIGINT)
            took, log = time.time() - stopped_at, (street.folder / "log").read_text()
            said = f"not written at the stop, which took {took:.0f} s and gave {one.returncode}: {log}"
            assert places.stat().st_mtime > stopped_at, said
            street.wait_for_reports(two, seen)  # which has the camera now
