"""Alive, ready, and the cameras as they are reported."""

import httpx

from api.app import create_app
from api.bootstrap import open_store
from api.settings import Settings
from tests.api.conftest import Service, client
from tests.api.serving import serve


def test_a_healthy_service(service: Service) -> None:
    assert service.http.get("/livez").json() == service.http.get("/readyz").json() == {"status": "ok"}


def test_too_little_room_is_not_ready(settings: Settings) -> None:
    greedy = settings.model_copy(update={"min_free_mb": 10**9})
    database, files = open_store(greedy)
    with serve(create_app(greedy, database, files)) as served, client(served) as http:
        answer: httpx.Response = http.get("/readyz")
    database.close()
    assert answer.status_code == 503
    assert "STREETWARDEN_MIN_FREE_MB" in answer.json()["detail"]


def test_cameras_come_with_the_age_of_their_last_picture(service: Service) -> None:
    live, waiting = service.http.get("/api/v1/cameras").json()["items"]
    assert (live["id"], live["state"], live["lat"]) == ("cam-1", "live", 34.7466)
    assert 11 < live["last_frame_age"] < 60
    assert (waiting["state"], waiting["reason"], waiting["last_frame_age"]) == ("waiting", "connection refused", None)
