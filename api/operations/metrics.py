"""`/metrics` in Prometheus' text format: what the alert rules and the dashboard under `deploy/` read.

Every name is declared in `METRICS`; a collector asks for all values when it is scraped, and keeps none.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.responses import Response

from api import __version__, background
from api.cameras.dependencies import Live
from api.cameras.live_status import CameraView, LiveCameras
from api.db.database import Database
from api.dependencies import AppSettings, Db, MayView, Now, OfEverything, provided
from api.inference.model_cache import shelf_of
from api.operations import repository
from api.operations.disk import DiskTrend
from api.operations.repository import WorkFigures
from api.settings import Settings
from models.errors import ModelError

log = logging.getLogger(__name__)
router = APIRouter(tags=["health"])
Disk = Annotated[DiskTrend, Depends(provided(DiskTrend))]
PREFIX: Final = "streetwarden_"
Sample = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """One metric: what it says, and the names of its labels. A counter's samples bear `_total` after its name."""

    about: str
    labels: tuple[str, ...] = ()
    counter: bool = False


METRICS: Final = {
    "build": MetricInfo("The version of the program; always 1.", ("version",)),
    "model": MetricInfo("The models in service; always 1.", ("name", "version", "sha256")),
    "background_faults": MetricInfo("Background loops that have ended or are late."),
    "disk_free_bytes": MetricInfo("Free bytes on the disk of the data folder."),
    "disk_days_left": MetricInfo("Days until that disk is full at the last day's pace; absent in the first hour."),
    "candidates": MetricInfo("Candidates by state.", ("state",)),
    "backlog_age_seconds": MetricInfo("How long the oldest open candidate waits."),
    "outbox_deliveries": MetricInfo("Deliveries of confirmed cases by state; dead ones were given up.", ("state",)),
    "outbox_age_seconds": MetricInfo("How old the oldest pending delivery is."),
    "outbox_overdue_seconds": MetricInfo("How long the delivery that is due longest has been due."),
    "survey_chunks": MetricInfo("Pieces of surveys by state; dead ones were set aside.", ("state",)),
    "watcher_heartbeat_age_seconds": MetricInfo(
        "How long ago a process that watches renewed its leases.", ("watcher",)
    ),
    "leases_unheld": MetricInfo("Cameras with a lease that nobody alive holds."),
    "cameras": MetricInfo("Cameras that this process watches, by state.", ("state",)),
    "camera_frame_age_seconds": MetricInfo("How old a camera's last picture is.", ("camera",)),
    "camera_sampling_lateness_seconds": MetricInfo("How much older than its period a last picture is.", ("camera",)),
    "camera_delay_seconds": MetricInfo("How late a camera's last picture arrived.", ("camera",)),
    "camera_cpu_share": MetricInfo("What share of one core a camera's analysis takes.", ("camera",)),
    "camera_frames_looked": MetricInfo("Pictures analysed.", ("camera",), counter=True),
    "camera_frames_dropped": MetricInfo("Pictures pushed out by newer ones, or too old.", ("camera",), counter=True),
    "camera_failures": MetricInfo("Openings and readings of a camera that failed.", ("camera",), counter=True),
    "camera_look_errors": MetricInfo("Analyses that failed.", ("camera",), counter=True),
}
"""By name, without the prefix."""


@dataclass(frozen=True, slots=True, eq=False)  # a registry keeps its collectors by identity
class ServiceCollector(Collector):
    """What this process knows, and what the database says."""

    settings: Settings
    database: Database
    live: LiveCameras
    disk: DiskTrend
    now: datetime

    def collect(self) -> Iterable[Metric]:
        """Return every metric that is known now. Raises DatabaseUnavailable."""
        for name, samples in self._all():
            info = METRICS[name]
            make = CounterMetricFamily if info.counter else GaugeMetricFamily
            family = make(PREFIX + name, info.about, labels=info.labels)
            for labels, value in samples:
                family.add_metric(labels, value)
            yield family

    def _all(self) -> Iterator[tuple[str, Sequence[Sample]]]:
        yield "build", [((__version__,), 1.0)]
        yield "model", self._models()
        yield "background_faults", [((), float(len(background.faults())))]
        yield from self._disk()
        yield from self._database_figures()
        # Of a camera that another process watches that one tells.
        yield from _camera_figures([one for one in self.live.views() if one.elsewhere is None], self.now)

    def _models(self) -> list[Sample]:
        shelf = shelf_of(self.settings)
        found: list[Sample] = []
        try:
            for name in shelf.names():
                card = shelf.in_service(name)
                found.append(((name, card.version, card.sha256), 1.0))
        except ModelError as error:
            log.error("metrics without some models: %s", error)
        return found

    def _disk(self) -> Iterator[tuple[str, Sequence[Sample]]]:
        try:
            free = self.disk.observe()
        except OSError as error:
            log.error("metrics without the disk: %s", error)
            return
        yield "disk_free_bytes", [((), float(free))]
        days = self.disk.days_left(free)
        if days is not None:
            yield "disk_days_left", [((), days)]

    def _database_figures(self) -> Iterator[tuple[str, Sequence[Sample]]]:
        with self.database.read() as connection:
            figures = repository.work_figures(connection)
        yield from _work(figures, self.now)


def _work(figures: WorkFigures, now: datetime) -> Iterator[tuple[str, Sequence[Sample]]]:
    yield "candidates", _by_state(figures.candidates)
    yield "backlog_age_seconds", [((), _since(figures.backlog_since, now))]
    yield "outbox_deliveries", _by_state(figures.deliveries)
    yield "outbox_age_seconds", [((), _since(figures.outbox_since, now))]
    yield "outbox_overdue_seconds", [((), _since(figures.outbox_due, now))]
    yield "survey_chunks", _by_state(figures.chunks)
    ages: list[Sample] = [((one.name,), one.age.total_seconds()) for one in figures.watchers]
    yield "watcher_heartbeat_age_seconds", ages
    yield "leases_unheld", [((), float(figures.unheld))]


def _camera_figures(views: Sequence[CameraView], now: datetime) -> Iterator[tuple[str, Sequence[Sample]]]:
    states: dict[str, int] = {}
    for view in views:
        states[view.state] = states.get(view.state, 0) + 1
    yield "cameras", _by_state(states)
    values: tuple[tuple[str, Callable[[CameraView], float | None]], ...] = (
        ("camera_frame_age_seconds", lambda view: _age(view, now)),
        ("camera_sampling_lateness_seconds", lambda view: _lateness(view, now)),
        ("camera_delay_seconds", lambda view: view.status.lag if view.status else None),
        ("camera_cpu_share", lambda view: view.looks.cpu_share if view.looks else None),
        ("camera_frames_looked", lambda view: view.status.looked if view.status else None),
        ("camera_frames_dropped", lambda view: view.status.dropped + view.status.stale if view.status else None),
        ("camera_failures", lambda view: view.status.failures if view.status else None),
        ("camera_look_errors", lambda view: view.status.look_errors if view.status else None),
    )
    for name, value_of in values:
        found = [(view.id, value_of(view)) for view in views if not view.paused]
        yield name, [((camera,), float(value)) for camera, value in found if value is not None]


def _age(view: CameraView, now: datetime) -> float | None:
    age = view.age(now)
    return None if age is None else age.total_seconds()


def _lateness(view: CameraView, now: datetime) -> float | None:
    age = view.age(now)
    return None if age is None else max(0.0, (age - view.every).total_seconds())


def _by_state(counts: dict[str, int]) -> list[Sample]:
    return [((str(state),), float(count)) for state, count in counts.items()]


def _since(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())


@router.get("/metrics", include_in_schema=False, dependencies=[MayView, OfEverything])
def show_metrics(live: Live, database: Db, settings: AppSettings, disk: Disk, now: Now) -> Response:
    """Return the service's figures in Prometheus' text format, to who may see every district: they name cameras.

    Raises DatabaseUnavailable: without the database nobody's key can be checked either.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ServiceCollector(settings, database, live, disk, now))
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
