"""Every error is a problem document, and says nothing that it should not."""

from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from api.app import create_app
from api.bootstrap import open_store
from api.db.database import Database
from api.settings import Settings
from tests.api.conftest import Service, client
from tests.api.serving import serve
from tests.api.signing import sign_in


def problem(answer: httpx.Response) -> dict[str, object]:
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, object] = answer.json()
    assert document["status"] == answer.status_code
    assert {"type", "title", "detail", "instance"} <= set(document)
    return document


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/static/nothing.js", 404),
        ("GET", f"/api/v1/candidates/{uuid4()}", 404),
        ("GET", f"/api/v1/cases/{uuid4()}", 404),
        ("GET", f"/review/{uuid4()}", 404),
        ("PUT", "/api/v1/candidates", 405),
        ("GET", "/api/v1/candidates/1", 422),
        ("GET", "/api/v1/candidates?cursor=x", 422),
        ("GET", "/api/v1/candidates?limit=0", 422),
        ("GET", "/api/v1/candidates?class=%00", 422),
        ("POST", f"/api/v1/outbox/{uuid4()}/retry", 404),
    ],
)
def test_each_fault_is_a_problem_document(service: Service, method: str, path: str, status: int) -> None:
    document = problem(service.http.request(method, path))
    assert document["status"] == status


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/v1/candidates", "GET"),
        (f"/api/v1/candidates/{uuid4()}/verdict", "DELETE, POST"),
        (f"/api/v1/surveys/{uuid4()}/files/{uuid4()}", "DELETE, HEAD, PATCH, POST"),
        ("/api/v1/surveys", "GET, POST"),
        ("/static/review.js", "GET, HEAD"),
        ("/livez", "GET"),
    ],
)
def test_a_wrong_method_says_which_are_right(service: Service, path: str, allowed: str) -> None:
    answer = service.http.put(path)
    assert (problem(answer)["status"], answer.headers["allow"]) == (405, allowed)


def test_what_is_wrong_is_named_without_repeating_it(service: Service) -> None:
    (candidate_id,) = service.seed()
    answer = service.http.post(
        f"/api/v1/candidates/{candidate_id}/verdict", json={"decision": "rejected", "reason": "s3cret-text"}
    )
    document = problem(answer)
    assert "body.rejected.reason" in str(document["detail"])
    assert "s3cret" not in answer.text


def test_a_surprise_tells_nothing_of_our_insides(settings: Settings) -> None:
    database, files = open_store(settings)

    def broken() -> tuple[()]:
        raise RuntimeError("s3cret path /home/x")

    app = create_app(settings, database, files, cameras=broken)
    with serve(app) as served, client(served, sign_in(database)) as http:
        answer = http.get("/api/v1/cameras")
    assert problem(answer)["title"] == "The service failed"
    assert "s3cret" not in answer.text
    database.close()


def test_a_database_that_is_gone_is_503(settings: Settings, tmp_path: Path) -> None:
    _, files = open_store(settings)
    database = Database(f"sqlite:///{tmp_path}")  # a folder is no database
    with serve(create_app(settings, database, files)) as served, client(served, "x" * 43) as http:
        for path in ("/api/v1/candidates", "/readyz", "/review"):
            answer = http.get(path)
            assert problem(answer)["title"] == "Not ready"
            assert answer.headers["retry-after"] == "5"
        assert http.get("/livez").status_code == 200
