"""Who may ask, who may act, how much, and what a page may load."""

import socket
import time

import httpx
import pytest

from tests.api.conftest import Service

OTHER_SITE = {"Origin": "https://evil.example.org"}


def verdict(service: Service, candidate_id: str, headers: dict[str, str]) -> httpx.Response:
    url = f"/api/v1/candidates/{candidate_id}/verdict"
    return service.http.post(url, json={"decision": "confirmed"}, headers=headers)


@pytest.mark.parametrize(
    "host", ["evil.example.org", "127.0.0.1.evil.example.org", "localhost.evil.org:80", "[::1", "10.0.0.1",
             "user@localhost", "localhost/review", "localhost?x", "user:pass@127.0.0.1:80", "localhost:port"]
)  # fmt: skip
def test_a_foreign_name_is_not_ours(service: Service, host: str) -> None:
    answer = service.http.get("/api/v1/candidates", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"
    assert "items" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000", "LOCALHOST"])
def test_this_machines_names_are_ours(service: Service, host: str) -> None:
    assert service.http.get("/livez", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        OTHER_SITE,
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://[half"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_cannot_decide(service: Service, headers: dict[str, str]) -> None:
    (candidate_id,) = service.seed()
    assert verdict(service, candidate_id, headers).status_code == 403
    assert service.http.get(f"/api/v1/candidates/{candidate_id}").json()["state"] == "open"


def test_our_own_page_and_programs_can(service: Service) -> None:
    first, second = service.seed(2)
    assert verdict(service, first, {"Origin": service.url, "Sec-Fetch-Site": "same-origin"}).status_code == 201
    assert verdict(service, second, {}).status_code == 201


def test_a_form_of_another_site_has_no_way_round_the_json_type(service: Service) -> None:
    (candidate_id,) = service.seed()
    url = f"/api/v1/candidates/{candidate_id}/verdict"
    body = b'{"decision": "confirmed"}'
    assert service.http.post(url, content=body, headers={"Content-Type": "text/plain"}).status_code == 422


def test_a_long_body_is_refused_whether_announced_or_not(service: Service) -> None:
    (candidate_id,) = service.seed()
    url = f"/api/v1/candidates/{candidate_id}/verdict"
    announced = service.http.post(url, content=bytes(70_000))
    chunked = service.http.post(url, content=iter([bytes(30_000)] * 4))
    assert (announced.status_code, chunked.status_code) == (413, 413)
    assert announced.headers["content-type"] == chunked.headers["content-type"] == "application/problem+json"


def test_two_lengths_are_refused_and_the_line_is_closed(service: Service) -> None:
    """What a proxy before us takes for the next request must not be read as one here."""
    host, port = service.url.removeprefix("http://").split(":")
    head = f"POST /api/v1/surveys HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(f"{head}0\r\n\r\nGET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        answer = b""
        while piece := line.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_refusal_reaches_a_client_whose_body_comes_late(service: Service) -> None:
    host, port = service.url.removeprefix("http://").split(":")
    head = f"POST /api/v1/surveys HTTP/1.1\r\nHost: {host}\r\nOrigin: null\r\nContent-Length: 50000\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(head.encode())
        time.sleep(0.1)  # it has answered by now, and closed at once it would reset what follows
        for _ in range(5):
            line.sendall(bytes(10_000))
            time.sleep(0.02)
        assert line.recv(4000).startswith(b"HTTP/1.1 403 ")


def test_a_request_that_is_cut_off_does_nothing(service: Service) -> None:
    (candidate_id,) = service.seed()
    host, port = service.url.removeprefix("http://").split(":")
    head = (
        f"POST /api/v1/candidates/{candidate_id}/verdict HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    )
    with socket.create_connection((host, int(port))) as line:
        line.sendall(f'{head}Content-Length: 500\r\n\r\n{{"decision": "confirmed"}}'.encode())
    assert service.http.get(f"/api/v1/candidates/{candidate_id}").json()["state"] == "open"


@pytest.mark.parametrize("path", ["/review", "/api/v1/candidates", "/static/review.js", "/nowhere"])
def test_every_answer_carries_the_security_headers(service: Service, path: str) -> None:
    headers = service.http.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "cache-control" in headers
