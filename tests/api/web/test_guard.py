"""The guard in front of every route, spoken to in ASGI: bodies in pieces, limits, and what passes untouched."""

import asyncio
import json
from collections.abc import Iterable

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.web import middleware
from api.web.middleware import MANIFESTS, MAX_BODY, MAX_MANIFEST, RequestGuard
from api.web.problems import phrase, problem_responses

UPLOAD = "/api/v1/surveys/1/files/2"


class App:
    """A route that reads its whole body and answers 200 with two headers of its own."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        more = scope["type"] == "http"
        while more:
            message = await receive()
            self.pieces.append(message.get("body", b""))
            more = message.get("more_body", False)
        headers = [(b"cache-control", b"private"), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"done"})


def ask(
    app: App,
    method: str = "POST",
    path: str = "/api/v1/candidates/1/verdict",
    body: Iterable[bytes] = (b"",),
    headers: dict[str, str] | None = None,
    *,
    cut: bool = False,
    hosts: tuple[str, ...] = ("Street.example.org",),
) -> list[Message]:
    """What the guard sends for one request; `cut` ends it before its last piece."""
    pieces = list(body)
    incoming: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": cut or number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]
    incoming += [{"type": "http.disconnect"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    said = {"host": "localhost"} | (headers or {})
    raw = [(name.encode(), value.encode()) for name, value in said.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": raw}
    asyncio.run(RequestGuard(app, hosts)(scope, receive, send))
    return sent


def status(sent: list[Message]) -> int:
    return int(sent[0]["status"])


def test_a_body_in_pieces_comes_to_the_route_as_one() -> None:
    app = App()
    assert status(ask(app, body=[b"ab", b"", b"c"])) == 200
    assert app.pieces == [b"abc"]


@pytest.mark.parametrize(
    ("method", "path", "size", "expected"),
    [
        ("POST", "/x", MAX_BODY, 200),
        ("POST", "/x", MAX_BODY + 1, 413),
        ("POST", MANIFESTS, MAX_BODY + 1, 200),
        ("POST", MANIFESTS, MAX_MANIFEST + 1, 413),
        ("PUT", MANIFESTS, MAX_BODY + 1, 413),
        ("POST", MANIFESTS + "/1", MAX_BODY + 1, 413),
        ("PATCH", UPLOAD, MAX_MANIFEST + 1, 200),
        ("PATCH", UPLOAD + "/x", MAX_BODY + 1, 413),
        ("POST", UPLOAD, MAX_BODY + 1, 413),
        ("PATCH", "/evil" + UPLOAD, MAX_BODY + 1, 413),
    ],
)
def test_how_much_each_route_takes(method: str, path: str, size: int, expected: int) -> None:
    for announced in ({}, {"content-length": str(size)}):
        app = App()
        assert status(ask(app, method, path, [bytes(size)], announced)) == expected
        assert app.asked == (expected == 200)


def test_an_announced_length_that_is_a_lie_is_counted() -> None:
    app = App()
    assert status(ask(app, body=[bytes(MAX_BODY), b"x"], headers={"content-length": "5"})) == 413
    assert app.asked == 0


def test_footage_streams_piece_by_piece() -> None:
    app = App()
    ask(app, "PATCH", UPLOAD, [b"ab", b"c"])
    assert app.pieces == [b"ab", b"c"]


def test_a_request_that_is_cut_off_reaches_no_route() -> None:
    app = App()
    sent = ask(app, body=[b'{"decision": "confirmed"}'], cut=True)
    assert (status(sent), app.asked) == (413, 0)


def test_a_refusal_is_a_whole_problem_document_and_closes_the_line() -> None:
    sent = ask(App(), headers={"host": "evil.example.org"})
    headers = dict(sent[0]["headers"])
    body = b"".join(message.get("body", b"") for message in sent[1:])
    assert (status(sent), headers[b"connection"], len(body)) == (421, b"close", int(headers[b"content-length"]))
    assert json.loads(body)["instance"] == "/api/v1/candidates/1/verdict"
    assert sent[-1].get("more_body", False) is False
    assert headers[b"x-content-type-options"] == b"nosniff"


def test_a_refused_sender_without_end_is_not_read_for_ever() -> None:
    many = [bytes(middleware.LINGER_BYTES // 4)] * 400
    app = App()
    assert status(ask(app, body=many)) == 413
    assert app.asked == 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [("street.example.org", 200), ("STREET.example.org:8000", 200), ("street.example.org.evil.org", 421), ("", 421),
     ("user@localhost", 421), ("localhost@evil.org", 421), ("127.0.0.1", 200)],
)  # fmt: skip
def test_names_that_were_allowed_in_any_case(host: str, expected: int) -> None:
    assert status(ask(App(), headers={"host": host})) == expected


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("GET", {"origin": "https://evil.org", "sec-fetch-site": "cross-site"}, 200),
        ("HEAD", {"origin": "https://evil.org"}, 200),
        ("DELETE", {"origin": "https://evil.org"}, 403),
        ("PATCH", {"sec-fetch-site": "cross-site"}, 403),
        ("POST", {"sec-fetch-site": "none"}, 200),
        ("POST", {"origin": "http://LOCALHOST"}, 200),
        ("POST", {"origin": "http://localhost:1"}, 403),
        ("POST", {"origin": "http://localhost", "sec-fetch-site": "same-site"}, 403),
    ],
)
def test_who_may_act(method: str, headers: dict[str, str], expected: int) -> None:
    assert status(ask(App(), method, UPLOAD, headers=headers)) == expected


def test_what_a_route_says_of_caching_stands() -> None:
    headers = dict(ask(App())[0]["headers"])
    assert headers[b"cache-control"] == b"private"
    assert b"content-security-policy" in headers


def test_what_is_no_request_passes() -> None:
    app = App()

    async def nothing() -> Message:
        return {"type": "lifespan.startup"}

    async def ignore(_: Message) -> None: ...

    asyncio.run(RequestGuard(app, ())({"type": "lifespan"}, nothing, ignore))
    assert app.asked == 1


def test_each_status_has_its_name_and_its_document() -> None:
    assert (phrase(404), phrase(460)) == ("Not Found", "Checksum Mismatch")
    described = problem_responses(404, 460)
    assert set(described) == {404, 460}
    assert set(described[460]["content"]) == {"application/problem+json"}
