"""A store on every engine there is, a service on a real port, and candidates cut from a drawn street."""

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from api.app import create_app
from api.bootstrap import open_store
from api.cameras.live_status import CameraView
from api.candidates.intake import StoreSink
from api.db.database import Database
from api.db.metadata import metadata
from api.evidence.files import EvidenceStore
from api.pages.svg_map import MapZone
from api.settings import Settings
from tests.api.postgres import PostgresServer, start_postgres
from tests.api.samples import NOON, a_candidate
from tests.api.serving import Served, serve
from tests.api.signing import CHEAP, COOKIE, make_key, sign_in

if TYPE_CHECKING:
    from playwright._impl._api_structures import SetCookieParam


class FakeClock:
    """A clock that stands until it is told to move."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file: copying it is faster than migrating for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with start_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """An empty, migrated database; each test that asks for it runs once on each engine."""
    if request.param == "sqlite":
        shutil.copy(sqlite_template, tmp_path / "store.sqlite3")
        store = Database(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        store = server.fresh_database()
    yield store
    store.close()


@pytest.fixture
def files(tmp_path: Path) -> EvidenceStore:
    store = EvidenceStore(tmp_path / "evidence")
    store.prepare()
    return store


@pytest.fixture
def sink(database: Database, files: EvidenceStore, clock: FakeClock) -> StoreSink:
    return StoreSink(database, files, clock=clock)


@pytest.fixture
def settings(tmp_path: Path, sqlite_template: Path) -> Settings:
    """Settings over an SQLite file that is migrated already."""
    (tmp_path / "var").mkdir()
    shutil.copy(sqlite_template, tmp_path / "var" / "streetwarden.sqlite3")
    return Settings(_env_file=None, data_dir=tmp_path / "var", port=0, min_free_mb=1)


class Service:
    """A running service, its sink, and a client that speaks to it."""

    def __init__(self, served: Served, sink: StoreSink, database: Database, http: httpx.Client, data_dir: Path) -> None:
        self.url = served.url
        self.data_dir = data_dir
        self.sink = sink
        self.database = database
        self.http = http

    @property
    def cookie(self) -> "SetCookieParam":
        """The session of Li Wei, for a browser."""
        return {"name": COOKIE, "value": self.http.cookies[COOKIE], "url": self.url}

    @property
    def key(self) -> str:
        """A new API key that may do everything."""
        return make_key(self.database)

    def seed(self, count: int = 1, source: str = "cam-1") -> list[str]:
        """Store `count` candidates; gives their ids, longest waiting first."""
        for number in range(count):
            self.sink.take(a_candidate(f"place-{number}", source=source))
        found = self.http.get("/api/v1/candidates", params={"state": "open"}).json()["items"]
        return [item["id"] for item in found]


def client(served: Served, token: str) -> httpx.Client:
    """A client of a running service that is signed in with this token, and says where it comes from as a browser."""
    http = httpx.Client(base_url=served.url, timeout=10, trust_env=False, headers={"Origin": served.url})
    http.cookies.set(COOKIE, token)
    return http


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The whole service on a free port, with one zone and two cameras; started once, it is dear on a small machine."""
    folder = tmp_path_factory.mktemp("service")
    configured = Settings(_env_file=None, data_dir=folder, runs_dir=folder / "runs", port=0, min_free_mb=1)
    database, files = open_store(configured, upgrade=True)
    zones = (MapZone("daxue-road", "main_road", ((113.6250, 34.7460), (113.6258, 34.7460), (113.6258, 34.7470))),)
    app = create_app(configured, database, files, zones=lambda: zones, cameras=_two_cameras, passwords=CHEAP)
    with serve(app) as served, client(served, sign_in(database)) as http:
        yield Service(served, StoreSink(database, files), database, http, configured.data_dir)
    database.close()


def _two_cameras() -> tuple[CameraView, ...]:
    """One whose last picture is always twelve seconds old, and one that has none."""
    taken = datetime.now(UTC) - timedelta(seconds=12)
    return (
        CameraView("cam-1", "Daxue Road north", "live", NOON, "", taken, 34.7466, 113.6251),
        CameraView("cam-2", "Market gate", "waiting", NOON, "connection refused"),
    )


def _empty(folder: Path, attempts: int = 50) -> None:
    """Remove a folder in which a thread of the service may still be putting a file of the test before."""
    for attempt in range(attempts):
        try:
            shutil.rmtree(folder)
            return
        except OSError:
            if attempt == attempts - 1:
                raise
            time.sleep(0.02)


@pytest.fixture
def service(running: Service) -> Service:
    """The running service, emptied."""
    with running.database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    _empty(running.data_dir / "footage")
    (running.data_dir / "footage" / "incoming").mkdir(parents=True)
    shutil.rmtree(running.data_dir / "runs", ignore_errors=True)
    running.http.cookies.clear()
    running.http.cookies.set(COOKIE, sign_in(running.database))
    return running
