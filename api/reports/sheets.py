"""A report as tables of words and numbers in one language: what the page, the PDF and the spreadsheet all show."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from api.candidates.messages import CANDIDATE_STATES
from api.pages.base import Renderer
from api.pages.i18n import duration
from api.pages.rulings import zone_kind
from api.reports.content import ReportFigure, Section, SectionCode, Unit
from api.reports.messages import KINDS, LINES, SECTIONS, WORDS
from api.reports.repository import KeptReport
from api.statistics.messages import PACES, STEPS


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line: its words, and the figures now, before and their difference as text; None where not known."""

    words: str
    now: float | None
    before: float | None
    shown: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ReportSheet:
    """One section with its heading."""

    heading: str
    unit: Unit
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """A whole report in one language; `notes` are sentences at its end."""

    title: str
    subtitle: str
    headings: tuple[str, str, str, str]
    sheets: tuple[ReportSheet, ...]
    notes: tuple[str, ...]


def document_of(render: Renderer, report: KeptReport, before: KeptReport | None) -> ReportDocument:
    """Return a report in the language of a reader, with what the report before said."""
    say = render.language.translate
    content = report.content
    earlier = before.content if before else None
    sheets = tuple(
        _sheet(render, section, earlier.section(section.code) if earlier else None) for section in content.sections
    )
    notes = [say(WORDS["limit"]) % {"hours": content.allowed_hours, "zone": content.zone}]
    notes += [] if before else [say(WORDS["compare"])]
    return ReportDocument(
        f"{say(KINDS[report.kind])} {report.first} – {report.last}",
        report.district or say(WORDS["every"]),
        (say(WORDS["line"]), say(WORDS["now"]), say(WORDS["before"]), say(WORDS["difference"])),
        sheets,
        tuple(notes),
    )


def _sheet(render: Renderer, section: Section, earlier: Section | None) -> ReportSheet:
    rows = []
    for figure in section.figures:
        old = earlier.value(figure.key) if earlier else None
        change = None if old is None or figure.value is None else figure.value - old
        shown = (
            _shown(render, section.unit, figure.value),
            _shown(render, section.unit, old),
            _shown(render, section.unit, change, signed=True),
        )
        rows.append(SheetRow(_words(render, section.code, figure), figure.value, old, shown))
    return ReportSheet(render.language.translate(SECTIONS[section.code]), section.unit, tuple(rows))


TABLES: Final[dict[SectionCode, dict[str, str]]] = {
    SectionCode.STATES: CANDIDATE_STATES | LINES,
    SectionCode.PACES: PACES,
    SectionCode.MEDIANS: STEPS,
    SectionCode.NINETIETHS: STEPS,
}
"""What the keys of a section's figures are called; LINES where nothing is said."""


def _words(render: Renderer, code: SectionCode, figure: ReportFigure) -> str:
    say, key = render.language.translate, figure.key
    if code in (SectionCode.CLASSES, SectionCode.PRECISION):
        return render.class_word(key)
    if code is SectionCode.DISTRICTS:
        return key or say(WORDS["none"])
    if code is SectionCode.ZONES:
        names = figure.names
        kind = zone_kind(names["kind"], say) if "kind" in names else key
        return names.get(render.language.code) or names.get("en") or names.get("zh") or kind
    table = TABLES.get(code, LINES)
    return say(table[key]) if key in table else key


def _shown(render: Renderer, unit: Unit, value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "–"
    sign = ("+" if value > 0 else "−" if value < 0 else "±") if signed else ""
    size = abs(value) if signed else value
    if unit is Unit.SECONDS:
        return sign + duration(timedelta(seconds=size), render.language.translate)
    return sign + (f"{100 * size:.1f} %" if unit is Unit.SHARE else f"{size:.0f}")
