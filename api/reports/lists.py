"""The three lists that a city keeps: problems, duties and rectifications, as words in one language."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from openpyxl import Workbook

from api.cases.messages import CASE_STATUSES
from api.cases.tables import CaseStatus
from api.pages.base import Renderer
from api.pages.i18n import duration
from api.pages.rulings import zone_kind
from api.pages.svg_map import MapZone
from api.reports.list_queries import CaseRow
from api.reports.messages import COLUMNS, LISTS
from api.statistics.case_queries import UNFIXED, Pace
from api.statistics.messages import PACES
from api.statistics.period import Selection
from api.web.tables import cell


class ListKind(StrEnum):
    """Which list: what is wrong, who is to mend it by when, what became of it."""

    PROBLEM = "problem"
    DUTY = "duty"
    RECTIFICATION = "rectification"


_WHAT: Final = ("number", "class", "district", "zone")
COLUMNS_OF: Final = {
    ListKind.PROBLEM: (*_WHAT, "position", "first_seen", "confirmed_at", "status"),
    ListKind.DUTY: (*_WHAT, "case_system", "reference", "assignee", "confirmed_at", "due_at"),
    ListKind.RECTIFICATION: (*_WHAT, "status", "confirmed_at", "fixed_at", "took", "pace"),
}


class CaseList:
    """One list for one reader: its headings, and the words of each case."""

    def __init__(
        self,
        render: Renderer,
        which: ListKind,
        asked: Selection,
        zones: Mapping[str, MapZone],
        allowed: timedelta,
        now: datetime,
    ) -> None:
        self._render, self._say = render, render.language.translate
        self._which, self._zone, self._zones = which, asked.period.zone, zones
        self._allowed, self._now = allowed, now
        self.title = f"{self._say(LISTS[which])} {asked.period.first} – {asked.period.last}"

    @property
    def headings(self) -> list[str]:
        return [self._say(COLUMNS[one]) for one in COLUMNS_OF[self._which]]

    def row(self, number: int, case_: CaseRow) -> list[str]:
        """Return the words of one case, a column each; empty where nothing is known."""
        said = {
            "number": str(number),
            "class": self._render.class_word(case_.class_name),
            "district": case_.district or "",
            "zone": self._zone_word(case_.zone),
            "position": "" if case_.lat is None or case_.lon is None else f"{case_.lat:.6f}, {case_.lon:.6f}",
            "first_seen": self._moment(case_.first_seen),
            "confirmed_at": self._moment(case_.confirmed_at),
            "case_system": case_.case_system or "",
            "reference": case_.reference or "",
            "assignee": case_.assignee or "",
            "due_at": self._moment(case_.confirmed_at + self._allowed),
            "status": self._say(CASE_STATUSES[case_.status]),
            "fixed_at": self._moment(case_.fixed_at),
            "took": duration(case_.fixed_at - case_.confirmed_at, self._say) if case_.fixed_at else "",
            "pace": self._say(PACES[self._pace(case_)]),
        }
        return [said[one] for one in COLUMNS_OF[self._which]]

    def _pace(self, case_: CaseRow) -> Pace:
        if case_.status is CaseStatus.REFUSED:
            return Pace.REFUSED
        if case_.status in UNFIXED or (case_.status is CaseStatus.FIXED and case_.fixed_at is None):
            return Pace.OVERDUE if case_.confirmed_at < self._now - self._allowed else Pace.PENDING
        late = case_.fixed_at is not None and case_.fixed_at - case_.confirmed_at > self._allowed
        return Pace.LATE if late else Pace.IN_TIME

    def _zone_word(self, zone: str | None) -> str:
        known = self._zones.get(zone or "")
        if known is None:
            return zone or ""
        own = known.name_zh if self._render.language.code == "zh" else known.name
        return own or known.name or known.name_zh or zone_kind(known.kind, self._say)

    def _moment(self, at: datetime | None) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M}" if at else ""


def list_as_xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows as a workbook of texts."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("list")
    for row in rows:
        sheet.append([cell(one) for one in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
