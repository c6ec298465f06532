"""`streetwarden watch`: cameras or files watched without a server."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from api.cameras.assembly import LookSpec, build_look, read_camera, read_site
from api.cli.candidate_json import candidate_json, candidate_line
from api.cli.options import ModelsFolder, duration_from
from api.console import AsJson, print_error, print_json
from api.inference.model_cache import ModelCache
from api.inference.model_choice import default_models
from api.rulebooks.fallback import without_rulebook
from api.settings import load_settings
from detector.candidate import Candidate
from detector.rules.load import load_rulebook
from detector.rules.rulebook import Rulebook
from streams.camera.backoff import OpeningBudget
from streams.camera.source import CameraSource
from streams.errors import StreamError
from streams.frames.file_source import FileSource
from streams.frames.sink import CameraNote
from streams.frames.source import Source
from streams.health.faults import HealthWatch
from streams.health.health_gate import gate_for, health_gated, note_of
from streams.watcher import Look, watch

app = typer.Typer(rich_markup_mode=None)


@dataclass(frozen=True, slots=True)
class Watched:
    """One source with what its frames are looked at with, and how often."""

    source: Source
    spec: LookSpec
    every: timedelta


class ConsoleSink:
    """Prints candidates and changes of state, one line each; safe to share between watchers."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._lock = threading.Lock()
        self.candidates: set[str] = set()

    def take(self, candidate: Candidate) -> None:
        with self._lock:
            if candidate.sighting.key in self.candidates:
                return
            self.candidates.add(candidate.sighting.key)
            print_json({"candidate": candidate_json(candidate)}, candidate_line(candidate), self._as_json)

    def note(self, note: CameraNote) -> None:
        line = f"{note.at:%H:%M:%S} {note.camera}: {note.state}" + (f" ({note.reason})" if note.reason else "")
        record = {"camera": note.camera, "state": note.state, "at": note.at.isoformat(), "reason": note.reason}
        with self._lock:
            print_json(record, line, True) if self._as_json else print_error(line)


@app.command("watch")
def watch_sources(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE…", help="rtsp:// addresses, video files, or camera files (.yaml).")
    ],
    model: Annotated[list[str] | None, typer.Option(help="A model of trained classes; may be given again.")] = None,
    rulebook: Annotated[Path | None, typer.Option(help="The rulebook; without one every ruling is unknown.")] = None,
    every: Annotated[str, typer.Option(help="How often to look.")] = "5s",
    for_: Annotated[str | None, typer.Option("--for", help="Stop after this long, e.g. 60s.")] = None,
    calibration: Annotated[Path | None, typer.Option(help="Ground control points (u,v,lat,lon) of the camera.")] = None,
    start: Annotated[str | None, typer.Option(help="When a recording's first picture was taken, ISO 8601.")] = None,
    speed: Annotated[float, typer.Option(min=0.01, max=3600, help="Scene seconds in one second of a recording.")] = 1.0,
    models_folder: ModelsFolder = None,
    as_json: AsJson = False,
) -> int:
    """Watch cameras or files and print what would be put before a reviewer.

    Example: streetwarden watch rtsp://10.1.2.3/main --rulebook rulebook.yaml --calibration north.csv --for 60s
    """
    period = duration_from("--every", every)
    limit = duration_from("--for", for_) if for_ else None
    shelf = ModelCache.of(load_settings(), models_folder)
    names = tuple(model) if model else default_models(shelf)
    sink = ConsoleSink(as_json)
    recording = _Recording(_moment(start), speed)
    budget = OpeningBudget()
    plan: list[Watched] = []
    refused: list[StreamError] = []
    for text in sources:
        try:
            plan += _watched(text, names, period, calibration, recording, shelf, sink, budget)
        except StreamError as error:  # the others are watched all the same
            refused.append(error)
            print_error(f"streetwarden: {error}")
    if not plan:
        return 2
    ids = [one.spec.id for one in plan]
    book = load_rulebook(rulebook, now=datetime.now(UTC)) if rulebook else without_rulebook(ids)
    return max(_run(plan, book, shelf, sink, limit), 2 if refused else 0)


@dataclass(frozen=True, slots=True)
class _Recording:
    """How a recording's time maps to the scene's."""

    start: datetime | None
    speed: float


def _watched(
    text: str,
    models: tuple[str, ...],
    every: timedelta,
    calibration: Path | None,
    recording: _Recording,
    shelf: ModelCache,
    sink: ConsoleSink,
    budget: OpeningBudget,
) -> list[Watched]:
    if text.lower().endswith((".yaml", ".yml")):
        site = read_site(Path(text), shelf, load_settings().camera_networks, loopback=True)
        return [
            Watched(
                job.source(budget, sink.note),
                site.specs[job.id],
                job.every,
            )
            for job in site.jobs
        ]
    camera = read_camera(calibration)
    if "://" in text or ("@" in text and not Path(text).exists()):  # the latter may hold a password
        source: Source = CameraSource(
            text, every=every, budget=budget, on_note=sink.note, start=recording.start, speed=recording.speed
        )
    else:
        source = FileSource(Path(text), start=recording.start, speed=recording.speed, every=every)
    return [Watched(source, LookSpec(source.name, models, camera), every)]


def _run(plan: Sequence[Watched], book: Rulebook, shelf: ModelCache, sink: ConsoleSink, limit: timedelta | None) -> int:
    looks = [_look(one.spec, book, shelf, sink) for one in plan]
    stop = threading.Event()
    failed: list[str] = []
    fatal: list[BaseException] = []

    def run(one: Watched, number: int) -> None:
        try:
            watch(one.source, looks[number], sink, one.every, stop)
        except StreamError as error:  # this source is at its end; the others go on
            failed.append(str(error))
            print_error(f"streetwarden: {error}")
        except BaseException as error:  # noqa: BLE001 - a thread's error would be lost: the main thread raises it, and all end
            fatal.append(error)
            stop.set()

    threads = [threading.Thread(target=run, args=(one, n), daemon=True) for n, one in enumerate(plan)]
    for thread in threads:
        thread.start()
    timer = threading.Timer(limit.total_seconds(), stop.set) if limit else None
    if timer:
        timer.daemon = True
        timer.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)
    except KeyboardInterrupt:
        stop.set()
        for thread in threads:
            thread.join(5)
    if timer:
        timer.cancel()
    if fatal:
        raise fatal[0]
    print_error(f"{len(sink.candidates)} candidates from {len(plan)} sources")
    silent = [one.spec.id for one in plan if isinstance(one.source, CameraSource) and not one.source.counts.delivered]
    for camera in silent:
        print_error(f"streetwarden: {camera}: sent no picture")
    return 2 if failed or silent else 0


def _look(spec: LookSpec, book: Rulebook, shelf: ModelCache, sink: ConsoleSink) -> Look:
    """Return a look behind its guard, which says when the picture is sick and when it is well again."""
    health = HealthWatch(spec.id)
    return health_gated(
        build_look(spec, book, shelf),
        health,
        lambda event: sink.note(note_of(event, health.faults)),
        gate_for(book),
    )


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"--start {text!r} is no time: write it like 2026-11-20T10:00:00+08:00") from error
    if moment.tzinfo is None:
        raise typer.BadParameter(f"--start {text!r} needs its offset: write it like 2026-11-20T10:00:00+08:00")
    if not 1970 <= moment.year <= 2200:
        raise typer.BadParameter(f"--start {text!r} is out of range: the years 1970 to 2200")
    return moment
