"""Permitted hours in words: `19:00-25:00; Jul 01-Oct 31 18:00-26:00` as a person writes them.

Of the opening_hours syntax (`detector.rules.hours`) the forms that a city uses are put into words: days of the year,
days of the week, public holidays, spans of a day, `off`. An expression with any other form is shown as it is written.
"""

import re
from datetime import date
from typing import Final

from babel.dates import format_date, get_day_names

from api.pages.messages import HOURS
from detector.reason import Translate

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTH_DAY: Final = rf"(?:{'|'.join(_MONTHS)}) \d{{1,2}}"
_SPAN: Final = r"\d{1,2}:\d{2} ?- ?\d{1,2}:\d{2}"
_PART: Final = re.compile(
    rf"(?:(?P<first>{_MONTH_DAY}) ?- ?(?P<last>{_MONTH_DAY}):? ?)?"
    r"(?P<days>(?:(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)[-,]?)+(?<![-,]) ?)?"
    rf"(?P<hours>{_SPAN}(?: ?, ?{_SPAN})*|off)"
)
_LOCALES: Final = {"en": "en", "zh": "zh_CN"}
_MARKS: Final = {"en": ("; ", ", ", "–"), "zh": ("；", "、", "—")}


def hours_in_words(text: str, language: str, translate: Translate) -> str:
    """Return permitted hours as a person of this language (`en`, `zh`) writes them."""
    if text.strip() == "24/7":
        return translate(HOURS["always"])
    parts = [_PART.fullmatch(part.strip()) for part in text.split(";") if part.strip()]
    if not parts or None in parts:
        return text
    between, _, _ = _MARKS[language]
    return between.join(_part(part, language, translate) for part in parts if part is not None)


def _part(part: re.Match[str], language: str, translate: Translate) -> str:
    _, comma, _ = _MARKS[language]
    words = []
    if part["first"]:
        first, last = (_day_of_year(part[name], language) for name in ("first", "last"))
        words.append(translate(HOURS["to"]) % {"first": first, "last": last})
    if part["days"]:
        days = (_days(days.strip(), language, translate) for days in part["days"].split(","))
        words.append(comma.join(days))
    spans = (
        [translate(HOURS["off"])]
        if part["hours"] == "off"
        else [_span(span, language, translate) for span in part["hours"].split(",")]
    )
    return " ".join([*words, comma.join(spans)])


def _day_of_year(text: str, language: str) -> str:
    month, day = text.split()
    at = date(2024, _MONTHS.index(month) + 1, int(day))  # a leap year: every day is in it
    return format_date(at, "M月d日" if language == "zh" else "d MMMM", locale=_LOCALES[language])


def _days(text: str, language: str, translate: Translate) -> str:
    names = get_day_names("wide", locale=_LOCALES[language])
    words = [translate(HOURS["holidays"]) if day == "PH" else names[_DAYS.index(day)] for day in text.split("-")]
    return words[0] if len(words) == 1 else translate(HOURS["to"]) % {"first": words[0], "last": words[-1]}


def _span(text: str, language: str, translate: Translate) -> str:
    start, end = (tuple(int(part) for part in moment.strip().split(":")) for moment in text.split("-"))
    shown = {"start": f"{start[0]}:{start[1]:02}", "end": f"{end[0] % 24}:{end[1]:02}"}
    if end > (24, 0) or end < start:
        return translate(HOURS["past midnight"]) % shown
    dash = _MARKS[language][2]
    return f"{shown['start']}{dash}{'24:00' if end == (24, 0) else shown['end']}"
