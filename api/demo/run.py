"""Plays the sample street, watches it, flies over it, serves the review page and says what was found."""

import shutil
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from api.actor import Actor
from api.app import create_app
from api.bootstrap import open_store
from api.cameras.assembly import Site, build_look, read_site
from api.cameras.health_gate import HealthGatedLook
from api.cameras.health_store import HealthStore
from api.cameras.live_status import LiveStatus
from api.candidates import repository as stored
from api.candidates.intake import StoreSink
from api.candidates.repository import Filter, StoredCandidate
from api.cases.place_checks import PlaceChecks
from api.console import errors_console, print_error
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.demo.flight import survey_flight
from api.demo.people import add_people
from api.demo.score import Score, score, tell_score
from api.demo.script import SampleScript, read_script, stalls_flown_over
from api.evidence.files import EvidenceStore
from api.inference.model_cache import ModelCache
from api.inference.model_choice import STALLS
from api.labels.pool import Pool
from api.pages.svg_map import map_zones
from api.rulebooks import repository as rulebooks
from api.settings import Settings
from api.surveys.places import source_of
from api.web.server import BackgroundServer, bind
from detector.rules.load import load_rulebook
from detector.rules.rulebook import Rulebook
from detector.rules.ruling import Outcome
from streams.camera.source import CameraSource
from streams.errors import StreamError
from streams.loopback.server import LoopbackCamera
from streams.video.capture import Deadlines
from streams.watcher import watch

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@dataclass(frozen=True, slots=True)
class _Stage:
    """What both halves of the demo play on."""

    settings: Settings
    folder: Path
    script: SampleScript
    shelf: ModelCache
    book: Rulebook
    site: Site
    live: LiveStatus
    database: Database
    files: EvidenceStore
    sink: StoreSink
    health: HealthStore
    deadline: float | None

    @property
    def over(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline


def run_demo(settings: Settings, shelf: ModelCache, samples: Path | None, limit: float | None) -> int:
    """Play, watch, fly, serve and check; 0 when exactly what the script put there was found, 1 when not.

    `shelf` holds the models that look; `limit` is how many seconds to go on in all; without one the page is served
    until Ctrl-C.
    """
    deadline = None if limit is None else time.monotonic() + limit
    folder = samples or SAMPLES
    script = read_script(folder)
    shelf.get(STALLS)
    book = load_rulebook(folder / "rulebook.yaml", now=script.start)
    site = read_site(folder / "cameras.yaml", shelf, loopback=True)
    with ExitStack() as stack:
        listener = stack.enter_context(bind(settings.host, settings.port))
        shutil.rmtree(settings.data_dir, ignore_errors=True)  # each demo begins with an empty desk
        database, files = open_store(settings, upgrade=True)
        with database.write() as connection:
            rulebooks.record(connection, book.source, Actor.service(), datetime.now(UTC))
        stack.callback(database.close)
        live = LiveStatus(site.cameras)
        live.frames.cameras = live.views
        app = create_app(
            settings,
            database,
            files,
            zones=lambda: map_zones(book),
            cameras=live.views,
            picture=live.picture,
            accept_view=live.accept,
            zone=book.timezone,
        )
        stack.enter_context(BackgroundServer(app, listener))
        _tell_links(database, f"http://{settings.host}:{listener.getsockname()[1]}")
        stack.enter_context(Pool(settings, database, files, live.frames).running())
        sink = StoreSink(database, files, on_note=live.note)
        stage = _Stage(
            settings,
            folder,
            script,
            shelf,
            book,
            site,
            live,
            database,
            files,
            sink,
            HealthStore(database, files),
            deadline,
        )
        perfect = _watch_street(stage) and _fly_over(stage)
        _serve_until(deadline)
    return 0 if perfect else 1


def _tell_links(database: Database, base_url: str) -> None:
    """Print by which address each of the demo's people enters; each works once."""
    (reviewer, first), *others = add_people(database, base_url, datetime.now(UTC))
    print_error(f"review page: {first}")
    print_error(f"  opens once, as {reviewer.name}, {reviewer.grant.role}; other roles, each in a browser of its own:")
    for user, link in others:
        print_error(f"  {user.grant.role.value:14} {link}")


def _watch_street(stage: _Stage) -> bool:
    script, camera = stage.script, stage.site.cameras[0]
    look = HealthGatedLook(
        build_look(stage.site.specs[camera.id], stage.book, stage.shelf),
        stage.live,
        stage.sink,
        stage.health,
        look_again=PlaceChecks(stage.database, stage.files).see,
    )
    with LoopbackCamera(stage.folder / script.clip) as player:
        source = CameraSource(
            player.url,
            name=camera.id,
            every=camera.every,
            on_note=stage.live.note,
            start=script.start,
            speed=script.speed,
            # Player and watcher share this machine: on a busy one silence is no cut, and would end the recording.
            deadlines=Deadlines(open=60.0, read=60.0),
        )
        stop = threading.Event()
        errors: list[StreamError] = []

        def run() -> None:
            try:
                watch(source, look, stage.sink, camera.every, stop)
            except StreamError as error:
                errors.append(error)

        thread = threading.Thread(target=run, name="demo", daemon=True)
        thread.start()
        try:
            _follow(thread, stage, player.duration)
        finally:
            stop.set()
            thread.join(10)
    for error in errors:
        print_error(f"streetwarden: {error}")
    seen = _stored(stage, camera.id)
    result = score(script.expected, [one for one in seen if one.outcome is Outcome.VIOLATION])
    unknown = sum(one.outcome is not Outcome.VIOLATION for one in seen)
    remark = f"{unknown} more worth a look" + ("; the clip was not played to its end" if stage.over else "")
    tell_score("violations seen by the camera", script.expected, result, remark)
    return result.perfect and not stage.over and not errors


def _follow(thread: threading.Thread, stage: _Stage, duration: float) -> None:
    """Draw a progress bar until the clip is over or time runs out."""
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[clock]}"), TimeRemainingColumn()
    began = time.monotonic()
    with Progress(*columns, console=errors_console()) as progress:
        task = progress.add_task("watching the sample street", total=duration, clock="")
        while thread.is_alive() and not stage.over:
            elapsed = min(duration, time.monotonic() - began)
            scene = stage.script.start + timedelta(seconds=elapsed * stage.script.speed)
            progress.update(task, completed=elapsed, clock=f"{scene:%H:%M} on the street")
            time.sleep(0.2)


def _fly_over(stage: _Stage) -> bool:
    """Survey the sample flight: what the drone shows is worth a look, never a violation, as it cannot tell a dwell."""
    flight = stage.script.flight
    print_error("surveying the sample flight")
    files = [stage.folder / flight.clip, stage.folder / flight.telemetry]
    survey_id = survey_flight(stage.settings, stage.database, stage.sink, stage.shelf, stage.book, files)
    expected = stalls_flown_over(stage.folder, stage.script)
    seen = _stored(stage, source_of(survey_id))
    result: Score = score(expected, seen)
    remark = "how long they stood it cannot tell, so they are unknown"
    tell_score("stalls seen by the drone", expected, result, remark)
    return result.perfect


def _stored(stage: _Stage, source: str) -> list[StoredCandidate]:
    with stage.database.read() as connection:
        return [one for one in stored.page(EVERYWHERE, connection, Filter(), None, 500).items if one.source == source]


def _serve_until(deadline: float | None) -> None:
    left = None if deadline is None else max(0.0, deadline - time.monotonic())
    print_error("the review page stays up " + ("until Ctrl-C" if left is None else f"for {left:.0f} s"))
    try:
        while deadline is None or time.monotonic() < deadline:
            time.sleep(0.2)
    except KeyboardInterrupt:
        print_error("stopping")
