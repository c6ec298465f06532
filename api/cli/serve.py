"""`streetwarden serve`: the whole service."""

import logging
import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.accounts.repository import Actor
from api.app import create_app
from api.bootstrap import open_store
from api.cameras.assembly import read_camera_file
from api.cameras.encryption import box_of
from api.cameras.health_store import HealthStore
from api.cameras.live_status import LiveStatus
from api.cameras.registry_sync import RegistrySync, Watching
from api.cameras.service import replace_all
from api.candidates.intake import StoreSink
from api.cli.options import duration_from
from api.clock import wall_clock
from api.console import print_error
from api.db.scope import EVERYWHERE
from api.inference.model_cache import ModelCache
from api.labels.pool import Pool
from api.labels.proposing import propose_with
from api.pages.classes import read_classes
from api.pages.svg_map import map_zones
from api.rulebooks import repository as rulebooks
from api.rulebooks.fallback import NO_RULEBOOK
from api.settings import load_settings
from api.surveys.jobs.pool import WorkerPool
from api.web.server import BackgroundServer, bind
from detector.rules.load import load_rulebook
from streams.camera.address import Reach
from streams.sandbox import kernel

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
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = load_settings()
    cameras, rulebook = cameras or settings.cameras_file, rulebook or settings.rulebook_file
    limit = duration_from("--for", for_) if for_ else None
    book = load_rulebook(rulebook, now=datetime.now(UTC)) if rulebook else None
    class_names = read_classes(rulebook, book)
    shelf = ModelCache.of(settings)
    reach = Reach(settings.camera_networks, loopback=settings.environment == "development")
    wanted = read_camera_file(cameras, shelf, settings.camera_networks, loopback=reach.loopback) if cameras else None
    kernel.report()
    with ExitStack() as stack:
        listener = stack.enter_context(bind(settings.host, settings.port))
        database, files = open_store(settings, upgrade=True)
        source = book.source if book else NO_RULEBOOK
        with database.write() as connection:
            rulebooks.record(connection, source, Actor.service(), datetime.now(UTC))
        stack.callback(database.close)
        if cameras is not None and wanted is not None:
            replace_all(EVERYWHERE, database, settings, wall_clock(), wanted, cameras.name)
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
            class_names=class_names,
        )
        stack.enter_context(Pool(settings, database, files, live.frames, propose_with(shelf)).running())
        server = stack.enter_context(BackgroundServer(app, listener))
        workers = settings.model_copy(update={"rulebook_file": rulebook})
        stack.enter_context(WorkerPool(workers, database, settings.survey_workers))
        sink = StoreSink(database, files, on_note=live.note)
        health = HealthStore(database, files)
        watching = Watching(shelf, book, sink, health, settings.data_dir / "memory", reach) if watch else None
        stack.enter_context(RegistrySync(database, box_of(settings), live, watching))
        if watch and not live.cameras:
            print_error(
                "no cameras yet: streetwarden cameras import FILE brings them, this service need not be restarted"
            )
        print_error(f"streetwarden serves http://{settings.host}:{listener.getsockname()[1]}  (Ctrl-C stops it)")
        _wait(server, None if limit is None else limit.total_seconds())


def _wait(server: BackgroundServer, seconds: float | None) -> None:
    over = threading.Event()
    timer = threading.Timer(seconds, over.set) if seconds is not None else None
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        while server.alive and not over.wait(0.5):
            pass
    except KeyboardInterrupt:
        print_error("stopping")
    finally:
        if timer is not None:
            timer.cancel()
