"""Which telemetry belongs to which video: by name, and where names say nothing by the clock and the length."""

import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final

_LENSES: Final = ("_v", "_w", "_z", "_t", "_d")  # visible, wide, zoom, thermal, default: several lenses, one flight
_LENGTH_SECONDS: Final = 2.0  # that a sidecar may be longer or shorter than its video: it begins and ends on its own
_LENGTH_SHARE: Final = 0.02
_CLOCK_SECONDS: Final = 5.0
_ZONE_SECONDS: Final = 15 * 60.0  # every zone on earth is a whole number of these off UTC
_FARTHEST_SECONDS: Final = 14 * 3600.0
_MOST_FITS: Final = 200_000  # pairs that may fit before nobody could tell them apart


@dataclass(frozen=True, slots=True)
class Span:
    """When a recording began, and its seconds; None is "not said". A `start` without a zone is the aircraft's clock."""

    start: datetime | None = None
    seconds: float | None = None


Pairs = dict[str, str]
"""Telemetry by video; both by name, a path with slashes."""


def pair_by_name(videos: Sequence[str], telemetry: Sequence[str]) -> Pairs:
    """Sidecars that are called like their video, upper or lower case.

    Looked for in this order: the same folder and stem; the same folder without the letter of the lens (`DJI_0001_W.MP4`
    and `DJI_0001_V.SRT`); any folder, where exactly one file of each kind is called so. Several lenses may share one
    sidecar. The order in which files are given makes no difference.
    """
    found: Pairs = {}
    for key in (_stem, _without_lens):
        found |= _same(key, False, [name for name in videos if name not in found], telemetry)
    for key in (_stem, _without_lens):
        used = set(found.values())
        unused = [name for name in telemetry if name not in used]
        found |= _same(key, True, [name for name in videos if name not in found], unused)
    return found


def pair_by_time(videos: Mapping[str, Span], telemetry: Mapping[str, Span]) -> Pairs:
    """Pair recordings that are as long as each other and whose clocks agree but for the zone.

    A video's clock may name its beginning or its end. Where a file has more than one possible partner none is chosen.
    """
    known = sorted((span.seconds, name) for name, span in telemetry.items() if span.seconds is not None and span.start)
    lengths = [seconds for seconds, _ in known]
    fits: list[tuple[str, str]] = []
    for a, video in videos.items():
        if video.seconds is None or video.start is None:
            continue
        most = max(_LENGTH_SECONDS, _LENGTH_SHARE * video.seconds)
        near = known[bisect_left(lengths, video.seconds - most) : bisect_right(lengths, video.seconds + most)]
        fits += [(a, b) for _, b in near if _agree(video, telemetry[b])]
        if len(fits) > _MOST_FITS:  # they are all alike: nothing tells which belong together
            return {}
    left, right = Counter(a for a, _ in fits), Counter(b for _, b in fits)
    return {a: b for a, b in fits if left[a] == 1 and right[b] == 1}


Key = tuple[str, str]


def _same(key: Callable[[str], Key], anywhere: bool, videos: Sequence[str], telemetry: Sequence[str]) -> Pairs:
    known = _grouped(key, anywhere, telemetry)
    pairs: Pairs = {}
    for where, alike in _grouped(key, anywhere, videos).items():
        sidecars = known.get(where, [])
        if sidecars and not (anywhere and (len(sidecars) > 1 or len(alike) > 1)):
            pairs |= dict.fromkeys(alike, sidecars[0])
    return pairs


def _grouped(key: Callable[[str], Key], anywhere: bool, names: Sequence[str]) -> dict[Key, list[str]]:
    groups: dict[Key, list[str]] = {}
    for name in sorted(names):
        folder, stem = key(name)
        groups.setdefault(("" if anywhere else folder, stem), []).append(name)
    return groups


def _stem(name: str) -> Key:
    path = PurePosixPath(unicodedata.normalize("NFC", name).casefold())
    stem = path.stem
    for suffix in (".mp4", ".mov"):  # some exporters write DJI_0001.MP4.SRT
        stem = stem.removesuffix(suffix)
    return str(path.parent), stem


def _without_lens(name: str) -> Key:
    folder, stem = _stem(name)
    for lens in _LENSES:
        if stem.endswith(lens) and stem != lens:
            return folder, stem.removesuffix(lens)
    return folder, stem


def _agree(video: Span, sidecar: Span) -> bool:
    if video.seconds is None or sidecar.seconds is None or video.start is None or sidecar.start is None:
        return False
    if abs(video.seconds - sidecar.seconds) > max(_LENGTH_SECONDS, _LENGTH_SHARE * video.seconds):
        return False
    apart = (_utc(sidecar.start) - _utc(video.start)).total_seconds()
    return any(_off_by_zone(one) for one in (apart, apart + video.seconds))


def _off_by_zone(apart: float) -> bool:
    rest = abs(apart) % _ZONE_SECONDS
    return abs(apart) <= _FARTHEST_SECONDS + _CLOCK_SECONDS and min(rest, _ZONE_SECONDS - rest) <= _CLOCK_SECONDS


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
