"""A small case system on a real port that can be told to fail in the ways real ones do."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """What to do with one request; `drop` applies the case, then cuts the line before the reply."""

    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0
    drop: bool = False


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    key: str
    token: str
    path: str
    body: bytes


class CaseServer(ThreadingHTTPServer):
    """Keeps each idempotency key once, as a case system must; answers come from `script`, then 201."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: list[Answer] = []
        self.requests: list[Received] = []
        self.cases: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/cases"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has hung up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: CaseServer

    def do_POST(self) -> None:  # the name that http.server calls
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers.get("Idempotency-Key", "")
        server = self.server
        server.requests.append(Received(key, self.headers.get("Authorization", ""), self.path, body))
        answer = server.script.pop(0) if server.script else Answer()
        time.sleep(answer.delay)
        if 200 <= answer.status < 300:
            server.cases.setdefault(key, body)
        if answer.drop:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        reply = json.dumps({"id": f"case-{list(server.cases).index(key)}"}).encode() if key in server.cases else b"{}"
        content = reply if answer.body is None else answer.body
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def case_server() -> Iterator[CaseServer]:
    """Run a case system for as long as a test needs it."""
    server = CaseServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
