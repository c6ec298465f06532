"""The web application: what is put together, and in which order it starts and stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Request
from starlette.responses import Response

from api.accounts import own_pages, user_pages
from api.accounts import pages as accounts_page
from api.accounts.guard import SessionGuard
from api.accounts.openapi import GuardedApi, check_permissions
from api.accounts.passwords import Passwords
from api.audit import pages as audit_page
from api.audit import refusals
from api.cameras import endpoints as camera_routes
from api.cameras import health_endpoints as camera_health
from api.cameras import list_pages as cameras_list
from api.cameras import pages as cameras_page
from api.cameras.live_status import AcceptView, CamerasProvider, LiveCameras, PictureProvider
from api.candidates import endpoints as candidates
from api.cases import desk_pages, flight_pages
from api.cases import endpoints as cases
from api.cases import pages as cases_pages
from api.cases.assembly import case_systems, make_senders, make_update_sender
from api.cases.callbacks import CallbackGate
from api.cases.picture_links import PictureLinks
from api.cases.polling import StatusPoller
from api.cases.retention import remove_expired
from api.clock import Clock, wall_clock
from api.datasets import endpoints as datasets
from api.datasets import pages as datasets_page
from api.db.database import Database
from api.dependencies import provide
from api.evidence.files import EvidenceStore
from api.evidence.masks import Masks
from api.inference.model_cache import ModelCache, shelf_of
from api.inference.model_choice import STREET
from api.labels import endpoints as labels
from api.labels import pages as labels_page
from api.models import pages as models_page
from api.models.drift_watch import DriftWatch
from api.models.promotions import Promotions
from api.operations import metrics
from api.operations.disk import DiskTrend
from api.pages import base
from api.pages.classes import ClassNames
from api.pages.dependencies import MapZones, ZonesProvider
from api.pages.error_page import error_page
from api.reports import list_pages as report_lists
from api.reports import pages as reports_pages
from api.reports.service import ReportMaker
from api.review import endpoints as verdicts
from api.review import list_pages as candidates_page
from api.review import pages
from api.review import story_pages as candidate_page
from api.review.events import ReviewEvents
from api.rulebook_versions import pages as rulebooks_page
from api.rulebooks import endpoints as rulebooks
from api.settings import Settings
from api.statistics import endpoints as statistics
from api.statistics import pages as statistics_pages
from api.statistics.period import CityZone
from api.surveys import endpoints as surveys
from api.surveys import list_pages as surveys_page
from api.surveys import pages as survey_page
from api.surveys import result_endpoints as survey_results
from api.surveys.retention import Sweeper
from api.surveys.upload import endpoints as uploads
from api.surveys.upload.finalizer import Finalizer
from api.surveys.upload.receiver import Receiver
from api.surveys.upload.storage import FootageStore
from api.training_runs import pages as training_page
from api.web import health, problems
from api.web.middleware import RequestGuard
from api.web.parameters import known_parameters_only

SHUTDOWN = timedelta(seconds=5)
UTC_ZONE: Final = ZoneInfo("UTC")
PAGES: Final = tuple(
    page.router
    for page in (
        health,
        metrics,
        accounts_page,
        own_pages,
        user_pages,
        audit_page,
        pages,
        flight_pages,
        candidates_page,
        candidate_page,
        cases_pages,
        desk_pages,
        statistics_pages,
        reports_pages,
        report_lists,
        cameras_list,
        cameras_page,
        survey_page,
        surveys_page,
        labels_page,
        datasets_page,
        models_page,
        training_page,
        rulebooks_page,
    )
)
"""The routers of the pages, and of the health checks."""


def create_app(
    settings: Settings,
    database: Database,
    files: EvidenceStore,
    *,
    zones: ZonesProvider = tuple,
    cameras: CamerasProvider = tuple,
    picture: PictureProvider = lambda _: None,
    accept_view: AcceptView = lambda _: None,
    class_names: ClassNames = ClassNames(),
    zone: ZoneInfo = UTC_ZONE,
    clock: Clock = wall_clock,
    passwords: Passwords | None = None,
) -> FastAPI:
    """Return the service over an opened store; `zones`, `cameras` and `picture` are asked each time a page needs them;
    days and hours are counted in `zone`.

    Between the application's start-up and shutdown the outbox is sent, uploaded footage is settled, and what nobody
    needs is swept away. Raises FootageUnwritable.
    """
    systems = case_systems(settings)
    senders = make_senders(settings, database, files, systems, clock)
    poller = StatusPoller(database, systems, clock=clock)
    links = PictureLinks.of(settings)
    updates = make_update_sender(settings, database, systems, links, clock)
    footage = FootageStore(settings.footage_dir)
    footage.prepare()
    finalizer = Finalizer(database, footage, clock=clock)
    models = ModelCache.of(settings)
    sweeper = Sweeper(settings, database, clock=clock, more=partial(remove_expired, settings, database, files))
    drift = DriftWatch(database, clock)
    events = ReviewEvents(database)
    maker = ReportMaker(database, zone, zones, settings.case_due_hours, clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        senders.start()
        poller.start()
        updates.start()
        finalizer.start()
        sweeper.start()
        drift.start()
        events.start()
        maker.start()
        yield
        maker.stop(SHUTDOWN)
        events.stop(SHUTDOWN)
        drift.stop(SHUTDOWN)
        sweeper.stop(SHUTDOWN)
        finalizer.stop(SHUTDOWN)
        updates.stop(SHUTDOWN)
        poller.stop(SHUTDOWN)
        senders.stop(SHUTDOWN)

    app = GuardedApi(
        title="streetwarden",
        version="1",
        description="Candidates for street-rule violations, the verdicts on them, and the cases that follow.",
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # the bundled pages load scripts from elsewhere; nothing here asks the outside for anything
        redoc_url=None,
        dependencies=[Depends(known_parameters_only)],
    )
    app.state.clock = clock
    provide(
        app,
        settings,
        database,
        files,
        senders,
        CallbackGate(systems),
        links,
        footage,
        finalizer,
        DiskTrend(settings.data_dir),
        Receiver(database, footage, finalizer, settings.min_free_mb * 2**20),
        MapZones(zones),
        events,
        CityZone(zone),
        Masks(files, lambda: models.get(STREET)),
        LiveCameras(cameras, picture, accept_view),
        Promotions(shelf_of(settings), settings.data_dir / "datasets"),
        passwords or Passwords(),
        class_names,
    )
    problems.install(app, _draw_error)
    refusals.install(app, database)
    app.add_middleware(SessionGuard, database=database, clock=clock, https=settings.https)
    app.add_middleware(RequestGuard, allowed_hosts=settings.allowed_hosts)
    _add_routes(app)
    return app


def _draw_error(request: Request, problem: problems.ProblemDocument) -> Response:
    return error_page(request, problem.status, problem.type.rpartition(":")[2], problem.detail)


def _add_routes(app: FastAPI) -> None:
    for router in (
        candidates.router,
        rulebooks.router,
        verdicts.router,
        cases.router,
        camera_routes.router,
        camera_health.router,
        surveys.router,
        survey_results.router,
        uploads.router,
        labels.router,
        datasets.router,
        statistics.router,
    ):
        check_permissions(router, "/api/v1")
        app.include_router(router, prefix="/api/v1")
    for router in PAGES:
        check_permissions(router)
        app.include_router(router)
    app.include_router(cases.shared)
    app.mount("/static", base.Assets(directory=base.STATIC), name="static")
