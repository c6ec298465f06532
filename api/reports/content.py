"""What a report holds: figures in sections, with plain keys, so that it can be read in any language and compared."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from api.candidates.repository import State
from api.db.scope import Scope
from api.pages.svg_map import MapZone
from api.statistics import service
from api.statistics.case_queries import Pace
from api.statistics.period import Selection

MOST_ZONES = 10
WITHIN = timedelta(days=30)


class SectionCode(StrEnum):
    """A part of a report."""

    STATES = "states"
    DISTRICTS = "districts"
    CLASSES = "classes"
    PACES = "paces"
    MEDIANS = "medians"
    NINETIETHS = "ninetieths"
    RECURRENCE = "recurrence"
    PRECISION = "precision"
    COVERAGE = "coverage"
    ZONES = "zones"


class Unit(StrEnum):
    """What a figure counts."""

    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"


class ReportFigure(BaseModel):
    """One line of a report; `names` are those of a zone by language, where it has some; `value` may not be known."""

    model_config = ConfigDict(frozen=True)

    key: str
    value: float | None
    names: dict[str, str] = {}


class Section(BaseModel):
    """A part of a report with its figures."""

    model_config = ConfigDict(frozen=True)

    code: SectionCode
    unit: Unit
    figures: tuple[ReportFigure, ...]

    def value(self, key: str) -> float | None:
        """Return the figure of a key; None where there is none."""
        return next((one.value for one in self.figures if one.key == key), None)


class ReportContent(BaseModel):
    """All that a report says; `zone` is the time zone of its days, `allowed_hours` until a case is overdue."""

    model_config = ConfigDict(frozen=True)

    zone: str
    allowed_hours: int
    sections: tuple[Section, ...]

    def section(self, code: SectionCode) -> Section | None:
        """Return a section; None where a report has none of this code."""
        return next((one for one in self.sections if one.code is code), None)


def gather(
    scope: Scope,
    connection: Connection,
    asked: Selection,
    zones: dict[str, MapZone],
    allowed_hours: int,
    now: datetime,
) -> ReportContent:
    """Return what a report of the selection holds; verdicts and cases stand as they do at `now`."""
    counts = service.counts(scope, connection, asked)
    cases = service.case_figures(scope, connection, asked, timedelta(hours=allowed_hours), WITHIN, now)
    right = service.precision(scope, connection, asked)
    seen = service.coverage_figures(scope, connection, asked, now)
    places = service.places(scope, connection, asked)
    states = [(state.value, getattr(counts.states, state)) for state in State]
    paces = [(pace.value, getattr(cases.punctuality, pace)) for pace in Pace]
    recurrence = [("fixed", cases.recurrence.fixed), ("recurred", cases.recurrence.recurred)]
    sections = [
        _section(SectionCode.STATES, Unit.COUNT, [*states, ("all", counts.total)]),
        _section(SectionCode.DISTRICTS, Unit.COUNT, [(one.key or "", one.total) for one in counts.districts]),
        _section(SectionCode.CLASSES, Unit.COUNT, [(one.key or "", one.total) for one in counts.classes]),
        _section(SectionCode.PACES, Unit.COUNT, paces),
        _section(SectionCode.MEDIANS, Unit.SECONDS, [(one.step, _seconds(one.median)) for one in cases.steps]),
        _section(SectionCode.NINETIETHS, Unit.SECONDS, [(one.step, _seconds(one.ninetieth)) for one in cases.steps]),
        _section(SectionCode.RECURRENCE, Unit.COUNT, recurrence),
        _section(SectionCode.PRECISION, Unit.SHARE, [(one.key, one.value) for one in right.classes]),
        _section(
            SectionCode.COVERAGE,
            Unit.SECONDS,
            [("watched", seen.watched.total_seconds()), ("blind", seen.blind.total_seconds())],
        ),
    ]
    hot = [(one.zone, one.count) for one in places.zones if one.zone is not None][:MOST_ZONES]
    named = tuple(ReportFigure(key=zone, value=count, names=_names(zones.get(zone))) for zone, count in hot)
    sections.append(Section(code=SectionCode.ZONES, unit=Unit.COUNT, figures=named))
    return ReportContent(zone=asked.period.zone.key, allowed_hours=allowed_hours, sections=tuple(sections))


def _section(code: SectionCode, unit: Unit, figures: Sequence[tuple[str, float | None]]) -> Section:
    return Section(code=code, unit=unit, figures=tuple(ReportFigure(key=key, value=value) for key, value in figures))


def _names(zone: MapZone | None) -> dict[str, str]:
    if zone is None:
        return {}
    return {"kind": zone.kind} | {code: name for code, name in (("en", zone.name), ("zh", zone.name_zh)) if name}


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
