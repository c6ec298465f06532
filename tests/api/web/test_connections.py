"""Requests that never end, clients that never read, and what a flood of them leaves: one line in the log."""

import logging
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Response

from api.web import connections, middleware
from api.web.connections import OncePerMinute
from tests.api.conftest import Service
from tests.api.serving import serve
from tests.api.surveys.footage import announce, video


@contextmanager
def line_to(service: Service, said: str, timeout: float = 5) -> Iterator[socket.socket]:
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=timeout) as line:
        line.sendall(said.replace("HOST", f"{host}:{port}").encode())
        yield line


def all_of(line: socket.socket) -> bytes:
    """Everything until the service closes the line; a reset counts as closed."""
    came = b""
    try:
        while piece := line.recv(65536):
            came += piece
    except ConnectionResetError:
        pass
    return came


@pytest.mark.parametrize("begun", ["", "GET /livez HTTP/1.1\r\n"])
def test_a_header_that_does_not_end_is_cut_off(service: Service, monkeypatch: pytest.MonkeyPatch, begun: str) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.2)
    with line_to(service, begun) as line:
        assert all_of(line) == b""


def test_bytes_now_and_then_do_not_prolong_it(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the second request of a connection, whose first one was answered."""
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    with line_to(service, "GET /livez HTTP/1.1\r\nHost: HOST\r\n\r\n") as line:
        assert line.recv(4096).startswith(b"HTTP/1.1 200 ")
        line.settimeout(0.05)
        began = time.monotonic()
        line.sendall(b"GET /livez HTTP/1.1\r\nA: ")
        while time.monotonic() - began < 5:
            try:
                line.sendall(b"x")
                if line.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    assert time.monotonic() - began < 4


def test_a_body_that_does_not_end_is_answered_408(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "BODY_SECONDS", -1.0)
    (candidate_id,) = service.seed()
    head = f"POST /api/v1/candidates/{candidate_id}/verdict HTTP/1.1\r\nHost: HOST\r\nContent-Length: 50\r\n\r\n{{"
    monkeypatch.setattr(middleware, "LINGER_SECONDS", 0.1)
    with line_to(service, head) as line:
        answer = all_of(line)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


def test_an_upload_that_drips_gives_its_file_back(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "PACE_SECONDS", 0.2)
    monkeypatch.setattr(connections, "LINGER_SECONDS", 0.1)
    file = announce(service.http, video()).json()["files"][0]
    head = (
        f"PATCH {file['upload']} HTTP/1.1\r\nHost: HOST\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        f"Authorization: Bearer {service.key}\r\n"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {file['size']}\r\n\r\n"
    )
    with line_to(service, head) as line:
        line.settimeout(0.05)
        answer, sent = b"", 0
        deadline = time.monotonic() + 10
        while b"\r\n\r\n" not in answer and time.monotonic() < deadline:
            line.sendall(b"x")
            sent += 1
            try:
                answer += line.recv(4096)
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 204 ")
    with_tus = {"Tus-Resumable": "1.0.0"}
    kept = int(service.http.head(file["upload"], headers=with_tus).headers["upload-offset"])
    assert 0 < kept <= sent
    resumed = {**with_tus, "Upload-Offset": str(kept), "Content-Type": "application/offset+octet-stream"}
    assert service.http.patch(file["upload"], headers=resumed, content=b"x").status_code == 204  # not 423


def test_a_client_that_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.2)
    app = FastAPI()
    app.add_api_route("/", lambda: Response(bytes(30_000_000)))  # more than the kernel keeps for both sides
    with serve(app) as served:
        host, port = served.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(0.5)
            line.settimeout(10)
            assert len(all_of(line)) < 30_000_000


def test_of_too_many_connections_the_oldest_unfinished_goes(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 20)
    with ExitStack() as stack:
        lines = [stack.enter_context(line_to(service, "GET /livez HTTP/1.1\r\n")) for _ in range(60)]
        for _ in range(3):
            assert httpx.get(f"{service.url}/livez", timeout=5, trust_env=False).status_code == 200
        lines[0].settimeout(5)
        assert all_of(lines[0]) == b""
        lines[-1].sendall(f"Host: {service.url.removeprefix('http://')}\r\nConnection: close\r\n\r\n".encode())
        assert b'{"status":"ok"}' in all_of(lines[-1])


def test_the_cap_leaves_files_for_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for files, most in ((1024, 500), (256, 128), (100, 16), (resource.RLIM_INFINITY, 500)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, files=files: (files, files))
        assert connections.most_connections() == most


def test_a_log_line_is_said_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("uvicorn.error.test")
    once = OncePerMinute()
    logger.addFilter(once)
    for number in range(1000):
        logger.warning("Invalid HTTP request received.")
        logger.error("%d is an error, and stands", number)
    assert caplog.messages.count("Invalid HTTP request received.") == 1
    assert len(caplog.messages) == 1001


def test_280_half_requests_hold_nobody_up(tmp_path: Path, sqlite_template: Path) -> None:
    """The real command, and few open files: it once became unreachable, and wrote 163 MB of log in 35 s."""
    (tmp_path / "var").mkdir()
    shutil.copy(sqlite_template, tmp_path / "var" / "streetwarden.sqlite3")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "STREETWARDEN_PORT": str(port),
        "STREETWARDEN_DATA_DIR": str(tmp_path / "var"), "STREETWARDEN_SURVEY_WORKERS": "0",
        "STREETWARDEN_MIN_FREE_MB": "1",
    }  # fmt: skip
    said = tmp_path / "log"
    with said.open("wb") as log:
        command = [sys.executable, "-c", "from api.cli import main; main()", "serve"]
        limited = ["sh", "-c", 'ulimit -n 256; exec "$@"', "sh", *command]
        service = subprocess.Popen(limited, stderr=log, stdout=log, env=environment, cwd=tmp_path)
    with ExitStack() as stack:
        stack.callback(service.wait, 40)
        stack.callback(service.kill)
        deadline = time.monotonic() + 60
        while b"streetwarden serves" not in said.read_bytes():
            assert service.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.1)
        half = f"POST /api/v1/surveys HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode()
        for number in range(280):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            line.sendall(half + (b"Content-Length: 1000\r\n\r\n{" if number % 2 else b""))
        client = stack.enter_context(httpx.Client(timeout=10, trust_env=False))
        seconds = []
        for _ in range(5):  # the quickest: a machine that runs other tests beside may hold up any one of them
            began = time.monotonic()
            assert client.get(f"http://127.0.0.1:{port}/livez").status_code == 200
            seconds.append(time.monotonic() - began)
        assert min(seconds) < 1, seconds
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0
        assert len(said.read_text().splitlines()) < 100, said.read_text()
        assert "Traceback" not in said.read_text()
        assert said.read_text().rstrip().endswith("stopping")
