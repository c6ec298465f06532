"""The list of cameras, and what its page asks for every few seconds. One camera: `pages.py`."""

import zlib
from datetime import datetime
from typing import Annotated, Final, Self
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import HTMLResponse

from api.cameras.dependencies import Live
from api.cameras.listing import NO_DISTRICT, PER_PAGE, TROUBLED, CameraQuery, camera_page, troubled
from api.cameras.live_status import CameraView
from api.dependencies import Now
from api.pages.base import Render, Renderer

router = APIRouter(include_in_schema=False)
Word = Annotated[str, Query(max_length=200)]
Words = Annotated[list[str] | None, Query(max_length=PER_PAGE)]
MOST_PAGES: Final = 1_000_000


class CardNow(BaseModel):
    """One card of the page as it is now: what changes all the time, and all of it where anything else has changed.

    `live_for` are the seconds for which its picture may still be called live, `at` when that was taken.
    """

    id: str
    version: str
    age: str
    live_for: float
    at: datetime | None
    numbers: list[str]
    html: str | None

    @classmethod
    def of(cls, view: CameraView, known: str, now: datetime, render: Renderer) -> Self:
        version, frozen = card_version(view), any(one.fault == "frozen" for one in view.faults)
        return cls(
            id=view.id,
            version=version,
            age=render.fragment("camera_age.html", view=view, now=now).strip(),
            live_for=0.0 if frozen else round(view.live_for(now), 1),
            at=view.last_frame_at,
            numbers=render.fragment("camera_numbers.html", view=view).strip().split("\n") if view.status else [],
            html=None if version == known else render.fragment("camera_one_card.html", view=view, now=now).strip(),
        )


class CamerasNow(BaseModel):
    """The cards that were asked for, and how many cameras there are. A camera that is gone is not among the cards."""

    total: int
    troubled: int
    cards: list[CardNow]


def card_version(view: CameraView) -> str:
    """Return a short word that is another when anything on a camera's card has changed but for its picture and age."""
    reason = view.status.reason if view.status else ""
    parts = (view.name, view.state, view.since, view.reason, view.faults, view.paused, view.has_picture, reason)
    return f"{zlib.crc32(repr(parts).encode()):08x}"


@router.get("/cameras")
def cameras_page(
    now: Now, live: Live, render: Render, q: Word = "", state: Word = "", district: Word = "", page: int = 1
) -> HTMLResponse:
    """Show the cameras that are looked for, those with a fault first, each with its last picture and its age."""
    query = CameraQuery(q, state, district)
    shown = camera_page(live.views(), query, min(max(page, 1), MOST_PAGES), now)

    def link(number: int) -> str:
        asked = {"q": q, "state": state, "district": district, "page": str(number)}
        return "?" + urlencode({name: value for name, value in asked.items() if value})

    return render.page(
        "cameras.html",
        active="cameras",
        shown=shown,
        query=query,
        now=now,
        link=link,
        versions={view.id: card_version(view) for view in shown.items},
        troubled=TROUBLED,
        no_district=NO_DISTRICT,
    )


@router.get("/cameras.json")
def cameras_now(now: Now, live: Live, render: Render, camera: Words = None, version: Words = None) -> CamerasNow:
    """Return how the cameras on a screen are now; `version` is what the page has of each, in the same order."""
    views = live.views()
    asked = dict(zip(camera or (), version or (), strict=False))
    return CamerasNow(
        total=len(views),
        troubled=sum(troubled(view, now) for view in views),
        cards=[CardNow.of(view, asked[view.id], now, render) for view in views if view.id in asked],
    )
