"""A page is told when what it shows was decided elsewhere, and a stream holds nobody up."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from api.app import create_app
from api.bootstrap import open_store
from api.candidates.intake import StoreSink
from api.review import events
from api.settings import Settings
from tests.api.conftest import Service, client
from tests.api.serving import serve
from tests.api.signing import sign_in

EVENTS = "/api/v1/review/events"


def told(response: httpx.Response) -> Iterator[str]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))["standing"]


def test_a_verdict_elsewhere_is_told_within_two_seconds(service: Service) -> None:
    (candidate_id,) = service.seed()
    with service.http.stream("GET", EVENTS, params={"candidate": candidate_id}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        heard = told(stream)
        assert next(heard) == "open"
        began = time.monotonic()
        verdict = {"decision": "rejected", "reason": "vehicle"}
        headers = {"Authorization": f"Bearer {service.key}"}
        url = f"{service.url}/api/v1/candidates/{candidate_id}"
        assert httpx.post(f"{url}/lease", headers=headers, trust_env=False).status_code == 200
        assert next(heard) == "leased"
        assert httpx.post(f"{url}/verdict", headers=headers, json=verdict, trust_env=False).status_code == 201
        assert next(heard) == "decided"
        assert time.monotonic() - began < 4


def test_what_is_not_there_has_no_stream(service: Service) -> None:
    assert service.http.get(EVENTS, params={"candidate": str(uuid4())}).status_code == 404
    assert service.http.get(EVENTS).status_code == 422


def test_streams_are_bounded_and_end(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    (candidate_id,) = service.seed()
    monkeypatch.setattr(events, "MOST_OF_ONE", 0)
    assert service.http.get(EVENTS, params={"candidate": candidate_id}).status_code == 503
    monkeypatch.undo()
    monkeypatch.setattr(events, "LASTS", 0.3)
    began = time.monotonic()
    assert service.http.get(EVENTS, params={"candidate": candidate_id}).text.startswith("retry:")
    assert time.monotonic() - began < 3


def test_a_stream_does_not_hold_up_the_end_of_the_service(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, port=0, min_free_mb=1, runs_dir=tmp_path / "runs")
    database, files = open_store(settings, upgrade=True)
    with ExitStack() as stack:
        with serve(create_app(settings, database, files)) as served:
            http = stack.enter_context(client(served, sign_in(database)))
            (candidate_id,) = Service(served, StoreSink(database, files), database, http, tmp_path).seed()
            stream = stack.enter_context(http.stream("GET", EVENTS, params={"candidate": candidate_id}))
            assert next(told(stream)) == "open"
            began = time.monotonic()
        assert time.monotonic() - began < 3
    database.close()
