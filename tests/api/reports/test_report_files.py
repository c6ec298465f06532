"""A report as a file: what a spreadsheet reads of it, and what the PDF says in each language."""

import base64
import io
import re
import zlib
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.cell import Cell, MergedCell

from api.pages import i18n
from api.pages.base import Renderer
from api.reports.content import ReportContent, ReportFigure, Section, SectionCode, Unit
from api.reports.files import as_pdf, as_xlsx, in_font
from api.reports.messages import WORDS
from api.reports.repository import KeptReport
from api.reports.sheets import document_of
from api.reports.tables import ReportKind

GIVEN: dict[SectionCode, tuple[Unit, dict[str, float | None]]] = {
    SectionCode.DISTRICTS: (Unit.COUNT, {"erqi": 3.0, "=2+3": 1.0, "@SUM(A1)": 1.0, "-1": 2.0, "": 4.0}),
    SectionCode.MEDIANS: (Unit.SECONDS, {"whole": 129_600.0, "fixed": None}),
    SectionCode.PRECISION: (Unit.SHARE, {"stall": 0.5}),
    SectionCode.RECURRENCE: (Unit.COUNT, {}),
}


def kept(more: dict[str, float] | None = None, whole: float = 129_600.0) -> KeptReport:
    sections = []
    for code, (unit, values) in GIVEN.items():
        own: dict[str, float | None] = {**values}
        own |= {**(more or {})} if code is SectionCode.DISTRICTS else {}
        own |= {"whole": whole} if code is SectionCode.MEDIANS else {}
        figures = tuple(ReportFigure(key=key, value=one) for key, one in own.items())
        sections.append(Section(code=code, unit=unit, figures=figures))
    content = ReportContent(zone="Asia/Shanghai", allowed_hours=24, sections=tuple(sections))
    first, last = date(2026, 11, 16), date(2026, 11, 22)
    return KeptReport(
        UUID(int=1), ReportKind.WEEK, first, last, "二七区", 2, content, datetime(2026, 11, 23, tzinfo=UTC)
    )


def sheet(report: KeptReport, before: KeptReport | None = None) -> list[tuple[Cell | MergedCell, ...]]:
    book = load_workbook(io.BytesIO(as_xlsx(document_of(Renderer(i18n.language("en")), report, before))))
    return list(book.worksheets[0].iter_rows())


def words_of(pdf: bytes) -> str:
    """Return the text that a PDF draws, in its order: strings of two bytes a character."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        drawn = zlib.decompress(base64.a85decode(b"<~" + stream.strip(), adobe=True))
        for text in re.findall(rb"\(((?:\\.|[^()\\])*)\) Tj", drawn, re.DOTALL):
            octal = re.sub(rb"\\([0-7]{3})", lambda code: bytes([int(code[1], 8)]), text)
            found.append(re.sub(rb"\\(.)", rb"\1", octal).decode("utf-16-be", "replace"))
    return "".join(found)


def test_a_spreadsheet_holds_each_figure_as_a_number_of_its_unit() -> None:
    rows = {str(row[0].value): row for row in sheet(kept()) if row[0].value}
    assert (rows["Weekly report 2026-11-16 – 2026-11-22"][0].font.b, rows["二七区"][1].value) == (True, None)
    assert (rows["erqi"][1].value, rows["of no district"][1].value) == (3, 4)
    assert (rows["First seen to fixed"][1].value, rows["First seen to fixed"][1].number_format) == (36, '0.00 "h"')
    assert (rows["Street stall"][1].value, rows["Street stall"][1].number_format) == (0.5, "0.0%")
    assert [cell.value for cell in rows["Dispatched to fixed"][1:]] == [None] * 3
    assert "A case is to be fixed within 24 hours of its verdict. Days by the clocks of Asia/Shanghai." in rows


def test_a_spreadsheet_shows_what_became_less() -> None:
    before = kept({"erqi": 5.0}, whole=3600.0 * 48)
    rows = {str(row[0].value): [cell.value for cell in row[1:]] for row in sheet(kept({"jinshui": 9.0}), before)}
    assert rows["erqi"] == [3, 5, -2]
    assert rows["jinshui"] == [9, None, None]
    assert rows["First seen to fixed"] == [36, 48, -12]  # as a time of day this would be ##### in Excel


def test_no_cell_is_a_formula_whatever_a_district_is_called() -> None:
    names = ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\x00=1", "\u200b=1", "＝1+1", "＠A1", '=HYPERLINK("http://x")']
    cells = [cell for row in sheet(kept(dict.fromkeys(names, 1.0))) for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert len([text for text in texts if text.startswith("'")]) == len(names) + 2  # two more stand in each report
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@", "＝", "＠"))]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", ["Weekly report 2026-11-16 – 2026-11-22", "Finds by district", "Street stall50.0 %", "1 d 12 h"]),
        ("zh", ["周报 2026-11-16 – 2026-11-22", "线索：按辖区", "占道摊位50.0 %", "1 天 12 小时"]),
    ],
)
def test_a_pdf_says_the_same_in_each_language(code: str, words: list[str]) -> None:
    language = i18n.language(code)
    document = document_of(Renderer(language), kept(), None)
    said = words_of(as_pdf(document, language.translate(WORDS["glyph"])))
    assert [one for one in [*words, "二七区", "=2+3"] if one not in said] == []
    assert [row.words for part in document.sheets for row in part.rows if row.words not in said] == []
    assert language.translate(WORDS["glyph"])[:9] not in said  # nothing is missing


@pytest.mark.parametrize("code", ["en", "zh"])
def test_a_pdf_names_what_its_font_lacks_once_each(code: str) -> None:
    language = i18n.language(code)
    report = kept({"Fête 🙂🙂 <b>&": 1.0, "🙂 ไทย": 2.0})
    said = words_of(as_pdf(document_of(Renderer(language), report, None), language.translate(WORDS["glyph"])))
    assert "[U+1F642][U+1F642] <b>&" in said  # shown, not taken for markup
    assert language.translate(WORDS["glyph"])[:9] in said
    assert said.count("(slightly smiling face)") == 1
    assert said.replace(" ", "").count("(thaicharactersaraaimaimalai)") == 1


def test_a_long_report_goes_on_over_pages_and_is_the_same_file_each_time() -> None:
    document = document_of(Renderer(i18n.language("zh")), kept({f"district {one}": 1.0 for one in range(150)}), None)
    data = as_pdf(document, "%(list)s")
    assert re.findall(rb"/Count (\d+)", data)[-1] not in (b"0", b"1", b"2")
    said = words_of(data)
    assert [one for one in range(150) if f"district {one}" not in said] == []
    assert said.count("指标") >= 6  # each page repeats the headings
    assert as_pdf(document, "%(list)s") == data


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20))
def test_what_is_left_of_a_text_is_in_the_font(text: str) -> None:
    missing: dict[str, str] = {}
    left = in_font(text, missing)
    left.encode("gbk")
    assert left.isprintable()
    assert all(f"[{code}]" in left for code in missing)
    assert in_font(left, missing) == left
