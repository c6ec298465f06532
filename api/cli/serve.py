"""`streetwarden serve`: the whole service."""

import os
import signal
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType, TracebackType
from typing import Annotated, Final, Self

import typer

from api import logs
from api.accounts.service import first_link
from api.app import UTC_ZONE, create_app
from api.bootstrap import open_store, sole_service
from api.cameras.assembly import read_camera_file
from api.cameras.encryption import box_of
from api.cameras.health_store import HealthStore
from api.cameras.live_status import LiveStatus
from api.cameras.ownership import CameraOwnership
from api.cameras.registry_sync import RegistrySync, Watching
from api.cameras.repository import RegisteredCamera
from api.cameras.service import replace_all, shortened
from api.candidates.intake import StoreSink
from api.cases.place_checks import PlaceChecks
from api.cli.options import duration_from
from api.clock import wall_clock
from api.console import print_error
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import ManyRemoved
from api.inference.model_cache import ModelCache, shelf_of
from api.labels.pool import Pool
from api.labels.proposing import propose_with
from api.models.shadow_runner import ShadowRunner
from api.pages.svg_map import map_zones
from api.rulebooks.in_force import RulebookInUse, RulebookWatch, adopt, note_use
from api.settings import Settings, load_settings
from api.surveys.jobs.pool import WorkerPool
from api.web.server import BackgroundServer, bind
from detector.rules.load import load_rulebook
from streams.camera.address import Reach
from streams.sandbox import kernel

RULEBOOK_EVERY: Final = 5.0  # seconds between two looks at which version is in force
STOP_SECONDS: Final = 30.0  # a worker gives its chunk back within 10 s, a request ends within 5
Cameras = Annotated[
    Path | None, typer.Option("--cameras", help="A camera file to import first; else STREETWARDEN_CAMERAS_FILE.")
]
Book = Annotated[Path | None, typer.Option("--rulebook", help="The rulebook; else STREETWARDEN_RULEBOOK_FILE.")]

app = typer.Typer(rich_markup_mode=None)


@app.command()
def serve(
    watch: Annotated[
        bool, typer.Option("--watch", help="Also watch the cameras, each read in its own process.")
    ] = False,
    cameras: Cameras = None,
    rulebook: Book = None,
    for_: Annotated[str | None, typer.Option("--for", help="Stop after this long, e.g. 10m.")] = None,
) -> None:
    """Serve the API and the review page, deliver confirmed cases, and work through uploaded surveys.

    Example: streetwarden serve --watch --cameras cameras.yaml --rulebook rulebook.yaml
    """
    settings = load_settings()
    logs.set_up(settings.log_format)
    cameras = cameras or settings.cameras_file
    settings = settings.model_copy(update={"rulebook_file": rulebook or settings.rulebook_file})
    limit = duration_from("--for", for_) if for_ else None
    until = None if limit is None else time.monotonic() + limit.total_seconds()
    with OrderlyStop() as stop:
        coming = _serve(settings, watch, cameras, until, stop, None)
        while coming is not None and stop.resume():
            coming = _serve(settings, watch, None, until, stop, coming)


def _serve(
    settings: Settings,
    watch: bool,
    cameras: Path | None,
    until: float | None,
    stop: "OrderlyStop",
    used: RulebookInUse | None,
) -> RulebookInUse | None:
    """Serve until stopped, or until `until` by the steady clock; return the rulebook that came into force meanwhile.

    `used` is the one to go by, loaded already; with None it is found out, and the own file recorded.
    """
    rulebook = settings.rulebook_file
    own = load_rulebook(rulebook, now=datetime.now(UTC)) if rulebook and used is None else None
    shelf = ModelCache.of(settings)
    reach = Reach(settings.camera_networks, loopback=settings.environment == "development")
    wanted = read_camera_file(cameras, shelf, settings.camera_networks, loopback=reach.loopback) if cameras else None
    kernel.report()
    with ExitStack() as stack:
        listener = stack.enter_context(bind(settings.host, settings.port))
        stack.enter_context(sole_service(settings.data_dir))
        database, files = open_store(settings, upgrade=True)
        stack.callback(database.close)
        if used is None:
            used = adopt(database, settings.data_dir, rulebook, own, wall_clock())
        note_use(database, used, wall_clock())
        book = used.book
        for line in book.advice if book else ():
            print_error(f"rulebook {line}")
        if cameras is not None and wanted is not None:
            _import(database, settings, wanted, cameras)
        live = LiveStatus()
        live.frames.cameras = live.views
        zones = map_zones(book) if book else ()
        app = create_app(
            settings,
            database,
            files,
            zones=lambda: zones,
            cameras=live.views,
            picture=live.picture,
            accept_view=live.accept,
            class_names=used.class_names,
            zone=book.timezone if book else UTC_ZONE,
        )
        stack.enter_context(Pool(settings, database, files, live.frames, propose_with(shelf)).running())
        server = stack.enter_context(BackgroundServer(app, listener))
        stack.enter_context(WorkerPool(settings, database, settings.survey_workers, rulebook=used.source.sha256))
        memory = settings.data_dir / "memory"
        ownership = CameraOwnership(database, memory)
        sink = StoreSink(database, files, on_note=live.note, fence=ownership.check)
        health = HealthStore(database, files, fence=ownership.check)
        watching = None
        if watch:
            shadows = ShadowRunner(shelf_of(settings), shelf, database, files, settings.shadow_cpu_share)
            shadows.start()
            stack.callback(shadows.stop, timedelta(seconds=5))
            watching = Watching(
                shelf,
                book,
                sink,
                health,
                settings.data_dir / "memory",
                reach,
                ownership,
                sink.handed_on_since,
                shadows,
                sink.past,
                PlaceChecks(database, files, fence=ownership.check).see,
            )
        stack.enter_context(RegistrySync(database, box_of(settings), live, watching))
        if watch and not live.cameras:
            print_error(
                "no cameras yet: streetwarden cameras import FILE brings them, this service need not be restarted"
            )
        if link := first_link(database, wall_clock()):
            address = f"{_at(settings, listener)}/welcome/{link}"
            print_error(f"nobody can sign in yet; the administrator sets the password here, once: {address}")
        print_error(
            f"streetwarden serves http://{settings.host}:{listener.getsockname()[1]}  (Ctrl-C or SIGTERM stops it)"
        )
        coming = _wait(server, until, RulebookWatch(database, rulebook, used))
        if coming is None:
            stop.begin()
        else:
            stop.hold()
            print_error("another version of the rulebook is in force: the service starts anew with it")
        return coming


class OrderlyStop:
    """While the context lasts SIGTERM is what Ctrl-C is: everything is stopped in its order, within STOP_SECONDS.

    What does not end by then is left: every file and every row is whole at any moment. Between `hold` and `resume` a
    SIGTERM breaks nothing off, and is noted.
    """

    def __init__(self) -> None:
        self._watchdog = threading.Timer(STOP_SECONDS, _leave)
        self._watchdog.daemon = True
        self._begun = False
        self._held = False

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGTERM, self._end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._watchdog.cancel()
        signal.signal(signal.SIGTERM, self._before)

    def begin(self) -> None:
        """Count from now on; a second SIGTERM would break off what the first has begun, and is ignored."""
        if not self._begun:
            self._begun = True
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self._watchdog.start()

    def hold(self) -> None:
        """Let what is stopped now, to begin anew, end in its order, however long that takes."""
        self._held = True

    def resume(self) -> bool:
        """Let SIGTERM stop again what begins now; return whether anything may, as none came meanwhile."""
        self._held = False
        return not self._begun

    def _end(self, number: int, _: FrameType | None) -> None:
        self.begin()
        if not self._held:
            raise KeyboardInterrupt


def _leave() -> None:
    print_error(f"not all work ended within {STOP_SECONDS:.0f} s; what was not done is done after the next start")
    os._exit(1)


def _import(database: Database, settings: Settings, wanted: Sequence[RegisteredCamera], file: Path) -> None:
    """Take the cameras of a file into the registry, and say which go; where they are many, keep the registry."""
    try:
        changes = replace_all(EVERYWHERE, database, settings, wall_clock(), wanted, file.name)
    except ManyRemoved as error:
        print_error(
            f"{error}: nothing of it was imported, the cameras are those of the registry. If they are to go: "
            f"streetwarden cameras import {file} --remove"
        )
        return
    if changes.removed:
        print_error(f"{file.name}: removed from the cameras: {len(changes.removed)} ({shortened(changes.removed)})")


def _at(settings: Settings, listener: socket.socket) -> str:
    """Return where browsers reach the service; the port is known by now."""
    return settings.base_url if settings.public_url else f"http://{settings.host}:{listener.getsockname()[1]}"


def _wait(server: BackgroundServer, until: float | None, watch: RulebookWatch) -> RulebookInUse | None:
    """Wait for the end; return the rulebook that came into force, which is asked for every RULEBOOK_EVERY seconds."""
    over, asked = threading.Event(), time.monotonic()
    try:
        while server.alive and not over.wait(0.5):
            now = time.monotonic()
            if until is not None and now >= until:
                break
            if now - asked >= RULEBOOK_EVERY:
                asked = now
                if coming := watch.look():
                    return coming
    except KeyboardInterrupt:
        print_error("stopping")
    return None
