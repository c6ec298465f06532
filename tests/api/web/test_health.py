"""Alive, ready, and the cameras as they are reported."""

import logging
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import text

from api.app import create_app
from api.bootstrap import open_store
from api.candidates.intake import StoreSink
from api.settings import Settings
from api.web import health
from streams.sandbox import kernel
from streams.sandbox.isolation import Held
from streams.sandbox.kernel import LACKS, what_holds
from tests.api.conftest import Service, client
from tests.api.samples import a_candidate
from tests.api.serving import serve
from tests.api.signing import sign_in


def test_a_healthy_service(service: Service) -> None:
    assert service.http.get("/livez").json() == {"status": "ok"}
    assert service.http.get("/readyz").json() == {
        "status": "ok",
        "sandbox_missing": {lack: LACKS[lack] for lack in what_holds().lacks()},
    }


def test_what_the_kernel_does_not_allow_is_said(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    without = replace(what_holds(), footage=Held(True, False, False, True, 0, True), supervised=False)
    monkeypatch.setattr(kernel, "what_holds", lambda: without)
    monkeypatch.setattr(health, "what_holds", lambda: without)
    said = service.http.get("/readyz").json()["sandbox_missing"]
    assert {"landlock", "network_namespace", "user_namespace", "camera_addresses"} <= set(said)
    with caplog.at_level(logging.INFO, "streams.sandbox.kernel"):
        kernel.report()
    assert [line for line in caplog.messages if "no Landlock" in line]


def test_too_little_room_is_not_ready(settings: Settings) -> None:
    greedy = settings.model_copy(update={"min_free_mb": 10**9})
    database, files = open_store(greedy)
    with serve(create_app(greedy, database, files)) as served, client(served, sign_in(database)) as http:
        answer: httpx.Response = http.get("/readyz")
    database.close()
    assert answer.status_code == 503
    assert "STREETWARDEN_MIN_FREE_MB" in answer.json()["detail"]


def test_cameras_come_with_the_age_of_their_last_picture(service: Service) -> None:
    live, waiting = service.http.get("/api/v1/cameras").json()["items"]
    assert (live["id"], live["state"], live["lat"]) == ("cam-1", "live", 34.7466)
    assert 11 < live["last_frame_age"] < 60
    assert (waiting["state"], waiting["reason"], waiting["last_frame_age"]) == ("waiting", "connection refused", None)


@pytest.mark.parametrize("harm", ["unlink", "empty", "newer"])
def test_a_database_that_is_gone_takes_no_verdict(settings: Settings, harm: str) -> None:
    """It once answered 201, and the verdict was gone with the process."""
    database, files = open_store(settings)
    path = settings.data_dir / "streetwarden.sqlite3"
    with serve(create_app(settings, database, files)) as served, client(served) as http:
        StoreSink(database, files).take(a_candidate())
        (candidate,) = http.get("/api/v1/candidates").json()["items"]
        assert http.get("/readyz").status_code == 200
        if harm == "newer":
            with database.write() as connection:
                connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        elif harm == "unlink":
            path.unlink()
        else:
            path.write_bytes(b"")
        ready = http.get("/readyz")
        assert (ready.status_code, ready.headers["content-type"]) == (503, "application/problem+json")
        assert str(settings.data_dir) not in ready.text
        if harm != "newer":
            verdict = {"decision": "rejected", "reason": "vehicle"}
            answer = http.post(f"/api/v1/candidates/{candidate['id']}/verdict", json=verdict)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert http.get("/review").status_code == 503
    database.close()
