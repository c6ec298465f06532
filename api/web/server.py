"""The web server in this process: started, asked whether it listens, stopped."""

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI

from api.errors import PortTaken
from api.web.connections import Connection, quiet_logs

START = 20.0  # seconds a server may take to begin to listen
STOP = 5  # seconds that requests under way have to end when it is told to stop
BACKLOG = 100  # connections that wait to be accepted; asyncio logs one line for each while no file can be opened


def server_config(app: FastAPI) -> uvicorn.Config:
    """Return how the application is served, here and in the tests."""
    quiet_logs()
    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="on",
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=STOP,
    )


def bind(host: str, port: int) -> socket.socket:
    """Return a listening address, taken before anything heavy starts; raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
    except OSError as error:
        listener.close()
        reason = error.strerror or type(error).__name__
        raise PortTaken(
            f"{host}:{port}: {reason}; stop what listens there, or set STREETWARDEN_PORT to another port"
        ) from error
    return listener


class BackgroundServer:
    """The application behind a bound address, served from a thread of its own while the context lasts."""

    def __init__(self, app: FastAPI, listener: socket.socket) -> None:
        self._server = uvicorn.Server(server_config(app))
        self._listener = listener
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def _run(self) -> None:
        with suppress(SystemExit):  # uvicorn leaves so when start-up fails; `__enter__` says it
            self._server.run(sockets=[self._listener])

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + START
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise PortTaken("the web server did not start; the log above says why")
            time.sleep(0.02)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(2 * STOP + 5)
        self._listener.close()

    @property
    def alive(self) -> bool:
        """Return whether it still serves."""
        return self._thread.is_alive()
