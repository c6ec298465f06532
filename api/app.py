"""The web application: what is put together, and in which order it starts and stops."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.accounts import own_pages, user_pages
from api.accounts import pages as accounts_page
from api.accounts.guard import SAFE_METHODS, SessionGuard, cookie_name, is_open
from api.accounts.passwords import Passwords
from api.audit import pages as audit_page
from api.audit import refusals
from api.cameras import endpoints as camera_routes
from api.cameras import health_endpoints as camera_health
from api.cameras import pages as cameras_page
from api.cameras.live_status import AcceptView, CamerasProvider, LiveCameras, PictureProvider
from api.candidates import endpoints as candidates
from api.cases import endpoints as cases
from api.cases import pages as cases_pages
from api.cases.adapters import BuiltInCaseList, CaseApi, HttpCaseApi
from api.cases.sender import OutboxSender
from api.clock import Clock, wall_clock
from api.db.database import Database
from api.dependencies import Needs, provide
from api.evidence.files import EvidenceStore
from api.pages import base
from api.pages.dependencies import MapZones, ZonesProvider
from api.review import endpoints as verdicts
from api.review import pages
from api.rulebooks import endpoints as rulebooks
from api.settings import Settings
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
from api.web.problems import ProblemDocument, problem_responses

PARAMETER = re.compile(r"\{\w+\}")
SHUTDOWN = timedelta(seconds=5)
PAGES: Final = tuple(
    page.router
    for page in (
        health,
        accounts_page,
        own_pages,
        user_pages,
        audit_page,
        pages,
        cases_pages,
        cameras_page,
        survey_page,
        surveys_page,
        training_page,
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
    clock: Clock = wall_clock,
    passwords: Passwords | None = None,
) -> FastAPI:
    """Return the service over an opened store; `zones`, `cameras` and `picture` are asked each time a page needs them.

    Between the application's start-up and shutdown the outbox is sent, uploaded footage is settled, and what nobody
    needs is swept away. Raises FootageUnwritable.
    """
    sender = OutboxSender(
        database,
        _case_api(settings, database, clock),
        clock=clock,
        lease=settings.case_api_timeout * 4 + timedelta(minutes=1),
    )

    footage = FootageStore(settings.footage_dir)
    footage.prepare()
    finalizer = Finalizer(database, footage, clock=clock)
    sweeper = Sweeper(settings, database, clock=clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sender.start()
        finalizer.start()
        sweeper.start()
        yield
        sweeper.stop(SHUTDOWN)
        finalizer.stop(SHUTDOWN)
        sender.stop(SHUTDOWN)

    app = FastAPI(
        title="streetwarden",
        version="1",
        description="Candidates for street-rule violations, the verdicts on them, and the cases that follow.",
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # the bundled pages load scripts from elsewhere; nothing here asks the outside for anything
        redoc_url=None,
    )
    app.state.clock = clock
    provide(
        app,
        settings,
        database,
        files,
        sender,
        footage,
        finalizer,
        Receiver(database, footage, finalizer, settings.min_free_mb * 2**20),
        MapZones(zones),
        LiveCameras(cameras, picture, accept_view),
        passwords or Passwords(),
    )
    problems.install(app)
    refusals.install(app, database)
    app.add_middleware(SessionGuard, database=database, clock=clock, https=settings.https)
    app.add_middleware(RequestGuard, allowed_hosts=settings.allowed_hosts)
    _add_routes(app)
    _describe_problems(app)
    return app


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
    ):
        _check_permissions(router)
        app.include_router(router, prefix="/api/v1")
    for router in PAGES:
        _check_permissions(router)
        app.include_router(router)
    app.mount("/static", base.Assets(directory=base.STATIC), name="static")


def _case_api(settings: Settings, database: Database, clock: Clock) -> CaseApi:
    if settings.case_api_url is None:
        return BuiltInCaseList(database, clock)
    token = settings.case_api_token.get_secret_value() if settings.case_api_token else None
    return HttpCaseApi(str(settings.case_api_url), token, settings.case_api_timeout)


def _describe_problems(app: FastAPI) -> None:
    """Put the problem document into the OpenAPI schema, which FastAPI would describe as its own error format."""
    schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    parts = schema.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        parts.pop(name, None)
    document = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    parts |= document.pop("$defs", {})
    parts["ProblemDocument"] = document
    _describe_access(schema)
    app.openapi = lambda: schema  # type: ignore[method-assign]  # the way that FastAPI documents


def _describe_access(schema: dict[str, Any]) -> None:
    """Say that every operation asks for an API key or a session, and what it answers without."""
    schema["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key: `streetwarden keys add` makes one."},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie_name(https=True)},
    }
    schema["security"] = [{"key": []}, {"session": []}]
    refusal = problem_responses(401, 403)
    for name, operations in schema["paths"].items():
        if is_open(name):
            continue
        for operation in operations.values():
            for status, answer in refusal.items():
                operation["responses"].setdefault(str(status), answer)


def _check_permissions(router: APIRouter) -> None:
    """Refuse to start with a route that changes something and says not who may: it must not be forgotten."""
    for route in router.routes:
        if not isinstance(route, APIRoute) or not (route.methods or set()) - SAFE_METHODS:
            continue
        if is_open(PARAMETER.sub("x" * 20, route.path)):
            continue
        if not any(isinstance(one.call, Needs) for one in route.dependant.dependencies):
            raise TypeError(f"{route.path} changes something: say with Needs(...) who may")
