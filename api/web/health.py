"""Liveness and readiness of the service."""

import logging
import shutil

from fastapi import APIRouter
from pydantic import BaseModel

from api import background
from api.dependencies import AppSettings, Db
from api.errors import DatabaseUnavailable, DatabaseVersionMismatch, NotReady
from api.web.problems import problem_responses
from streams.sandbox.kernel import LACKS, what_holds

log = logging.getLogger(__name__)
router = APIRouter(tags=["health"])


class Health(BaseModel):
    """All is well."""

    status: str = "ok"


class Readiness(Health):
    """The service can do its work; `sandbox_missing` is what the kernel does not allow of its decoders' isolation."""

    sandbox_missing: dict[str, str]


@router.get("/livez")
async def live() -> Health:
    """Return the process answers."""
    return Health()


@router.get("/readyz", responses=problem_responses(503))
def ready(database: Db, settings: AppSettings) -> Readiness:
    """Tell whether the database takes what is written, background loops are alive, there is room.

    And what of the sandbox does not hold here.
    """
    try:
        database.check_writable()
    except DatabaseVersionMismatch as error:
        log.error("%s", error)
        raise NotReady("the database is of another version than this program") from error
    except DatabaseUnavailable as error:
        log.error("%s", error)
        raise NotReady("the database does not answer, or takes nothing that is written") from error
    if late := background.faults():
        raise NotReady(f"background work: {'; '.join(late)}")
    folder, wanted = settings.data_dir, settings.min_free_mb
    try:
        free = shutil.disk_usage(folder).free // 2**20
    except OSError as error:
        raise NotReady(f"the data folder {folder} cannot be read ({error.strerror})") from error
    if free < wanted:
        raise NotReady(
            f"{folder} has {free} MB free, fewer than the {wanted} MB that STREETWARDEN_MIN_FREE_MB asks for"
        )
    try:
        lacks = what_holds().lacks()
    except OSError as error:
        raise NotReady(f"no decoding process can be started ({error})") from error
    return Readiness(sandbox_missing={lack: LACKS[lack] for lack in lacks})
