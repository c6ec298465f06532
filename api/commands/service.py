"""`streetwarden serve` and `streetwarden demo`."""

import logging
import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.app import create_app, open_store
from api.board import CameraBoard
from api.commands.cameras import keep
from api.demo.run import run_demo
from api.durations import parse_duration
from api.intake import StoreSink
from api.jobs.crew import Crew
from api.keeper import Keeper, Watching
from api.printing import tell
from api.serving import BackgroundServer, bind
from api.settings import Settings, load_settings
from api.wiring import ModelShelf, map_zones, read_camera_file
from detector.rulebook_file import load_rulebook
from streams.address import Reach
from streams.sandbox import kernel

Cameras = Annotated[
    Path | None, typer.Option("--cameras", help="A camera file to import first; else STREETWARDEN_CAMERAS_FILE.")
]
Book = Annotated[Path | None, typer.Option("--rulebook", help="The rulebook; else STREETWARDEN_RULEBOOK_FILE.")]


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
    limit = parse_duration("--for", for_) if for_ else None
    book = load_rulebook(rulebook, now=datetime.now(UTC)) if rulebook else None
    shelf = ModelShelf.of(settings)
    reach = Reach(settings.camera_networks, loopback=settings.environment == "development")
    wanted = read_camera_file(cameras, shelf, settings.camera_networks, loopback=reach.loopback) if cameras else None
    kernel.report()
    with ExitStack() as stack:
        listener = stack.enter_context(bind(settings.host, settings.port))
        database, files = open_store(settings)
        stack.callback(database.close)
        if cameras is not None and wanted is not None:
            keep(database, settings, wanted, cameras.name)
        board = CameraBoard()
        zones = map_zones(book) if book else ()
        app = create_app(
            settings,
            database,
            files,
            zones=lambda: zones,
            cameras=board.views,
            picture=board.picture,
            accept_view=board.accept,
        )
        server = stack.enter_context(BackgroundServer(app, listener))
        workers = settings.model_copy(update={"rulebook_file": rulebook})
        stack.enter_context(Crew(workers, database, settings.survey_workers))
        sink = StoreSink(database, files, on_note=board.note)
        watching = Watching(shelf, book, sink, settings.data_dir / "memory", reach) if watch else None
        stack.enter_context(Keeper(database, settings.secret_box(), board, watching))
        if watch and not board.cameras:
            tell("no cameras yet: streetwarden cameras import FILE brings them, this service need not be restarted")
        tell(f"streetwarden serves http://{settings.host}:{listener.getsockname()[1]}  (Ctrl-C stops it)")
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
        tell("stopping")
    finally:
        if timer is not None:
            timer.cancel()


def demo(
    for_: Annotated[str | None, typer.Option("--for", help="End by itself after this long, e.g. 120s.")] = None,
    samples: Annotated[Path | None, typer.Option(help="Another folder of sample footage.")] = None,
) -> int:
    """Run the whole service on its sample footage, ready to review in a browser, until Ctrl-C.

    Example: streetwarden demo --for 120s
    """
    limit = parse_duration("--for", for_).total_seconds() if for_ else None
    return run_demo(_demo_settings(), samples, limit)


def _demo_settings() -> Settings:
    settings = load_settings()
    return settings.model_copy(
        update={"data_dir": settings.data_dir / "demo", "database_url": None, "case_api_url": None}
    )


def register(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.command()(demo)
    app.command()(serve)
