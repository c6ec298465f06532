"""Puts together where cases go: the case systems of the file, then the one case API, else the built-in list."""

import json
from datetime import timedelta
from typing import Final

from pydantic import AnyHttpUrl

from api.cases import open311
from api.cases.adapters import BuiltInCaseList, CaseApi, HttpCaseApi
from api.cases.drop import DropFolder
from api.cases.picture_links import PictureLinks
from api.cases.sender import OutboxSender, Route, Senders
from api.cases.systems import CaseSystem, read_case_systems, system_for
from api.cases.tables import BUILT_IN
from api.cases.updates import UpdateSender
from api.cases.webhook import compose_webhook
from api.clock import Clock
from api.db.database import Database
from api.evidence.files import EvidenceStore
from api.settings import Settings

DEFAULT: Final = "case-api"


def case_systems(settings: Settings) -> tuple[CaseSystem, ...]:
    """Return every case system beside the built-in list. Raises SettingsInvalid."""
    listed: tuple[CaseSystem, ...] = ()
    if settings.case_systems_file is not None:
        listed = read_case_systems(settings.case_systems_file, production=settings.environment == "production")
    if settings.case_api_url is None:
        return listed
    url = AnyHttpUrl(str(settings.case_api_url))
    last = CaseSystem(name=DEFAULT, kind="json", url=url, timeout=settings.case_api_timeout)
    return (*listed, last.model_copy(update={"token": settings.case_api_token}))


def make_senders(
    settings: Settings, database: Database, files: EvidenceStore, systems: tuple[CaseSystem, ...], clock: Clock
) -> Senders:
    """Return a sender for each case system, and one for the built-in list."""
    apis: list[tuple[str, CaseApi, timedelta]] = [
        (one.name, case_api_of(one, settings), one.timeout * 4 + timedelta(minutes=1)) for one in systems
    ]
    apis.append((BUILT_IN, BuiltInCaseList(database, clock), timedelta(minutes=1)))
    known = frozenset(name for name, _, _ in apis)

    def choose(body: bytes) -> str:
        case = json.loads(body)
        found = system_for(systems, case.get("district"), case.get("class"))
        return found.name if found else BUILT_IN

    return Senders(
        tuple(
            OutboxSender(database, files, api, clock=clock, lease=lease, route=Route(name, known, choose))
            for name, api, lease in apis
        )
    )


def make_update_sender(
    settings: Settings, database: Database, systems: tuple[CaseSystem, ...], links: PictureLinks, clock: Clock
) -> UpdateSender:
    """Return what tells the case systems that want to know it what looks found at places that were fixed."""
    apis = {one.name: case_api_of(one, settings) for one in systems if one.updates}
    return UpdateSender(database, apis, links, clock=clock)


def case_api_of(system: CaseSystem, settings: Settings) -> CaseApi:
    """Return the adapter that a case system is spoken to by."""
    if system.folder is not None:
        return DropFolder(system.folder, system.format)
    token = system.token.get_secret_value() if system.token else None
    if system.kind == "open311":
        return HttpCaseApi(
            open311.requests_url(system),
            None,
            system.timeout,
            compose=open311.compose_open311(system),
            read_reference=open311.read_reference,
        )
    if system.kind == "webhook":
        compose = compose_webhook(system.secrets, settings.base_url)
        return HttpCaseApi(str(system.url), token, system.timeout, compose=compose)
    return HttpCaseApi(str(system.url), token, system.timeout)
