"""The page of one camera, what is done there, and the words of all cameras' pages. Their list: `list_pages.py`."""

from datetime import timedelta
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, status
from starlette.responses import HTMLResponse, RedirectResponse

from api.cameras import health as camera_health
from api.cameras import messages, service
from api.cameras.dependencies import CameraId, Live
from api.cameras.live_status import CameraView
from api.dependencies import AppSettings, CurrentScope, Db, MayManage, MayOperate, Now
from api.errors import NotFound
from api.pages.base import ROWS, Render
from api.pages.i18n import register_filter, register_names
from api.web.pagination import CursorQuery
from detector.reason import Translate

router = APIRouter(include_in_schema=False)
register_names("camera_state", messages.CAMERA_STATES)
register_names("camera_fault", messages.CAMERA_FAULTS)
register_names("camera_error", messages.CAMERA_ERRORS)
register_names("camera_act", messages.CAMERA_ACTS)
register_names("camera_field", messages.CAMERA_FIELDS)
register_names("registry_change", messages.REGISTRY_CHANGES)
register_names("look_task", messages.LOOK_TASKS)
register_names("look_reason", messages.LOOK_REASONS)
NOTHING: Final = timedelta(0)


def trouble(view: CameraView, translate: Translate) -> str:
    """Return why a camera is not live, in the reader's language; empty where its state says all."""
    sentence = messages.camera_trouble(view.state, view.status.reason if view.status else "")
    return translate(sentence) if sentence else ""  # gettext gives its own header for nothing


register_filter("camera_trouble", trouble)


@router.get("/cameras/{camera_id}")
def camera_page(
    scope: CurrentScope,
    settings: AppSettings,
    database: Db,
    now: Now,
    live: Live,
    render: Render,
    camera_id: CameraId,
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """Show one camera, what was wrong with its picture, and what was done to it; both latest first."""
    view = next((view for view in live.views() if view.id == camera_id), None)
    with database.read() as connection:
        page = camera_health.page(scope, connection, camera_id, cursor, ROWS)
    past = service.history_of(scope, database, settings, camera_id, None, ROWS)
    if view is None and not page.total and not past.total:
        raise NotFound(f"there is no camera {camera_id!r}")
    return render.page(
        "camera.html",
        active="cameras",
        camera_id=camera_id,
        view=view,
        page=page,
        history=past,
        now=now,
    )


@router.post("/cameras/{camera_id}/accept-view", dependencies=[MayOperate])
def accept_from_page(
    scope: CurrentScope, database: Db, settings: AppSettings, live: Live, camera_id: CameraId
) -> RedirectResponse:
    """Take a moved camera's new view for the right one, then show the camera."""
    service.accept_view(scope, database, settings, live, camera_id)
    return RedirectResponse(f"/cameras/{quote(camera_id, safe='')}", status.HTTP_303_SEE_OTHER)


@router.post("/cameras/{camera_id}/pause", dependencies=[MayOperate])
def pause_from_page(
    scope: CurrentScope, database: Db, settings: AppSettings, now: Now, camera_id: CameraId
) -> RedirectResponse:
    """Switch a camera off, then show it."""
    service.set_paused(scope, database, settings, now, camera_id, paused=True)
    return RedirectResponse(f"/cameras/{quote(camera_id, safe='')}", status.HTTP_303_SEE_OTHER)


@router.post("/cameras/{camera_id}/resume", dependencies=[MayOperate])
def resume_from_page(
    scope: CurrentScope, database: Db, settings: AppSettings, now: Now, camera_id: CameraId
) -> RedirectResponse:
    """Watch a paused camera again, then show it."""
    service.set_paused(scope, database, settings, now, camera_id, paused=False)
    return RedirectResponse(f"/cameras/{quote(camera_id, safe='')}", status.HTTP_303_SEE_OTHER)


@router.post("/cameras/{camera_id}/remove", dependencies=[MayManage])
def remove_from_page(
    scope: CurrentScope, database: Db, settings: AppSettings, now: Now, camera_id: CameraId
) -> RedirectResponse:
    """Take a camera out of the registry, then show those that are left."""
    service.remove(scope, database, settings, now, camera_id)
    return RedirectResponse("/cameras", status.HTTP_303_SEE_OTHER)
