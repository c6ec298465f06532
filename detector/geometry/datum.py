"""Datums of Chinese maps: GCJ-02 (AMap and most navigation) and BD-09 (Baidu) to WGS-84.

The forward formulas are the widely published approximation; they have no closed inverse, so that is iterated.
"""

from enum import StrEnum
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Final

_A: Final = 6378245.0  # Krassowsky's ellipsoid
_EE: Final = 0.00669342162296594323
_BAIDU: Final = pi * 3000 / 180
_ENOUGH: Final = 1e-10  # degrees: a hundredth of a millimetre
_CHINA: Final = (72.004, 0.8293, 137.8347, 55.8271)  # west, south, east, north: outside nothing is shifted


class Datum(StrEnum):
    """What coordinates in degrees refer to."""

    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


def datum_of(name: str) -> Datum | None:
    """Return the datum that a file names; None where unknown.

    Names are written like `GCJ-02`, `gcj02`, `EPSG:4326`, `CGCS2000` or `http://www.opengis.net/def/crs/OGC/1.3/CRS84`.
    """
    last = name.upper().rpartition("/" if name.upper().startswith("HTTP") else ":")[2]
    word = "".join(letter for letter in last if letter.isalnum())
    known = {
        "GCJ02": Datum.GCJ02,
        "BD09": Datum.BD09,
        "BD09LL": Datum.BD09,
        "火星坐标": Datum.GCJ02,
        "百度坐标": Datum.BD09,
    }
    # CGCS2000 lies within centimetres of WGS-84; 4979 and CRS84h are WGS-84 with heights.
    if word in ("WGS84", "4326", "4979", "CRS84", "CRS84H", "CGCS2000", "4490"):
        return Datum.WGS84
    return known.get(word)


def to_wgs84(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    """Return (lat, lon) degrees WGS-84 of a position in degrees of a datum."""
    if datum is Datum.BD09:
        lat, lon = _bd_to_gcj(lat, lon)
    if datum is Datum.WGS84 or not _in_china(lat, lon):
        return lat, lon
    guess_lat, guess_lon = lat, lon
    for _ in range(20):
        shifted_lat, shifted_lon = from_wgs84(guess_lat, guess_lon, Datum.GCJ02)
        off_lat, off_lon = shifted_lat - lat, shifted_lon - lon
        guess_lat, guess_lon = guess_lat - off_lat, guess_lon - off_lon
        if max(abs(off_lat), abs(off_lon)) < _ENOUGH:
            break
    return guess_lat, guess_lon


def from_wgs84(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    """Return (lat, lon) degrees of a datum for a position in WGS-84."""
    if datum is Datum.WGS84:
        return lat, lon
    if _in_china(lat, lon):
        lat, lon = _wgs_to_gcj(lat, lon)
    return _gcj_to_bd(lat, lon) if datum is Datum.BD09 else (lat, lon)


def _in_china(lat: float, lon: float) -> bool:
    west, south, east, north = _CHINA
    return west <= lon <= east and south <= lat <= north


def _wgs_to_gcj(lat: float, lon: float) -> tuple[float, float]:
    x, y = lon - 105.0, lat - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = lat / 180.0 * pi
    magic = 1 - _EE * sin(phi) ** 2
    north = north * 180.0 / ((_A * (1 - _EE)) / (magic * sqrt(magic)) * pi)
    east = east * 180.0 / (_A / sqrt(magic) * cos(phi) * pi)
    return lat + north, lon + east


def _gcj_to_bd(lat: float, lon: float) -> tuple[float, float]:
    far = hypot(lon, lat) + 0.00002 * sin(lat * _BAIDU)
    turn = atan2(lat, lon) + 0.000003 * cos(lon * _BAIDU)
    return far * sin(turn) + 0.006, far * cos(turn) + 0.0065


def _bd_to_gcj(lat: float, lon: float) -> tuple[float, float]:
    guess_lat, guess_lon = lat - 0.006, lon - 0.0065
    for _ in range(20):
        there_lat, there_lon = _gcj_to_bd(guess_lat, guess_lon)
        guess_lat, guess_lon = guess_lat - (there_lat - lat), guess_lon - (there_lon - lon)
        if max(abs(there_lat - lat), abs(there_lon - lon)) < _ENOUGH:
            break
    return guess_lat, guess_lon
