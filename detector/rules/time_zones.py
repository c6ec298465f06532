"""The name of a time zone as a person writes it, and what to write where it is none."""

import difflib
import re
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

_OFFSET: Final = re.compile(r"(?:UTC|GMT|Z|Etc/GMT)?\s*[-+−]?\s*\d{1,2}(?::?\d{2})?", re.IGNORECASE)
_EIGHT: Final = re.compile(r"(?:UTC|GMT)?\s*\+?\s*0?8(?::?00)?", re.IGNORECASE)
_CHINA: Final = (
    "beijing",
    "peking",
    "china",
    "cst",
    "zhengzhou",
    "guangzhou",
    "shenzhen",
    "wuhan",
    "chengdu",
    "hangzhou",
    "北京时间",
    "中国标准时间",
    "中国时间",
    "中国",
    "北京",
    "东八区",
)
_CLOSE: Final = 0.9  # of the letters must be right, or another place is named: Beijing is not Beirut


def time_zone(name: object) -> ZoneInfo:
    """Return the zone of an IANA name; raises ValueError that says what to write instead, where that is sure."""
    if isinstance(name, str) and name in available_timezones() and not name.startswith("Etc/GMT"):
        return ZoneInfo(name)
    raise ValueError(f"time zone {name!r} is not known: {_hint(str(name).strip())}")


def _hint(name: str) -> str:
    if _EIGHT.fullmatch(name) or name.lower().rpartition("/")[2].split(" ")[0] in _CHINA:
        return "write Asia/Shanghai"
    if _OFFSET.fullmatch(name):
        return "an offset is no time zone, write the name of its region and city"
    names = {zone.lower(): zone for zone in sorted(available_timezones())}
    near = difflib.get_close_matches(name.lower(), names, 1, _CLOSE)
    return f"write {names[near[0]]}" if near else "write a name like Asia/Shanghai"
