"""The pages of labelling: the frames that wait, and the page on which one is labelled."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, status
from starlette.responses import HTMLResponse, RedirectResponse

from api.dependencies import AppSettings, CurrentScope, Db
from api.labels import repository as frames
from api.labels.messages import FRAME_ORIGINS, FRAME_STATES
from api.labels.repository import LabelFrame
from api.labels.service import known_frame
from api.labels.tables import FrameState
from api.pages.base import ROWS, Render
from api.pages.classes import ClassNames
from api.pages.i18n import register_names
from api.web.pagination import CursorQuery

router = APIRouter(include_in_schema=False)
register_names("frame_state", FRAME_STATES)
register_names("frame_origin", FRAME_ORIGINS)

FIRST: Final = (
    "stall",
    "goods_outside_shop",
    "signboard",
    "cantilever_sign",
    "window_ad",
    "banner",
    "a_board",
    "billboard",
)
"""Classes that keys 1 to 9 stand for, after those of the city: what rules speak of."""


def class_order(class_names: ClassNames, frame: LabelFrame) -> tuple[str, ...]:
    """Return the classes to choose from; their order does not change from frame to frame, as keys stand for them."""
    city = (one.name for one in class_names.city)
    proposed = sorted({one.class_name for one in frame.proposals})
    return tuple(dict.fromkeys((*city, *FIRST, *class_names.names, *proposed)))


@router.get("/labels")
def labels_page(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    render: Render,
    state: FrameState = FrameState.OPEN,
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """Show the frames that wait, the one that teaches most first; or those that are complete, latest first."""
    with database.read() as connection:
        counts = frames.count(scope, connection)
        first = frames.ranked(scope, connection, ROWS)
        page = frames.page(scope, connection, state, cursor, ROWS)
        listed = first if state is FrameState.OPEN else page.items
        saved = frames.newest_saves(scope, connection, [one.id for one in listed])
    following = page.next if state is FrameState.COMPLETE else None
    return render.page(
        "labels.html",
        active="labels",
        counts=counts,
        state=state,
        frames=listed,
        saved=saved,
        next=following,
        budget=settings.label_budget,
    )


@router.get("/labels/next")
def next_frame(
    scope: CurrentScope, database: Db, after: Annotated[list[UUID] | None, Query(max_length=50)] = None
) -> RedirectResponse:
    """Go to the open frame that teaches most, but those named; to the list where none is left."""
    with database.read() as connection:
        found = frames.ranked(scope, connection, 1, after or ()) or frames.ranked(
            scope, connection, 1, after[-1:] if after else ()
        )
    return RedirectResponse(f"/labels/{found[0].id}" if found else "/labels", status.HTTP_303_SEE_OTHER)


@router.get("/labels/{frame_id}")
def label_page(scope: CurrentScope, database: Db, render: Render, frame_id: UUID) -> HTMLResponse:
    """Show one frame, to draw what is in it."""
    with database.read() as connection:
        frame = known_frame(frames.find(scope, connection, frame_id), frame_id)
        counts = frames.count(scope, connection)
    order = class_order(render.class_names, frame)
    classes = [{"name": name, "word": render.class_word(name)} for name in order]
    return render.page("label.html", active="labels", frame=frame, classes=classes, counts=counts)
