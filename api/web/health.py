"""Whether the service lives, and whether it can do its work."""

import shutil

from fastapi import APIRouter
from pydantic import BaseModel

from api import background
from api.dependencies import AppSettings, Db
from api.errors import DatabaseUnavailable, NotReady
from api.web.problems import problem_responses

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """All is well."""

    status: str = "ok"


@router.get("/livez")
async def live() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz", responses=problem_responses(503))
def ready(database: Db, settings: AppSettings) -> Health:
    """The database answers, every background loop is alive, and there is room for evidence."""
    try:
        database.ping()
    except DatabaseUnavailable as error:
        raise NotReady("the database does not answer") from error
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
    return Health()
