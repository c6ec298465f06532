"""Telemetry in subtitles: every dialect that DJI and Autel firmware has printed since 2017, told apart by content.

Lines of the kind `GPS(a, b, c)` (c counts satellites and is never a height unless it ends in M):
  dji-barometer  HOME(149.0251,-20.2532) 2017.08.05 14:11:51 GPS(149.0251,-20.2533,16) BAROMETER:1.9   lon first
                 the same with Hb:1.9 Hs:1.9, older still
  dji-avata      GPS(53.365108,6.460719,69.800) BAROMETER(91.2)                                        lat first
  dji-distance   F/2.8, SS 30.15, ISO 260, ... GPS (-121.7458, 48.0771, 17), D 221.21m, H 200.70m       lon first
  dji-pry        the same with HOME (...) and G.PRY (pitch, roll, yaw) of the gimbal; RTK (...) for GPS  lon first
                 RTK here names the receiver; whether its solution was fixed, the line does not say
  dji-metres     GPS(36.6146,-6.1120,0.0M) BAROMETER:0.3M                                               lat first
  autel          GPS(E: 113.621475, N: 34.714199, 161.20m), each number with its letter
  gps            any other: nothing is assumed of its order
Lines of the kind `[key: value]`, which name what they print:
  dji-brackets   [latitude : -35.080155] [longtitude : -60.286702], at times with [altitude: 117.0]
  dji-rel-alt    ... [rel_alt: 6.000 abs_alt: -122.769], two keys in one bracket
  dji-gimbal     ... [gb_yaw: -83.6 gb_pitch: -9.1 gb_roll: 0.0], at times with [rtk_flag: 50], 50 for a fixed solution
A value of exactly 0 where 0 is what firmware prints for "not known" (a position, all three angles of the gimbal, the
height of every line) is not said.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Final

from shapely.geometry import Polygon

from streams.telemetry.cues import Cue, cues, unjoined
from streams.telemetry.heights import NUMBER, feet_in_metres, metres_up, number, of_unknown_unit
from streams.telemetry.named_place import named_place
from streams.telemetry.order import Fix, Pair, fixed, latitude_first, not_swapped
from streams.telemetry.outliers import flown, pointing
from streams.telemetry.printed_time import of_one_kind, printed_time
from streams.telemetry.record import FIXED_RTK, LOWEST, Record, Telemetry

# a key begins where a word begins and is short: else a hostile line of letters is searched again from each of them
_KEY: Final = re.compile(rf"(?<![A-Za-z_])([A-Za-z_]{{1,40}})\s*[:=]\s*({NUMBER})(?![\d.:/eE]|,\d)")
_GPS: Final = re.compile(r"\b(?:GPS|RTK)\s*\(([^()]*)\)")
_HOME: Final = re.compile(r"\bHOME\s*\(([^()]*)\)")
_FROM_HOME: Final = re.compile(rf"\bD\s+({NUMBER})\s*m\b")
_BAROMETER: Final = re.compile(r"\bBAROMETER\s*:|\bHb\s*:")
_BRACKETED_BAROMETER: Final = re.compile(r"\bBAROMETER\s*\(")
_LETTER: Final = re.compile(r"\b[NSEW]\s*[:=]?\s*[-+]?\d|\b(?:lat|lon|lng)\w*\s*[:=]|\d\s*°?\s*[NSEW]\b", re.IGNORECASE)
_LETTERED: Final = re.compile(
    rf"(?:(lat|lon|lng|latitude|longt?itude|[NSEW])\s*[:=]?\s*)?({NUMBER})\s*°?\s*([NSEW])?", re.IGNORECASE
)
_GIMBAL: Final = re.compile(rf"\bG\.PRY\s*\(\s*({NUMBER})\s*\D?,\s*({NUMBER})\s*\D?,\s*({NUMBER})")
_CAMERA_LINE: Final = re.compile(r"\bF/[\d.]+\s*,\s*SS\s")
_FOCAL: Final = re.compile(rf"\[\s*focal_len\s*:\s*({NUMBER})")
_PLANE: Final = re.compile(rf"\bF\.PRY\s*\(\s*{NUMBER}\s*\D?,\s*{NUMBER}\s*\D?,\s*({NUMBER})")
_LATITUDE: Final = re.compile(r"\blat(?:itude)?\s*:", re.IGNORECASE)
_LONGITUDE: Final = re.compile(r"\b(?:longt?itude|lon|lng)\s*:", re.IGNORECASE)
_LATITUDE_FIRST: Final = {
    "dji-barometer": False,
    "dji-avata": True,
    "dji-distance": False,
    "dji-pry": False,
    "dji-metres": True,
    "autel": True,  # by its letters
}
_MARKS: Final = re.compile(r"[;°'\"]")  # in a pair of numbers: it is written in a way that is not read
_OUTSIDE: Final = "the position is outside of any map"
_TURNED: Final = 5.0  # degrees that the airframe must be turned for a gimbal yaw of exactly 0 to be no value
_MOST_PARTS: Final = 20
_ELSEWHERE: Final = 2000  # lines looked at outside of the part that is wanted
_NO_MOMENT: Final = "neither a time nor a date is printed: nobody knows which moment it is about"
_WHICH_ALTITUDE: Final = (
    "altitude is printed without saying above what: some aircraft mean take-off here, others the sea"
)


class _Broken(ValueError):
    """A line says something that cannot be read; never leaves this module."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A record whose printed pair of numbers still waits for its order."""

    record: Record
    fix: Fix | None


def read_srt(
    text: str, *, zone: tzinfo | None = None, area: Polygon | None = None, span: tuple[float, float] | None = None
) -> Telemetry:
    """Return every good record of subtitle text; broken blocks are skipped and named.

    `zone` is the aircraft's clock, for aware times; `area` (a polygon in lon, lat) is where it was flown, which tells
    latitude from longitude where no number does. With a `span` (seconds) the records of that part alone are given,
    judged by the whole file.
    """
    read: list[tuple[_Draft, Cue]] = []
    skipped: list[str] = []
    found = unjoined(list(cues(text)))
    wanted = found if span is None else _wanted(found, span)
    names_latitude = _LATITUDE.search(text) is not None
    cut = False
    for cue in wanted:
        fault = _fault(cue.text)
        if fault is None and cue is found[-1] and names_latitude and not _names_position(cue.text):
            fault = "cut off before the position"
        if fault is None:
            try:
                read.append((_read(cue, zone), cue))
            except _Broken as error:
                fault = str(error)
            else:
                continue
        cut = cut or (cue is found[-1] and fault.startswith("cut off"))
        skipped.append(f"{cue.place}: {fault}")
    drafts, unlike = _timed(read, alone=len(found) == 1)
    records, notes = _without_placeholders(_in_order(not_swapped(list(_ordered(drafts, area)), area)))
    notes += unlike + _anew(found)
    ends = max((max(cue.start, cue.end or 0.0) for cue in found if cue.start is not None), default=None)
    if span is not None:
        records = tuple(record for record in records if span[0] <= record.t <= span[1])
    return Telemetry(records, (*skipped, *notes), ends, cut)


def _wanted(found: Sequence[Cue], span: tuple[float, float]) -> list[Cue]:
    """Return the cues of the span, and some of the others, evenly chosen: a file is judged as a whole."""
    step = max(1, len(found) // _ELSEWHERE)
    return [
        cue
        for number, cue in enumerate(found)
        if cue.start is None or span[0] <= cue.start <= span[1] or number % step == 0 or cue is found[-1]
    ]


def _anew(found: Sequence[Cue]) -> tuple[str, ...]:
    """Return where another recording was joined to the file."""
    starts = {cue.part: cue for cue in reversed(found)}
    return tuple(
        f"{cue.place}: the times restart here: read as another recording that follows"
        for part, cue in sorted(starts.items())
        if part
    )[:_MOST_PARTS]


def _without_placeholders(records: tuple[Record, ...]) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """Return the records without a height that is 0 in every line, and without directions that are 0, 0, 0."""
    notes: tuple[str, ...] = ()
    heights = {record.height for record in records if record.height is not None}
    if heights and max(map(abs, heights)) < LOWEST:
        records = tuple(replace(record, height=None) for record in records)
        low = "0" if heights == {0.0} else f"less than {LOWEST:g} m"
        notes += (f"the height is {low} in every line: it is not known, and nothing can be placed",)
    turned = [record for record in records if record.yaw is not None]
    blank = [record for record in turned if record.yaw == record.pitch == 0 and not record.roll]
    if blank:
        records = tuple(
            replace(record, yaw=None, pitch=None, roll=None)
            if record.yaw == record.pitch == 0 and not record.roll
            else record
            for record in records
        )
    if blank and len(blank) == len(turned):
        notes += ("the camera's direction is 0, 0, 0 in every line: it is not known, and nothing can be placed",)
    return records, notes


def is_telemetry(text: str) -> bool:
    """Return whether text holds lines that this parser knows."""
    return bool(_GPS.search(text) or _HOME.search(text) or re.search(r"\[\s*(?:iso|latitude)\s*:", text))


def _fault(text: str) -> str | None:
    """Return why a cue gives no record, or None."""
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


def _read(cue: Cue, zone: tzinfo | None) -> _Draft:
    """Return a cue that is known to be whole; raises _Broken when its position is impossible."""
    gps = _GPS.search(cue.text)
    time = printed_time(cue, zone)
    draft = _read_tuple(cue, gps.group(1)) if gps else _read_keys(cue)
    return replace(draft, record=replace(draft.record, t=cue.start or 0.0, time=time, part=cue.part))


def _read_tuple(cue: Cue, inside: str) -> _Draft:
    text = cue.text
    home, from_home, gimbal = _HOME.search(text), _FROM_HOME.search(text), _GIMBAL.search(text)
    lettered = _LETTER.search(inside) is not None
    pair = _lettered(inside) if lettered else _pair(inside)
    if pair is not None and (min(map(abs, pair)) > 90 or max(map(abs, pair)) > 180 or (lettered and abs(pair[0]) > 90)):
        raise _Broken(_OUTSIDE)
    above = metres_up(cue.written)
    dialect = "autel" if lettered else _dialect(text, inside)
    pitch, roll, yaw = (number(part) for part in gimbal.groups()) if gimbal else (None, None, None)
    plane = _PLANE.search(text)
    yaw = _turned(yaw, number(plane[1]) if plane else None)
    record = _record(dialect, height=above, yaw=yaw, pitch=pitch, roll=roll)
    if pair is None and not lettered and _MARKS.search(inside):
        raise _Broken(f"{inside.strip()[:40]!r} is no position")
    if pair is None:
        return _Draft(record, None)
    if lettered:
        return _Draft(replace(record, lat=pair[0], lon=pair[1]), None)
    metres = number(from_home.group(1)) if from_home else None
    return _Draft(record, Fix(pair, _pair(home.group(1)) if home else None, metres))


def _dialect(text: str, inside: str) -> str:
    """Return which firmware prints such a line, by what it alone prints; `gps` where nothing tells."""
    if _BRACKETED_BAROMETER.search(text):
        return "dji-avata"
    if _CAMERA_LINE.search(text) or _FROM_HOME.search(text):
        return "dji-pry" if _GIMBAL.search(text) else "dji-distance"
    if inside.rstrip().endswith(("M", "m")):
        return "dji-metres"
    third = inside.rpartition(",")[2].strip()
    return "dji-barometer" if _BAROMETER.search(text) and "." not in third else "gps"


def _lettered(inside: str) -> Pair | None:
    """Latitude and longitude of numbers with letters; None for no fix. Raises _Broken."""
    found: dict[str, float] = {}
    for part in inside.split(",")[:2]:
        match = _LETTERED.fullmatch(part.strip())
        value = number(match[2]) if match else None
        if match is None or value is None:
            raise _Broken(f"{part.strip()[:40]!r} is no coordinate")
        name, side = (match[1] or "").upper(), (match[3] or "").upper()
        side = name if len(name) == 1 else side
        axis = "lat" if side in ("N", "S") or name.startswith("LAT") else "lon"
        if value < 0 and side in ("N", "E"):
            raise _Broken(f"{part.strip()[:40]!r} contradicts itself")
        found[axis] = -abs(value) if side in ("S", "W") else value
    if len(found) < 2:
        raise _Broken("the position names one axis twice")
    return (found["lat"], found["lon"]) if fixed(found["lat"], found["lon"]) else None


def _read_keys(cue: Cue) -> _Draft:
    text, written = cue.text, cue.written
    values = {key.lower(): value for key, said in _KEY.findall(text) if (value := number(said)) is not None}
    values |= feet_in_metres(written)
    for key in of_unknown_unit(written):
        values.pop(key, None)
    lat, lon, note = named_place(text)
    if not fixed(lat, lon):  # no fix is printed as 0, 0, and its altitudes as 0 too
        lat = lon = None
        values = {key: value for key, value in values.items() if value or key not in ("altitude", "abs_alt")}
    elif lat is not None and lon is not None and (abs(lat) > 90 or abs(lon) > 180):
        raise _Broken(_OUTSIDE)
    height = values.get("rel_alt")
    if height is None and "altitude" in values:
        height, note = values["altitude"], note or _WHICH_ALTITUDE
    values = {key.replace("gimbal_", "gb_"): value for key, value in values.items()}
    gimbal = [values.get(f"gb_{axis}") for axis in ("yaw", "pitch", "roll")]
    dialect = "dji-gimbal" if gimbal[0] is not None else "dji-rel-alt" if "rel_alt" in values else "dji-brackets"
    focal = _FOCAL.search(text)
    yaw = _turned(gimbal[0], values.get("drone_yaw"))
    record = _record(dialect, height=height, yaw=yaw, pitch=gimbal[1], roll=gimbal[2])
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


def _turned(yaw: float | None, frame: float | None) -> float | None:
    """Return the gimbal's yaw; a 0 is no value where the airframe is turned elsewhere."""
    return None if yaw == 0 and frame is not None and abs((frame + 180) % 360 - 180) > _TURNED else yaw


def _record(
    dialect: str, *, height: float | None, yaw: float | None, pitch: float | None, roll: float | None
) -> Record:
    return Record(0.0, None, None, None, flown(height), *pointing(yaw, pitch, roll), None, dialect)


def _ordered(drafts: list[_Draft], area: Polygon | None) -> Iterable[Record]:
    """Return records with latitude and longitude told apart, each dialect of the file by its own evidence."""
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
            note = f"it is not known which of {first:g} and {second:g} is the latitude"
            yield replace(draft.record, ambiguous=note)
            continue
        lat, lon = (first, second) if verdict else (second, first)
        if abs(lat) > 90:
            yield replace(draft.record, ambiguous=f"{lat:g} would be the latitude by all other lines: a broken line")
        else:
            yield replace(draft.record, lat=lat, lon=lon)


def _in_order(records: Iterable[Record]) -> tuple[Record, ...]:
    return tuple(sorted(records, key=lambda record: (record.part, record.t)))


def _timed(read: Sequence[tuple[_Draft, Cue]], *, alone: bool) -> tuple[list[_Draft], tuple[str, ...]]:
    """Return lines with the times that can be told from each other, and what is said of the others.

    Cues without a time line are placed by the date that they print; one of many without both is at no moment.
    """
    printed = [draft.record.time for draft, _ in read]
    times = of_one_kind(printed)
    first = next((time for time in times if time is not None), None)
    drafts = []
    for (draft, cue), time in zip(read, times, strict=True):
        record = draft.record if time is draft.record.time else replace(draft.record, time=None)
        if cue.start is None and not alone:
            if time is None or first is None:
                record = replace(record, ambiguous=record.ambiguous or _NO_MOMENT)
            else:
                record = replace(record, t=max(0.0, (time - first).total_seconds()))
        drafts.append(draft if record is draft.record else replace(draft, record=record))
    lost = times.count(None) - printed.count(None)
    unlike = (
        f"{lost} of {len(read)} lines differ from the others in whether they print a zone: their times are not known"
    )
    return drafts, (unlike,) if lost else ()


def _pair(inside: str) -> Pair | None:
    """Return the first two numbers inside of the brackets; None for `n/a` and for 0, which is how no fix is printed."""
    parts = [part.strip() for part in (inside.split(", ") if ", " in inside else inside.split(","))]
    if len(parts) >= 4 and all(re.fullmatch(r"[-+]?\d+", part) for part in parts[:4]):  # decimal commas throughout
        parts = [f"{parts[0]}.{parts[1]}", f"{parts[2]}.{parts[3]}"]
    numbers = [value for part in parts[:2] if re.fullmatch(NUMBER, part) and (value := number(part))]
    return (numbers[0], numbers[1]) if len(numbers) == 2 and fixed(*numbers) else None


def _focal(text: str) -> float | None:
    """35 mm equivalent: printed as 24.00, or as 240 for the same; digital zoom is in it already."""
    value = number(text)
    if value is None or value <= 0:
        return None
    return value if "." in text or "," in text else value / 10
