"""What stands before every route: which names we answer to, who may make us act, and what a page may load."""

import asyncio
import contextlib
import re
import time
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import request_id
from api.settings import is_this_machine
from api.web.connections import UPLOADS
from api.web.problems import MEDIA_TYPE, ProblemDocument

MAX_BODY = 64 * 1024  # a verdict with the longest note is under 5 kB
MANIFESTS = "/api/v1/surveys"
MAX_MANIFEST = 4 * 1024 * 1024  # ten thousand files
BODY_SECONDS, BODY_RATE = 30.0, 50_000  # a body has so long, and a second more for each so many bytes it may have
PACE_SECONDS, PACE_BYTES = 60.0, 64 * 1024  # an upload that brings less in such a time is cut off, and may be resumed
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")  # a name and a port, and nothing else
ARCHIVES = re.compile(r"/api/v1/datasets/[^/]+/archive")
PHOTOGRAPHS = re.compile(r"/cases/[^/]+/fix")
_STREAMED = {"PATCH": UPLOADS, "PUT": ARCHIVES, "POST": PHOTOGRAPHS}
LINGER_BYTES, LINGER_SECONDS = 1024 * 1024, 2.0  # of a request that was refused before it had come whole
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class RequestGuard:
    """An ASGI middleware: refuses foreign host names and foreign pages, adds the security headers."""

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, or answer with a problem document."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        request = uuid4().hex[:16]  # made here: what a stranger sends must not forge lines of the log
        request_id.set(request)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        fault = self._fault(scope)
        if fault is not None:
            await _refuse(receive, send_guarded, scope, *fault)
            return
        streamed = _STREAMED.get(scope["method"])
        if streamed is not None and streamed.fullmatch(scope["path"]):
            # Footage, data sets, photographs: not read here, their routes count the bytes as they come.
            await self._app(scope, _paced(receive), send_guarded)
            return
        most = MAX_MANIFEST if scope["method"] == "POST" and scope["path"] == MANIFESTS else MAX_BODY
        seconds = BODY_SECONDS + most / BODY_RATE
        try:
            async with asyncio.timeout(seconds):
                body = await _read_body(scope, receive, most)
        except TimeoutError:
            await _refuse(receive, send_guarded, scope, 408, f"the request did not come whole within {seconds:.0f} s")
            return
        if body is None:
            await _refuse(receive, send_guarded, scope, 413, f"a request may carry {most} bytes at most, and must end")
            return
        await self._app(scope, _replay(body, receive), send_guarded)

    def _fault(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if "transfer-encoding" in headers and "content-length" in headers:
            # Two lengths: a proxy before us may go by the other one. RFC 9112, 6.3: such a connection is closed.
            return 400, "a request has a Transfer-Encoding or a Content-Length, not both"
        if not self._knows(host):
            # DNS rebinding: a foreign page that makes its own name point at us still sends that name here.
            return 421, f"this service does not answer to the name '{host}': see STREETWARDEN_ALLOWED_HOSTS"
        if scope["method"] not in SAFE_METHODS and not _from_our_pages(headers, host):
            return 403, "the request comes from a page of another site"
        return None

    def _knows(self, host: str) -> bool:
        name = _split(f"//{host}").hostname if HOST.fullmatch(host) else None
        return name is not None and (is_this_machine(name) or name in self._hosts)


def _from_our_pages(headers: Headers, host: str) -> bool:
    """Browsers say where a request comes from; programs say nothing, and cannot be tricked into asking."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or _split(origin).netloc.lower() == host.lower()


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # half an IPv6 address: nobody we know
        return urlsplit("")


async def _read_body(scope: Scope, receive: Receive, most: int) -> bytes | None:
    """Return the whole body, None where it is too long or cut off.

    Hardly a route takes a stream, so it is read up front.
    """
    announced = Headers(scope=scope).get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        return None
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most or message["type"] == "http.disconnect":
            return None
    return bytes(body)


def _paced(receive: Receive) -> Receive:
    """Return `receive` for a stream of which enough must come in time; counts only while something is waited for."""
    waited, came = 0.0, 0

    async def paced() -> Message:
        nonlocal waited, came
        began = time.monotonic()
        message = await receive()
        waited, came = waited + time.monotonic() - began, came + len(message.get("body", b""))
        if waited > PACE_SECONDS:
            if came < PACE_BYTES and message.get("more_body", False):
                return {"type": "http.disconnect"}
            waited, came = 0.0, 0
        return message

    return paced


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(receive: Receive, send: Send, scope: Scope, status: int, detail: str) -> None:
    """Answer with a problem document; what is still coming is read for a moment and thrown away.

    Closed at once, the line would be reset by the rest of the request, and the client would lose the answer with it.
    """
    title = HTTPStatus(status).phrase
    document = ProblemDocument(type="about:blank", title=title, status=status, detail=detail, instance=scope["path"])
    body = document.model_dump_json(exclude_defaults=True).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await _linger(receive)
    await send({"type": "http.response.body", "body": b""})


async def _linger(receive: Receive) -> None:
    left, more = LINGER_BYTES, True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while more and left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                more = message.get("more_body", False)
