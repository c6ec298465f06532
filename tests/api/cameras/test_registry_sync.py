"""A service that watches follows the registry: imports, pauses, resumptions and removals, one camera at a time."""

import errno
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.bootstrap import open_store
from api.cameras import health as camera_health
from api.cameras import repository as cameras
from api.cameras.encryption import SecretBox, make_key
from api.cameras.health_store import HealthStore
from api.cameras.live_status import LiveStatus
from api.cameras.ownership import CameraOwnership
from api.cameras.registry_sync import RegistrySync, Watching
from api.cameras.repository import RegisteredCamera
from api.candidates.intake import StoreSink
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence.repository import EvidenceFile, EvidenceKind
from api.inference.model_cache import ModelCache
from api.settings import Settings
from streams.camera.address import CameraAddress, Reach
from streams.camera.config_file import CameraConfig
from streams.frames.sink import CameraNote
from streams.health.faults import Fault
from streams.video.rtp import read_clip
from tests.api.cameras.registered import A_CHANGE
from tests.api.conftest import client
from tests.api.samples import NOON
from tests.api.serving import serve
from tests.api.signing import sign_in
from tests.conftest import REPO
from tests.streams.rtsp_server import BadCameras

BOX = SecretBox.of(make_key())


def camera(ident: str, url: str, models: tuple[str, ...] = (), every: float = 1.0) -> RegisteredCamera:
    address = CameraAddress.parse(url)
    period = timedelta(seconds=every)
    return RegisteredCamera(
        CameraConfig(ident, ident.title(), address, None, period, models, None, None, None, "", 2, "tcp", None)
    )


class Site:
    """A service that watches the registry of an empty database, and the RTSP server beside it."""

    def __init__(self, database: Database, http: httpx.Client, rtsp: BadCameras) -> None:
        self.database = database
        self.http = http
        self.rtsp = rtsp

    def keep(self, *wanted: RegisteredCamera) -> None:
        with self.database.write() as connection:
            cameras.replace(EVERYWHERE, connection, BOX, wanted, A_CHANGE)

    def states(self) -> dict[str, str]:
        return {item["id"]: item["state"] for item in self.http.get("/api/v1/cameras").json()["items"]}

    def shows(self, states: dict[str, str]) -> bool:
        return self.states() == states

    def names(self) -> list[str]:
        return [item["name"] for item in self.http.get("/api/v1/cameras").json()["items"]]

    def looked(self, ident: str) -> int:
        items = self.http.get("/api/v1/cameras").json()["items"]
        return int(next(item["reading"]["looked"] for item in items if item["id"] == ident))


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> Iterator[Site]:
    database, files = open_store(settings)
    live = LiveStatus()
    app = create_app(settings, database, files, cameras=live.views, picture=live.picture)
    (tmp_path / "shelf").mkdir()
    ownership = CameraOwnership(database, tmp_path)
    sink = StoreSink(database, files, on_note=live.note, fence=ownership.check)
    health = HealthStore(database, files, fence=ownership.check)
    watching = Watching(ModelCache(tmp_path / "shelf"), None, sink, health, tmp_path, Reach(loopback=True), ownership)
    with (
        BadCameras() as rtsp,
        serve(app) as served,
        client(served, sign_in(database)) as http,
        RegistrySync(database, BOX, live, watching),
    ):
        yield Site(database, http, rtsp)
    database.close()


def wait_for(condition: Callable[[], bool], patience: float = 30.0) -> None:
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "nothing happened in time"
        time.sleep(0.05)


def test_a_running_service_follows_the_registry_and_leaves_other_cameras_alone(site: Site) -> None:
    clip = read_clip(REPO / "samples" / "street.mp4")
    url = {name: site.rtsp.add(name, clip) for name in ("gate", "square", "market")}
    site.keep(camera("gate", url["gate"]), camera("square", url["square"]))
    wait_for(lambda: site.states() == {"gate": "live", "square": "live"})

    assert site.http.post("/api/v1/cameras/gate/pause").status_code == 204
    wait_for(lambda: site.states()["gate"] == "paused")
    plays = site.rtsp["gate"].plays
    assert site.http.post("/api/v1/cameras/gate/resume").status_code == 204
    wait_for(lambda: site.states()["gate"] == "live")
    assert site.rtsp["gate"].plays > plays

    site.keep(camera("gate", url["market"]), camera("square", url["square"]), camera("market", url["market"]))
    wait_for(lambda: site.rtsp["market"].plays >= 2)
    wait_for(lambda: set(site.states().values()) == {"live"} and len(site.states()) == 3)

    assert site.http.delete("/api/v1/cameras/gate").status_code == 204
    wait_for(lambda: site.states() == {"market": "live", "square": "live"})
    before = site.looked("square")
    wait_for(lambda: site.looked("square") > before)
    assert site.rtsp["square"].plays == 2  # measured, then watched ever since, whatever happened to the others


def test_a_camera_that_only_gets_another_name_is_watched_on(site: Site) -> None:
    gate = camera("gate", site.rtsp.add("gate", read_clip(REPO / "samples" / "street.mp4")))
    site.keep(gate)
    wait_for(lambda: site.states() == {"gate": "live"})
    site.keep(replace(gate, config=replace(gate.config, name="North gate", grade=3)))
    wait_for(lambda: site.names() == ["North gate"])
    before = site.looked("gate")
    wait_for(lambda: site.looked("gate") > before)
    assert site.rtsp["gate"].plays == 2  # measured, then watched ever since


def test_a_camera_of_another_district_is_watched_anew(site: Site) -> None:
    """What it finds from then on belongs there."""
    gate = camera("gate", site.rtsp.add("gate", read_clip(REPO / "samples" / "street.mp4")))
    site.keep(gate)
    wait_for(lambda: site.states() == {"gate": "live"})
    site.keep(replace(gate, config=replace(gate.config, district="erqi")))
    wait_for(lambda: site.rtsp["gate"].plays > 2 and site.states() == {"gate": "live"})
    assert site.http.get("/api/v1/cameras").json()["items"][0]["district"] == "erqi"


def test_the_page_pauses_resumes_and_removes(site: Site) -> None:
    site.keep(camera("gate", site.rtsp.add("gate", read_clip(REPO / "samples" / "street.mp4"))))
    wait_for(lambda: site.states() == {"gate": "live"})
    for act, state in (("pause", "paused"), ("resume", "live")):
        assert f'action="/cameras/gate/{act}"' in site.http.get("/cameras").text
        answer = site.http.post(f"/cameras/gate/{act}", follow_redirects=True)
        assert (answer.status_code, answer.url.path) == (200, "/cameras/gate")
        wait_for(partial(site.shows, {"gate": state}))
    assert 'action="/cameras/gate/remove"' in site.http.get("/cameras/gate").text
    assert site.http.post("/cameras/gate/remove", follow_redirects=True).url.path == "/cameras"
    wait_for(lambda: site.states() == {})


def test_a_camera_that_cannot_be_watched_says_why_and_the_others_are(site: Site) -> None:
    good = site.rtsp.add("good", read_clip(REPO / "samples" / "street.mp4"))
    site.keep(camera("bad", good, models=("no-such-model",)), camera("good", good))
    wait_for(lambda: site.states() == {"bad": "stopped", "good": "live"})
    reasons = {item["id"]: item["reason"] for item in site.http.get("/api/v1/cameras").json()["items"]}
    assert "no-such-model" in reasons["bad"]
    assert site.http.delete("/api/v1/cameras/bad").status_code == 204
    wait_for(lambda: site.states() == {"good": "live"})


def test_a_fault_that_began_when_its_camera_was_out_already_does_not_last(settings: Settings) -> None:
    """The last frames of a camera are looked at after it has left the registry, before its threads have ended."""
    database, _ = open_store(settings)
    keeper = RegistrySync(database, BOX, LiveStatus())
    with database.write() as connection:
        cameras.replace(EVERYWHERE, connection, BOX, [camera("other", "rtsp://127.0.0.1:9/main")], A_CHANGE)
        picture = EvidenceFile(EvidenceKind.SCENE, "0" * 64, "00/0.jpg", NOON, 640, 360)
        camera_health.begin(connection, "gone", Fault.BLACK, picture)
    keeper.follow()
    with database.read() as connection:
        assert camera_health.lasting(connection, "gone") == ()
    database.close()


def test_what_is_not_in_the_registry_can_be_neither_paused_nor_removed(site: Site) -> None:
    for answer in (
        site.http.post("/api/v1/cameras/nobody/pause"),
        site.http.post("/api/v1/cameras/nobody/resume"),
        site.http.delete("/api/v1/cameras/nobody"),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_why_a_camera_gives_nothing_is_said_in_the_readers_language(site: Site) -> None:
    site.keep(camera("locked", "rtsp://127.0.0.1:9/main"))
    wait_for(lambda: "该地址无人应答" in site.http.get("/cameras/locked?lang=zh").text)
    wait_for(lambda: "The connection was refused: is it" in site.http.get("/cameras?lang=en").text)
    chinese = site.http.get("/cameras/locked?lang=zh").text
    assert '<span class="soft" lang="en">rtsp://127.0.0.1:9' in chinese, "the technical words follow, marked as English"
    assert "The connection was refused" not in chinese


def test_no_answer_holds_a_password(site: Site) -> None:
    site.keep(camera("locked", "rtsp://admin:hunter2@127.0.0.1:9/main"))
    wait_for(lambda: site.states() == {"locked": "waiting"})
    for path in ("/api/v1/cameras", "/cameras", "/cameras/locked"):
        answer = site.http.get(path)
        assert answer.status_code == 200
        assert "hunter2" not in answer.text


def test_what_failed_half_way_is_gone_on_with(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file handle was left when the second camera came: it is taken up at the next look, and the first not again."""
    database, _ = open_store(settings)
    with database.write() as connection:
        wanted = [camera(name, "rtsp://127.0.0.1:9/main") for name in ("gate", "square")]
        cameras.replace(EVERYWHERE, connection, BOX, wanted, A_CHANGE)
    noted: list[str] = []

    def note(live: LiveStatus, told: CameraNote) -> None:
        noted.append(told.camera)
        if len(noted) == 2:
            raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(LiveStatus, "note", note)
    sync = RegistrySync(database, BOX, LiveStatus())
    with pytest.raises(OSError, match="Too many open files"):
        sync.follow()
    sync.follow()
    sync.follow()
    assert noted == ["gate", "square", "square"]
    database.close()
