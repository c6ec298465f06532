"""Opening hours with Chinese words and punctuation, put into OpenStreetMap's syntax: 周一至周五 19：00－次日1：00.

Only what has one meaning is put into it. 工作日 (which days are made up for?), 上午 and 下午 stay, and are refused.
"""

import re
import unicodedata
from typing import Final

_DAYS: Final = dict(zip("一二三四五六日天", ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "Su"), strict=True))
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY: Final = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
_DATE: Final = re.compile(r"(\d{1,2})月(\d{1,2})[日号]")
_NEXT_DAY: Final = re.compile(r"(?:次日|第二天|翌日)\s*(\d{1,2}):(\d{2})")
_WORDS: Final = (
    (re.compile(r"每天|每日"), "Mo-Su"),
    (re.compile(r"法定节假日|公共假日|公众假期"), "PH"),
    (re.compile(r"全天|24小时"), "00:00-24:00"),
    (re.compile(r"休息|不营业|关闭|禁止"), "off"),
    (re.compile(r"\s*[~〜–—―至到]\s*"), "-"),
    (re.compile(r"\s*、\s*"), ","),
)
_QUOTED: Final = re.compile(r'("[^"]*")')


def plain_hours(text: str) -> str:
    """Return hours in opening_hours syntax; what has no Chinese in it, and comments, as they stand."""
    if text.isascii() and "~" not in text:
        return text
    return "".join(part if part[:1] == '"' else _put(part) for part in _QUOTED.split(text))


def _put(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    text = _DATE.sub(lambda found: _date(found[1], found[2]) or found[0], text)
    text = _DAY.sub(lambda found: _DAYS[found[1]], text)
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    text = _NEXT_DAY.sub(lambda found: f"{int(found[1]) + 24}:{found[2]}", text)
    return re.sub(r"(?<=[A-Za-z])(?=\d{1,2}:)|(?<=[a-zH])(?=off\b)", " ", text)


def _date(month: str, day: str) -> str | None:
    return f"{_MONTHS[int(month) - 1]} {int(day):02d}" if 1 <= int(month) <= len(_MONTHS) else None
