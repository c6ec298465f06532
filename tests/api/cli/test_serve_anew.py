"""`streetwarden serve` while the rulebook in force becomes another: the real command begins anew, or goes on."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from api.audit.acts import Act
from api.audit.tables import audit_events
from api.cli.serve import OrderlyStop
from api.clock import wall_clock
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.rulebook_versions.service import add_version, put_in_force
from detector.rules.load import load_rulebook
from tests.api.rulebooks.test_in_force import BOOK, written

PROGRAM = "import sys, api.cli.serve; api.cli.serve.RULEBOOK_EVERY = 0.2; from api.cli import main; main(sys.argv[1:])"
ANEW = "another version of the rulebook is in force"
SERVES = "streetwarden serves "
CAMERAS = """
cameras:
  - {id: one, name: One, url: "rtsp://10.1.2.3/main", every: 5s, models: []}
"""


class Serving:
    """The real command over a data folder of its own, with an own rulebook and a camera file."""

    def __init__(self, folder: Path, template: Path) -> None:
        (folder / "var").mkdir()
        path = folder / "var" / "streetwarden.sqlite3"
        shutil.copy(template, path)
        self.database = Database(f"sqlite:///{path}")
        self.own = written(folder / "own")
        self.cameras = folder / "cameras.yaml"
        self.cameras.write_text(CAMERAS, "utf-8")
        self.log = folder / "log"
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "STREETWARDEN_PORT": "0",
            "STREETWARDEN_DATA_DIR": str(folder / "var"),
            "STREETWARDEN_SURVEY_WORKERS": "0",
            "STREETWARDEN_MIN_FREE_MB": "1",
        }
        command = ["serve", "--rulebook", str(self.own), "--cameras", str(self.cameras)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *command], stderr=log, stdout=log, env=environment, cwd=folder
            )

    def said(self, words: str) -> list[str]:
        return [line for line in self.log.read_text("utf-8").splitlines() if words in line]

    def wait_for(self, words: str, times: int) -> str:
        """Return the line that holds these words for the so-manieth time."""
        deadline = time.monotonic() + 60
        while len(lines := self.said(words)) < times:
            assert self.process.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() < deadline, self.log.read_text("utf-8")
            time.sleep(0.05)
        return lines[times - 1]

    def force(self, file: Path) -> str:
        """Put a rulebook in force, as one who knows nothing of the service's own file does; return its hash."""
        now = wall_clock()
        put_in_force(EVERYWHERE, self.database, add_version(EVERYWHERE, self.database, file, "", now), now, now)
        return load_rulebook(file).source.sha256

    def used(self) -> list[str]:
        """Return the hashes of the rulebooks that the service went by."""
        query = select(audit_events.c.subject).where(audit_events.c.act == Act.RULEBOOK_USED)
        with self.database.read() as connection:
            return list(connection.execute(query.order_by(audit_events.c.number)).scalars())


@pytest.fixture
def serving(tmp_path: Path, sqlite_template: Path) -> Iterator[Serving]:
    service = Serving(tmp_path, sqlite_template)
    yield service
    service.process.kill()
    service.process.wait()
    service.database.close()


def test_a_version_in_force_begins_anew_and_one_that_cannot_work_does_not(serving: Serving, tmp_path: Path) -> None:
    serving.wait_for(SERVES, 1)
    own = load_rulebook(serving.own).source.sha256
    kept = serving.own.read_bytes()
    # Somebody edits both files; what they are half-way is nobody's decision.
    serving.own.write_text("rules: [", "utf-8")
    serving.cameras.write_text("cameras: [", "utf-8")
    strict = serving.force(written(tmp_path / "strict", text=BOOK.replace("300s", "10s")))
    address = serving.wait_for(SERVES, 2).split()[2]
    assert httpx.get(f"{address}/livez", trust_env=False).status_code == 200
    assert len(serving.said(ANEW)) == 1
    assert serving.used() == [own, strict]

    names = serving.own.parent / "classes.yaml"
    names.write_text("classes: [{class: stall, en: Stall, zh: 摊位, rule: stall}]\n", "utf-8")
    serving.force(written(tmp_path / "renamed", text=BOOK.replace("id: stall,", "id: trader,")))
    assert "the rulebook has no rule 'stall'" in serving.wait_for("cannot be used", 1)
    time.sleep(1)  # five looks
    assert httpx.get(f"{address}/livez", trust_env=False).status_code == 200
    assert (len(serving.said(ANEW)), len(serving.said("cannot be used"))) == (1, 1)
    assert serving.used() == [own, strict]

    # Back to the first one; and SIGTERM while the service stops to begin with it.
    serving.own.write_bytes(kept)
    serving.force(serving.own)
    serving.wait_for(ANEW, 2)
    serving.process.send_signal(signal.SIGTERM)
    assert serving.process.wait(30) == 0, serving.log.read_text("utf-8")
    assert len(serving.said(SERVES)) == 2
    assert serving.used() == [own, strict]
    assert "Traceback" not in serving.log.read_text("utf-8")


def test_a_stop_that_comes_while_all_is_stopped_to_begin_anew_is_not_lost() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with OrderlyStop() as stop:
        stop.hold()
        assert stop.resume()
        stop.hold()
        signal.raise_signal(signal.SIGTERM)
        assert not stop.resume()
    with OrderlyStop(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
