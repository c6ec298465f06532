"""Which of the cameras a reader looks at: searched, filtered, those with a fault first, cut into pages."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.cameras.live_status import CameraView
from streams.camera.state import CameraState

PER_PAGE: Final = 24  # cards on a page: two to four rows on a wide screen, and a poll of some kilobytes
TROUBLED: Final = "troubled"  # in place of a state: every camera with a fault
NO_DISTRICT: Final = "-"  # in place of a district: the cameras that have none

_FAULTY: Final = frozenset(
    {CameraState.WAITING, CameraState.FAILING, CameraState.UNHEALTHY, CameraState.STOPPED, CameraState.OPENING}
)
_AT_REST: Final = frozenset({CameraState.PAUSED, CameraState.ENDED})


@dataclass(frozen=True, slots=True)
class CameraQuery:
    """What is looked for: part of a name or an id, a state (or `troubled`), a district (or `-`); empty for all."""

    text: str = ""
    state: str = ""
    district: str = ""

    def finds(self, view: CameraView, now: datetime) -> bool:
        """Return whether this camera is among those that are looked for."""
        wanted = self.text.strip().casefold()
        if wanted and wanted not in view.name.casefold() and wanted not in view.id.casefold():
            return False
        if self.state == TROUBLED:
            if not troubled(view, now):
                return False
        elif self.state and self.state != view.state:
            return False
        return not self.district or self.district == (view.district or NO_DISTRICT)


@dataclass(frozen=True, slots=True)
class CameraPage:
    """One page of the list. `number` counts from 1; `found` cameras fit what is looked for, of `total`.

    `states` and `districts` are what all cameras have, with their counts, to choose from.
    """

    items: tuple[CameraView, ...]
    number: int
    pages: int
    found: int
    total: int
    troubled: int
    states: tuple[tuple[str, int], ...]
    districts: tuple[tuple[str, int], ...]

    @property
    def first(self) -> int:
        """Return the place of the first item among those found, from 1."""
        return (self.number - 1) * PER_PAGE + 1


def troubled(view: CameraView, now: datetime) -> bool:
    """Return whether a camera that should give pictures gives none, or none that are worth anything.

    One that is just being opened for the first time has no fault yet.
    """
    if view.faults:
        return True
    if view.state == CameraState.OPENING:
        return view.status is not None and view.status.failures > 0
    return view.state in _FAULTY or (view.state == CameraState.LIVE and view.silent(now))


def camera_page(views: Sequence[CameraView], query: CameraQuery, number: int, now: datetime) -> CameraPage:
    """Return a page of the cameras that fit; a number beyond the last page gives the last."""
    faulty = {view.id for view in views if troubled(view, now)}

    def order(view: CameraView) -> tuple[int, list[tuple[int, str]], str]:
        rank = 0 if view.id in faulty else 2 if view.state in _AT_REST else 1
        return rank, _natural(view.name), view.id

    found = sorted((view for view in views if query.finds(view, now)), key=order)
    pages = max(1, -(-len(found) // PER_PAGE))
    number = min(max(number, 1), pages)
    states = Counter(view.state for view in views)
    districts = Counter(view.district or NO_DISTRICT for view in views)
    return CameraPage(
        items=tuple(found[(number - 1) * PER_PAGE : number * PER_PAGE]),
        number=number,
        pages=pages,
        found=len(found),
        total=len(views),
        troubled=len(faulty),
        states=tuple((state.value, states[state.value]) for state in CameraState if states[state.value]),
        districts=tuple(sorted(districts.items())),
    )


def _natural(name: str) -> list[tuple[int, str]]:
    """Return what sorts "Gate 2" before "Gate 10"."""
    parts = re.split(r"([0-9]{1,18})", name.casefold())
    return [(int(part), "") if number % 2 else (0, part) for number, part in enumerate(parts)]
