"""A case system for the chaos test: knows a key by any of the adapters, and fails as it is told to."""

import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class ChaosServer(ThreadingHTTPServer):
    """Applies each key once; 15 % are answered 503, of 15 % the answer is lost, some are slow, one is poison."""

    daemon_threads = True

    def __init__(self, poison: str, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.poison = poison
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.applied: Counter[str] = Counter()
        self.bodies: dict[str, set[bytes]] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.statuses: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has hung up is part of the test."""


class _Handler(BaseHTTPRequestHandler):
    server: ChaosServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        key = self.headers["Idempotency-Key"]
        form = parse_qs(body.decode()) if "form" in self.headers["Content-Type"] else {}
        with server.lock:
            luck = server.random.random()
            server.bodies.setdefault(key, set()).add(body)
            server.headers[key] = {name.lower(): value for name, value in self.headers.items()}
        if key == server.poison:
            self._answer(422, {"error": "never"})
        elif luck < 0.15:
            self._answer(503, {})
        else:
            with server.lock:
                known = server.applied[key] > 0
                server.applied[key] += 0 if known else 1
            if 0.15 <= luck < 0.3:  # it was applied, and nobody hears of it
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if luck > 0.97:
                time.sleep(0.02)
            if known and form:
                self._answer(400, [{"code": 400, "description": "duplicate request"}])
            else:
                self._answer(201, [{"token": key}] if form else {"id": key})

    def do_GET(self) -> None:
        kind, name = self.path.removesuffix(".json").split("/")[-2:]
        if kind == "tokens":
            self._answer(200, [{"service_request_id": f"r-{name}", "token": name}])
        else:
            self._answer(200, [{"service_request_id": name, "status": self.server.statuses.get(name, "open")}])

    def _answer(self, status: int, document: object) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def chaos_server(poison: str, seed: int = 18) -> Iterator[ChaosServer]:
    """Run a case system that fails often."""
    server = ChaosServer(poison, seed)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
