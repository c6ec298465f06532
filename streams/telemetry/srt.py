"""Telemetry in subtitles: every dialect that DJI firmware has printed since 2017, told apart by content.

Lines of the kind `GPS(a, b, c)` (c counts satellites and is never a height unless it ends in M):
  dji-barometer  HOME(149.0251,-20.2532) 2017.08.05 14:11:51 GPS(149.0251,-20.2533,16) BAROMETER:1.9   lon first
                 the same with Hb:1.9 Hs:1.9, older still
  dji-distance   F/2.8, SS 30.15, ISO 260, ... GPS (-121.7458, 48.0771, 17), D 221.21m, H 200.70m       lon first
  dji-pry        the same with HOME (...) and G.PRY (pitch, roll, yaw) of the gimbal; RTK (...) for GPS  lon first
                 RTK here names the receiver; whether its solution was fixed, the line does not say
  dji-metres     GPS(36.6146,-6.1120,0.0M) BAROMETER:0.3M                                               lat first
Lines of the kind `[key: value]`, which name what they print:
  dji-brackets   [latitude : -35.080155] [longtitude : -60.286702], at times with [altitude: 117.0]
  dji-rel-alt    ... [rel_alt: 6.000 abs_alt: -122.769], two keys in one bracket
  dji-gimbal     ... [gb_yaw: -83.6 gb_pitch: -9.1 gb_roll: 0.0], at times with [rtk_flag: 50], 50 for a fixed solution
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final

from shapely.geometry import Polygon

from streams.telemetry.cues import Cue, cues
from streams.telemetry.order import Fix, Pair, latitude_first
from streams.telemetry.record import FIXED_RTK, Record, Telemetry

_NUMBER: Final = r"[-+]?\d+(?:[.,]\d+)?"
# a key begins where a word begins and is short: else a hostile line of letters is searched again from each of them
_KEY: Final = re.compile(rf"(?<![A-Za-z_])([A-Za-z_]{{1,40}})\s*[:=]\s*({_NUMBER})(?![\d.:/])")
_GPS: Final = re.compile(r"\b(?:GPS|RTK)\s*\(([^()]*)\)")
_HOME: Final = re.compile(r"\bHOME\s*\(([^()]*)\)")
_FROM_HOME: Final = re.compile(rf"\bD\s+({_NUMBER})\s*m\b")
_HEIGHT: Final = re.compile(rf"\bH\s+({_NUMBER})\s*m\b|\bBAROMETER\s*:\s*({_NUMBER})M?(?![\d.])|\bHb\s*:\s*({_NUMBER})")
_GIMBAL: Final = re.compile(rf"\bG\.PRY\s*\(\s*({_NUMBER})\s*\D?,\s*({_NUMBER})\s*\D?,\s*({_NUMBER})")
_CAMERA_LINE: Final = re.compile(r"\bF/[\d.]+\s*,\s*SS\s")
_FOCAL: Final = re.compile(rf"\[\s*focal_len\s*:\s*({_NUMBER})")
_DATE: Final = re.compile(
    r"(\d{4})[.-](\d{1,2})[.-](\d{1,2})[ T]+(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d{1,3})(?!\d)(?:,(\d{3})(?!\d))?)?"
)
_LATITUDE: Final = re.compile(r"\blatitude\s*:")
_LONGITUDE: Final = re.compile(r"\blongt?itude\s*:")
_LATITUDE_FIRST: Final = {"dji-barometer": False, "dji-distance": False, "dji-pry": False, "dji-metres": True}
_WHICH_ALTITUDE: Final = (
    "altitude is printed without saying above what: some aircraft mean take-off here, others the sea"
)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A record whose printed pair of numbers still waits for its order."""

    record: Record
    fix: Fix | None


def read_srt(text: str, *, zone: tzinfo | None = None, area: Polygon | None = None) -> Telemetry:
    """Every good record of subtitle text; broken blocks are skipped and named.

    `zone` is the aircraft's clock, for aware times; `area` (a polygon in lon, lat) helps where nothing else tells
    latitude from longitude.
    """
    drafts: list[_Draft] = []
    skipped: list[str] = []
    first: datetime | None = None
    found = list(cues(text))
    for cue in found:
        fault = _fault(cue.text)
        if fault is None and cue is found[-1] and _LATITUDE.search(text) and not _names_position(cue.text):
            fault = "cut off before the position"
        if fault is None:
            draft = _read(cue, zone)
            if draft is not None:
                first = first or draft.record.time
                drafts.append(_with_clock(draft, cue, first))
                continue
            fault = "the position is outside of any map"
        skipped.append(f"{cue.place}: {fault}")
    return Telemetry(_in_order(_ordered(drafts, area)), tuple(skipped))


def is_telemetry(text: str) -> bool:
    """Whether text holds lines that this parser knows."""
    return bool(_GPS.search(text) or _HOME.search(text) or re.search(r"\[\s*(?:iso|latitude)\s*:", text))


def _fault(text: str) -> str | None:
    """Why a cue gives no record, or None."""
    if not text:
        return "empty"
    if text.count("[") != text.count("]") or text.count("(") != text.count(")"):
        return "cut off in the middle"
    if not is_telemetry(text) and not _LATITUDE.search(text):
        return "holds no telemetry"
    if _HOME.search(text) and not _GPS.search(text):
        return "cut off before the position"
    return None


def _names_position(text: str) -> bool:
    return bool((_LATITUDE.search(text) and _LONGITUDE.search(text)) or _GPS.search(text))


def _read(cue: Cue, zone: tzinfo | None) -> _Draft | None:
    """A cue that is known to be whole; None when its position is impossible."""
    gps = _GPS.search(cue.text)
    time = _time(cue.text, zone)
    draft = _read_tuple(cue.text, gps.group(1)) if gps else _read_keys(cue.text)
    if draft is None:
        return None
    return replace(draft, record=replace(draft.record, t=cue.start or 0.0, time=time))


def _read_tuple(text: str, inside: str) -> _Draft | None:
    home, from_home, gimbal = _HOME.search(text), _FROM_HOME.search(text), _GIMBAL.search(text)
    pair = _pair(inside)
    if pair is not None and (min(map(abs, pair)) > 90 or max(map(abs, pair)) > 180):
        return None
    height = _HEIGHT.search(text)
    if gimbal:
        dialect = "dji-pry"
    elif from_home or _CAMERA_LINE.search(text):
        dialect = "dji-distance"
    elif inside.rstrip().endswith(("M", "m")):
        dialect = "dji-metres"
    elif home or height:
        dialect = "dji-barometer"
    else:
        dialect = "dji-gps"
    pitch, roll, yaw = (_float(part) for part in gimbal.groups()) if gimbal else (None, None, None)
    above = next((_float(part) for part in height.groups() if part), None) if height else None
    record = _record(dialect, height=above, yaw=yaw, pitch=pitch, roll=roll)
    if pair is None:
        return _Draft(record, None)
    metres = _float(from_home.group(1)) if from_home else None
    return _Draft(record, Fix(pair, _pair(home.group(1)) if home else None, metres))


def _read_keys(text: str) -> _Draft | None:
    values = {key.lower(): _float(value) for key, value in _KEY.findall(text)}
    lat = values.get("latitude")
    lon = values.get("longitude", values.get("longtitude"))  # the firmware's own spelling
    if lat == lon == 0 or lat is None or lon is None:  # no fix is printed as 0, 0, and its altitudes as 0 too
        lat = lon = None
        values = {key: value for key, value in values.items() if value or key not in ("altitude", "abs_alt")}
    elif abs(lat) > 90 or abs(lon) > 180:
        return None
    height, note = values.get("rel_alt"), None
    if height is None and "altitude" in values:
        height, note = values["altitude"], _WHICH_ALTITUDE
    gimbal = [values.get(f"gb_{axis}") for axis in ("yaw", "pitch", "roll")]
    dialect = "dji-gimbal" if gimbal[0] is not None else "dji-rel-alt" if "rel_alt" in values else "dji-brackets"
    focal = _FOCAL.search(text)
    record = _record(dialect, height=height, yaw=gimbal[0], pitch=gimbal[1], roll=gimbal[2])
    return _Draft(
        replace(
            record,
            lat=lat,
            lon=lon,
            focal_35mm=_focal(focal.group(1)) if focal else None,
            altitude=values.get("abs_alt"),
            rtk=values.get("rtk_flag") == FIXED_RTK,
            ambiguous=note,
        ),
        None,
    )


def _record(
    dialect: str, *, height: float | None, yaw: float | None, pitch: float | None, roll: float | None
) -> Record:
    return Record(0.0, None, None, None, height, yaw, pitch, roll, None, dialect)


def _ordered(drafts: list[_Draft], area: Polygon | None) -> Iterable[Record]:
    """Records with latitude and longitude told apart, each dialect of the file by its own evidence."""
    fixes: dict[str, list[Fix]] = defaultdict(list)
    for draft in drafts:
        if draft.fix is not None:
            fixes[draft.record.dialect].append(draft.fix)
    verdicts = {name: latitude_first(group, _LATITUDE_FIRST.get(name), area) for name, group in fixes.items()}
    for draft in drafts:
        if draft.fix is None:
            yield draft.record
            continue
        first, second = draft.fix.pair
        verdict = verdicts[draft.record.dialect]
        if verdict is None:
            note = f"nothing tells which of {first:g} and {second:g} is the latitude"
            yield replace(draft.record, ambiguous=note)
            continue
        lat, lon = (first, second) if verdict else (second, first)
        if abs(lat) > 90:
            yield replace(draft.record, ambiguous=f"{lat:g} would be the latitude by all other lines: a broken line")
        else:
            yield replace(draft.record, lat=lat, lon=lon)


def _in_order(records: Iterable[Record]) -> tuple[Record, ...]:
    return tuple(sorted(records, key=lambda record: record.t))


def _with_clock(draft: _Draft, cue: Cue, first: datetime | None) -> _Draft:
    """Cues without a time line are placed by the date that they print."""
    if cue.start is not None or draft.record.time is None or first is None:
        return draft
    return replace(draft, record=replace(draft.record, t=max(0.0, (draft.record.time - first).total_seconds())))


def _pair(inside: str) -> Pair | None:
    """The first two numbers inside of the brackets; None for `n/a` and for 0, 0, which is how no fix is printed."""
    parts = [part.strip() for part in (inside.split(", ") if ", " in inside else inside.split(","))]
    if len(parts) >= 4 and all(re.fullmatch(r"[-+]?\d+", part) for part in parts[:4]):  # decimal commas throughout
        parts = [f"{parts[0]}.{parts[1]}", f"{parts[2]}.{parts[3]}"]
    numbers = [_float(part) for part in parts[:2] if re.fullmatch(_NUMBER, part)]
    return (numbers[0], numbers[1]) if len(numbers) == 2 and any(numbers) else None


def _time(text: str, zone: tzinfo | None) -> datetime | None:
    match = _DATE.search(text)
    if match is None:
        return None
    *whole, millis, micros = match.groups()
    year, month, day, hour, minute, second = (int(part) for part in whole)
    micro = int((millis or "").ljust(3, "0")) * 1000 + int(micros or 0)
    try:
        return datetime(year, month, day, hour, minute, second, micro, tzinfo=zone)
    except ValueError:
        return None


def _focal(text: str) -> float | None:
    """35 mm equivalent: printed as 24.00, or as 240 for the same; digital zoom is in it already."""
    value = _float(text)
    if value <= 0:
        return None
    return value if "." in text or "," in text else value / 10


def _float(text: str) -> float:
    return float(text.replace(",", "."))
