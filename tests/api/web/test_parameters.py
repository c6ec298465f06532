"""A parameter that a route does not know is refused, on every route of the document and on every page."""

import re
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute

from api import app as application
from api.candidates import endpoints as candidates
from api.cases import endpoints as cases
from api.surveys import endpoints as surveys
from api.web.parameters import FROM_STRANGERS, declared
from tests.api.conftest import Service
from tests.api.signing import bearer

UNKNOWN = "no_such_parameter"
IDS = "00000000-0000-0000-0000-000000000000"


def filled(path: str) -> str:
    """The path with something in each of its parameters."""
    return re.sub(r"\{[^}]*\}", IDS, path)


def refused(service: Service, method: str, path: str) -> bool:
    headers = bearer(service.key)
    answer = service.http.request(method, filled(path), params={UNKNOWN: "1"}, headers=headers)
    if answer.status_code != 422 or method == "HEAD":
        return answer.status_code == 422
    return [one["where"] for one in answer.json()["errors"]] == [f"query.{UNKNOWN}"]


def test_every_route_of_the_document_refuses_it(service: Service) -> None:
    paths = service.http.get("/api/v1/openapi.json").json()["paths"]
    operations = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    assert len(operations) > 40
    assert [one for one in operations if not refused(service, *one)] == []
    assert all("422" in operation["responses"] for methods in paths.values() for operation in methods.values())


def test_every_page_refuses_it(service: Service) -> None:
    pages = [
        (method, route.path)
        for router in application.PAGES
        for route in router.routes
        if isinstance(route, APIRoute) and route.path not in FROM_STRANGERS
        for method in route.methods or ()
    ]
    assert len(pages) > 40
    assert [one for one in pages if not refused(service, *one)] == []


def test_what_the_document_declares_is_what_is_known(service: Service) -> None:
    """So the refusal can never be of something that is described."""
    paths = service.http.get("/api/v1/openapi.json").json()["paths"]
    for router in (candidates.router, cases.router, surveys.router):
        for route in router.routes:
            if isinstance(route, APIRoute) and f"/api/v1{route.path}" in paths:
                for method in route.methods or ():
                    said = paths[f"/api/v1{route.path}"][method.lower()].get("parameters", [])
                    queries = {one["name"] for one in said if one["in"] == "query"}
                    assert queries <= declared(route), route.path


@pytest.mark.parametrize("name", ["stat", "State", "limit ", "<script>", "x" * 500, ""])
def test_it_is_named_but_not_at_length(service: Service, name: str) -> None:
    answer = service.http.get(f"/api/v1/candidates?{quote(name)}=open&state=open")
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["where"] == f"query.{name[:64]}"
    assert "known here: camera, class, cursor" in fault["what"]


def test_of_many_a_few_are_named_and_what_is_known_once(service: Service) -> None:
    query = "&".join(f"x{number}=" for number in range(9000))
    assert len(httpx.get(f"{service.url}/login?{query}", trust_env=False).content) < 2000  # not signed in
    answer = service.http.get(f"/api/v1/candidates?{query}")
    assert answer.status_code == 422
    assert len(answer.content) < 2000
    faults = answer.json()["errors"]
    assert [fault["where"] for fault in faults] == [f"query.{name}" for name in ("x0", "x1", "x10", "x100", "x1000")]
    assert "known here: camera, class, cursor" in faults[0]["what"]
    assert "; 8995 more are unknown" in faults[0]["what"]
    assert {fault["what"] for fault in faults[1:]} == {"unknown parameter"}


def test_what_strangers_may_add_and_what_is_no_route_of_ours_is_left_alone(service: Service) -> None:
    back = service.http.get("/login/oidc/callback", params={"session_state": "1", "iss": "https://example.org"})
    assert back.status_code != 422
    assert service.http.get("/static/review.js", params={"v": "2"}).status_code == 200
