"""The demo: the sample street played through a real RTSP connection, watched, put on the review page, and checked."""

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from api.app import create_app, open_store
from api.errors import SamplesMissing
from api.intake import StoreSink
from api.printing import errors_console, tell
from api.serving import BackgroundServer, bind
from api.settings import Settings
from api.store import Database, candidates
from api.store.candidates import Filter, StoredCandidate
from api.wiring import CameraBoard, ModelShelf, look_for, map_zones, read_site
from detector.rulebook_file import load_rulebook
from detector.rulings import Outcome
from detector.wgs import distance
from streams.camera import CameraSource
from streams.errors import StreamError
from streams.loopback import LoopbackCamera
from streams.watcher import watch

SAMPLES = Path(__file__).resolve().parents[1] / "samples"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Expected(_Part):
    """A violation that the script put on the street: found when one of its class lies within `within_m` metres."""

    name: str
    class_name: Annotated[str, Field(alias="class")]
    lat: float
    lon: float
    within_m: float


class Script(_Part):
    """What the sample clip shows: `speed` scene seconds pass in one second of it."""

    clip: str
    camera: str
    start: AwareDatetime
    speed: float
    expected: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """What was found of what there was, by name; `invented` are candidates' descriptions."""

    found: tuple[str, ...]
    missed: tuple[str, ...]
    doubled: tuple[str, ...]
    invented: tuple[str, ...]

    @property
    def perfect(self) -> bool:
        return not (self.missed or self.doubled or self.invented)


def read_script(folder: Path) -> Script:
    """The demo's script; raises SamplesMissing."""
    path = folder / "demo.json"
    try:
        return Script.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SamplesMissing(f"{path}: {error.strerror}; the demo runs from a checkout of the repository") from error
    except ValidationError as error:
        raise SamplesMissing(f"{path}: {error.errors()[0]['msg']}") from error


def score(expected: Sequence[Expected], violations: Sequence[StoredCandidate]) -> Score:
    """Compares what was found with what there was: each violation belongs to the nearest expected one in reach."""
    hits: dict[str, int] = {one.name: 0 for one in expected}
    invented = []
    for candidate in violations:
        reach = [one for one in expected if one.class_name == candidate.class_name and _near(one, candidate)]
        if reach:
            hits[reach[0].name] += 1
        else:
            invented.append(f"{candidate.class_name} at {candidate.lat}, {candidate.lon}")
    return Score(
        found=tuple(name for name, count in hits.items() if count),
        missed=tuple(name for name, count in hits.items() if not count),
        doubled=tuple(name for name, count in hits.items() if count > 1),
        invented=tuple(invented),
    )


def _near(one: Expected, candidate: StoredCandidate) -> bool:
    if candidate.lat is None or candidate.lon is None:
        return False
    return distance(one.lat, one.lon, candidate.lat, candidate.lon) <= one.within_m


def run_demo(settings: Settings, samples: Path | None, limit: float | None) -> int:
    """Play, watch, serve and check; 0 when exactly the scripted violations were found, 1 when not.

    `limit` is how many seconds to go on in all; without one the page is served until Ctrl-C.
    """
    deadline = None if limit is None else time.monotonic() + limit
    folder = samples or SAMPLES
    script = read_script(folder)
    shelf = ModelShelf()
    book = load_rulebook(folder / "rulebook.yaml", now=script.start)
    site = read_site(folder / "cameras.yaml", shelf, loopback=True)
    camera = site.cameras[0]
    shutil.rmtree(settings.data_dir, ignore_errors=True)  # each demo begins with an empty desk
    with ExitStack() as stack:
        listener = stack.enter_context(bind(settings.host, settings.port))
        database, files = open_store(settings)
        stack.callback(database.close)
        board = CameraBoard(site.cameras)
        app = create_app(settings, database, files, zones=lambda: map_zones(book), cameras=board.views)
        stack.enter_context(BackgroundServer(app, listener))
        tell(f"review page: http://{settings.host}:{listener.getsockname()[1]}")
        player = stack.enter_context(LoopbackCamera(folder / script.clip))
        source = CameraSource(
            player.url,
            name=camera.id,
            every=camera.every,
            on_note=board.note,
            start=script.start,
            speed=script.speed,
        )
        look = look_for(site.specs[camera.id], book, shelf)
        sink = StoreSink(database, files, on_note=board.note)
        watching = _Watching(lambda stop: watch(source, look, sink, camera.every, stop))
        stack.callback(watching.stop)
        watching.start()
        finished = _follow(watching, source, script, player.duration, deadline)
        perfect = _summary(database, camera.id, script, finished)
        if finished:
            _serve_until(deadline)
    return 0 if perfect and finished else 1


class _Watching:
    """The watch in a thread of its own; `error` is what ended it early."""

    def __init__(self, run: Callable[[threading.Event], object]) -> None:
        self._run = run
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="demo", daemon=True)
        self.error: StreamError | None = None

    def _watch(self) -> None:
        try:
            self._run(self._stop)
        except StreamError as error:
            self.error = error

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)

    @property
    def running(self) -> bool:
        return self._thread.is_alive()


def _follow(watching: _Watching, source: CameraSource, script: Script, duration: float, deadline: float | None) -> bool:
    """Draw a progress bar until the clip is over; False when time ran out first or the camera failed."""
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[clock]}"), TimeRemainingColumn()
    began = time.monotonic()
    with Progress(*columns, console=errors_console()) as progress:
        task = progress.add_task("watching the sample street", total=duration, clock="")
        while watching.running:
            if deadline is not None and time.monotonic() > deadline:
                return False
            elapsed = min(duration, time.monotonic() - began)
            scene = script.start + timedelta(seconds=elapsed * script.speed)
            progress.update(task, completed=elapsed, clock=f"{scene:%H:%M} on the street")
            time.sleep(0.2)
        progress.update(task, completed=duration)
    if watching.error is not None:
        tell(f"streetwarden: {watching.error}")
    return watching.error is None and source.counts.delivered > 0


def _summary(database: Database, camera: str, script: Script, finished: bool) -> bool:
    with database.read() as connection:
        stored = candidates.page(connection, Filter(), None, 500).items
    mine = [one for one in stored if one.source == camera]
    violations = [one for one in mine if one.outcome is Outcome.VIOLATION]
    result = score(script.expected, violations)
    for name in script.expected:
        word = "MISSED" if name.name in result.missed else "found"
        word = "DOUBLED" if name.name in result.doubled else word
        tell(f"  {word:8} {name.name} ({name.class_name})")
    for text in result.invented:
        tell(f"  INVENTED {text}")
    unknown = len(mine) - len(violations)
    tell(
        f"{len(result.found)} of {len(script.expected)} violations found, {len(result.doubled)} doubled, "
        f"{len(result.invented)} invented; {unknown} more are worth a look but not known to be violations"
        + ("" if finished else "; the clip was not played to its end")
    )
    return result.perfect


def _serve_until(deadline: float | None) -> None:
    tell(
        "the review page stays up"
        + (" until Ctrl-C" if deadline is None else f" for {deadline - time.monotonic():.0f} s")
    )
    try:
        while deadline is None or time.monotonic() < deadline:
            time.sleep(0.2)
    except KeyboardInterrupt:
        tell("stopping")
