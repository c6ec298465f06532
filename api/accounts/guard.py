"""What stands before every route: who sent the request. Without a session or an API key hardly anything answers."""

import re
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.accounts import keys, sessions
from api.clock import Clock
from api.db.database import Database
from api.dependencies import PRINCIPAL, Principal
from api.errors import DatabaseUnavailable, Forbidden, NotSignedIn, Problem

OPEN: Final = frozenset(
    {
        "/livez",
        "/readyz",
        "/login",
        "/login/oidc",
        "/login/oidc/callback",
        "/static/streetwarden.css",
        "/static/mark.svg",
    }
)
"""What answers without a session, beside one-time links and what is signed."""
WELCOME: Final = re.compile(r"/welcome/[A-Za-z0-9_-]{20,100}")
SIGNED: Final = re.compile(r"/api/v1/case-callbacks/[^/]{1,64}|/shared/pictures/[^/]{1,64}/[^/]{1,64}")
"""What a signature opens, which the route itself checks: callbacks of case systems, pictures that a case links to."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def cookie_name(https: bool) -> str:
    """Return the name of the cookie of sessions: `__Host-` lets no other host and no plain connection set it."""
    return "__Host-session" if https else "session"


def session_token(headers: Headers, https: bool) -> str | None:
    """Return the token that the browser sent, None without one."""
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return None
    sent = cookies.get(cookie_name(https))
    return sent.value if sent and sent.value else None


class SessionGuard:
    """An ASGI middleware: tells each request's sender by session or API key; refuses those of nobody."""

    def __init__(self, app: ASGIApp, database: Database, clock: Clock, https: bool) -> None:
        self._app = app
        self._database = database
        self._clock = clock
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass with its sender, or answer it."""
        if scope["type"] == "http" and not is_open(scope["path"]):
            try:
                scope[PRINCIPAL] = await run_in_threadpool(self._sender, scope)
            except (Problem, DatabaseUnavailable) as error:
                answer = await run_in_threadpool(_refusal, scope, error)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _sender(self, scope: Scope) -> Principal:
        """Return who sent a request. Raises NotSignedIn or Forbidden."""
        headers, now = Headers(scope=scope), self._clock()
        address = scope["client"][0] if scope.get("client") else ""
        kind, _, key = headers.get("authorization", "").partition(" ")
        if kind:
            return self._by_key(key.strip() if kind.lower() == "bearer" else "", address, now)
        token = session_token(headers, self._https)
        if token is None:
            raise NotSignedIn("sign in first, or send an API key")
        principal = self._by_session(token, address, now)
        # What is foreign was refused before; a browser says where a request comes from, and only browsers have cookies.
        if scope["method"] not in SAFE_METHODS and not {"origin", "sec-fetch-site"} & set(headers):
            raise Forbidden("a request with a session must say where it comes from (Origin); programs use API keys")
        return principal

    def _by_key(self, key: str, address: str, now: datetime) -> Principal:
        with self._database.read() as connection:
            known = keys.by_secret(connection, key, now)
        if known is None:
            raise NotSignedIn("this API key is not known, was revoked or has expired")
        if known.used_at is None or now - known.used_at >= keys.USED_EVERY:
            with self._database.write() as connection:
                keys.touch(connection, known.id, now)
        return Principal(known.scope(address))

    def _by_session(self, token: str, address: str, now: datetime) -> Principal:
        with self._database.read() as connection:
            found = sessions.find(connection, token, now)
        if found is None:
            raise NotSignedIn("the session has ended; sign in again")
        session, user = found
        if now - session.seen_at >= sessions.SEEN_EVERY:
            with self._database.write() as connection:
                sessions.touch(connection, session.id, now)
        return Principal(user.scope(address), session.id)


def is_open(path: str) -> bool:
    """Tell whether a path answers without a session."""
    return path in OPEN or (WELCOME.fullmatch(path) or SIGNED.fullmatch(path)) is not None


def _refusal(scope: Scope, error: Problem | DatabaseUnavailable) -> Response:
    """Return a redirect to the login where a browser wants a page, else what the application says to such an error."""
    request = Request(scope)
    wants_page = request.headers.get("sec-fetch-dest", "document") == "document"
    if isinstance(error, NotSignedIn) and wants_page and not scope["path"].startswith("/api/"):
        query = f"?{request.url.query}" if request.url.query else ""
        back = f"?next={quote(scope['path'] + query, safe='')}" if scope["method"] == "GET" else ""
        return RedirectResponse(f"/login{back}", 303)
    app: FastAPI = scope["app"]
    handler = next(app.exception_handlers[kind] for kind in type(error).__mro__ if kind in app.exception_handlers)
    answer = handler(request, error)
    if not isinstance(answer, Response):
        raise TypeError("the handlers of problems answer at once")
    return answer
