"""A report as a file: a spreadsheet, and a PDF."""

import io
import unicodedata
from collections.abc import Iterable
from html import escape
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Font
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from api.reports.content import Unit
from api.reports.sheets import ReportDocument
from api.web.tables import cell

FONT: Final = "STSong-Light"
"""Adobe's name for simplified Chinese in every reader of PDF: nothing is embedded, nothing has to be shipped."""
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MARGIN: Final = 16 * mm
FORMATS: Final = {Unit.COUNT: "0", Unit.SHARE: "0.0%", Unit.SECONDS: '0.00 "h"'}
"""Hours are plain numbers: a time of day cannot be negative in Excel, and a difference may be."""
HOUR_SECONDS: Final = 3600


def as_xlsx(document: ReportDocument) -> bytes:
    """Return a report as a workbook: one sheet, numbers as numbers, durations in hours."""
    book = Workbook()
    sheet = book.active or book.create_sheet()
    sheet.title = "report"
    sheet.append([cell(document.title)])
    sheet.append([cell(document.subtitle)])
    for part in document.sheets:
        sheet.append([])
        sheet.append([cell(part.heading)])
        sheet.cell(sheet.max_row, 1).font = Font(bold=True)
        sheet.append([cell(one) for one in document.headings])
        for row in part.rows:
            change = None if row.now is None or row.before is None else row.now - row.before
            values = [_number(part.unit, one) for one in (row.now, row.before, change)]
            sheet.append([cell(row.words), *values])
            for column in (2, 3, 4):
                sheet.cell(sheet.max_row, column).number_format = FORMATS[part.unit]
    sheet.append([])
    for note in document.notes:
        sheet.append([cell(note)])
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    for letter, width in (("A", 44), ("B", 18), ("C", 18), ("D", 18)):
        sheet.column_dimensions[letter].width = width
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _number(unit: Unit, value: float | None) -> float | None:
    return value / HOUR_SECONDS if value is not None and unit is Unit.SECONDS else value


def as_pdf(document: ReportDocument, glyph_note: str) -> bytes:
    """Return a report as a PDF; `glyph_note` names, at `%(list)s`, the characters that the font lacks."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    missing: dict[str, str] = {}
    body = ParagraphStyle("body", fontName=FONT, fontSize=9.5, leading=13, wordWrap="CJK")
    head = ParagraphStyle("head", parent=body, fontSize=12, leading=16, spaceBefore=8, spaceAfter=3)
    title = ParagraphStyle("title", parent=body, fontSize=17, leading=23)

    def shown(text: str, style: ParagraphStyle = body) -> Paragraph:
        return Paragraph(escape(in_font(text, missing)), style)

    parts: list[Flowable] = [shown(document.title, title), shown(document.subtitle, head)]
    for sheet in document.sheets:
        rows = [[shown(one) for one in document.headings]]
        rows += [[shown(row.words), *(shown(one) for one in row.shown)] for row in sheet.rows] or [
            [shown("–") for _ in document.headings]
        ]
        parts.append(KeepTogether([shown(sheet.heading, head), _table(rows)]))
    parts.append(Spacer(1, 5 * mm))
    parts += [shown(note) for note in document.notes]
    if missing:
        listed = ", ".join(f"{code} ({name})" for code, name in sorted(missing.items()))
        parts.append(shown(glyph_note % {"list": listed}))
    out = io.BytesIO()
    sides = {"leftMargin": MARGIN, "rightMargin": MARGIN}
    pages = SimpleDocTemplate(out, pagesize=A4, title=document.title, author="streetwarden", invariant=1, **sides)
    pages.build(parts, onFirstPage=_number_page, onLaterPages=_number_page)
    return out.getvalue()


def in_font(text: str, missing: dict[str, str]) -> str:
    """Return a text with `[U+…]` for each character that the font lacks; those are added to `missing` with names."""
    found = []
    for letter in text:
        try:
            letter.encode("gbk")
            lacks = not letter.isprintable()
        except UnicodeEncodeError:
            lacks = letter not in EQUAL
            letter = EQUAL.get(letter, letter)
        if lacks:
            code = f"U+{ord(letter):04X}"
            missing[code] = unicodedata.name(letter, "?").lower()
            letter = f"[{code}]"
        found.append(letter)
    return "".join(found)


EQUAL: Final = {"−": "-", "\u00a0": " "}
"""What stands for a character that means the same."""


def _table(rows: Iterable[list[Paragraph]]) -> Table:
    made = Table(list(rows), colWidths=[75 * mm, 33 * mm, 33 * mm, 33 * mm], repeatRows=1, hAlign="LEFT")
    lines = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#d5d9d4")),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef1ee")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    made.setStyle(TableStyle(lines))
    return made


def _number_page(canvas: Canvas, pages: SimpleDocTemplate) -> None:
    canvas.setFont(FONT, 8)
    canvas.drawRightString(A4[0] - 15 * mm, 10 * mm, str(pages.page))
