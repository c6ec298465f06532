"""Where a drone's photo was taken and where it looked: EXIF, and the XMP of DJI, Skydio, Parrot, Autel and Teal."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

from detector.geometry.wgs import distance
from detector.vision.frame import Lens
from streams.telemetry import outliers as limits
from streams.telemetry.clock import parse_date, parse_zone
from streams.telemetry.exif import Exif, read_exif
from streams.telemetry.order import fixed
from streams.telemetry.record import FIXED_RTK, Record
from streams.telemetry.xmp import find_xmp, inside, number, values

_NADIR_BASED: Final = -20.0  # a `Camera:Pitch` below this counts from the horizon, else from straight down
_NADIR_MAKERS: Final = ("parrot", "sensefly")  # which count from straight down in both directions
_LEVEL: Final = 2.0  # degrees: an Autel's `Camera:Pitch` between minus this and 0 may be counted either way
_TURNED: Final = 5.0  # degrees that the airframe must be turned for a gimbal yaw of exactly 0 to be no value
_ONE_PLACE_M: Final = 1000.0  # EXIF and XMP of one photo are written from one fix
_DATES: Final = ((0x9003, 0x9011), (0x9004, 0x9012), (0x0132, 0x9010))
"""EXIF tags of a date (taken, digitised, written) and of the zone that belongs to it."""
_XMP_DATES: Final = ("exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate")
_NOT_SAID: Final = "the camera's pointing is printed as 0, 0, 0, which is how aircraft print that it is not known"


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo's record, its size in pixels (0 when unknown), and its calibrated lens when it carries one.

    `taken_size` is the width and height that the camera says it took; pictures are cut and turned afterwards.
    """

    record: Record
    width: int
    height: int
    lens: Lens | None
    taken_size: tuple[int, int] | None = None

    @property
    def points(self) -> bool:
        """Return whether the photo says where its camera looked: then it is about the picture as the sensor had it."""
        return self.record.yaw is not None and self.record.pitch is not None


@dataclass(frozen=True, slots=True)
class _Pointing:
    """What one maker's XMP says."""

    dialect: str
    lat: float | None = None
    lon: float | None = None
    height: float | None = None
    altitude: float | None = None
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None


def read_photo(data: bytes, *, zone: tzinfo | None = None) -> Photo | None:
    """Return a photo's pose from its bytes (JPEG, DNG or TIFF); None when nothing in it says where it was taken."""
    exif, width, height = _jpeg(data) if data[:2] == b"\xff\xd8" else (read_exif(data), 0, 0)
    xmp = find_xmp(data)
    said = values(xmp)
    maker = exif.text(exif.main, 0x010F) if exif else ""
    pointing = _pointing(xmp, said, maker)
    if pointing.dialect == "exif" and (exif is None or not exif.gps):
        return None
    exif = exif or Exif({}, {}, {})
    lat, lon, note = _position(pointing, exif)
    yaw, pitch, roll = _camera(pointing, number(said.get("drone-dji:FlightYawDegree")))
    if pointing.pitch is not None and pitch is None:
        note = note or (_NOT_SAID if pointing.pitch == 0 else f"no gimbal reaches a pitch of {pointing.pitch:g}")
    record = Record(
        t=0.0,
        time=_time(exif, said, zone),
        lat=lat,
        lon=lon,
        height=limits.flown(pointing.height)
        or None,  # 0 is what is written where it is not known; nothing is seen from there
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        focal_35mm=exif.number(exif.camera, 0xA405) or None,
        dialect=pointing.dialect,
        altitude=pointing.altitude if pointing.altitude is not None else exif.altitude(),
        rtk=number(said.get("drone-dji:RtkFlag")) == FIXED_RTK,
        ambiguous=note,
    )
    sides = exif.number(exif.camera, 0xA002), exif.number(exif.camera, 0xA003)
    taken = (int(sides[0]), int(sides[1])) if sides[0] and sides[1] else None
    return Photo(record, width, height, _lens(xmp, said, width, height), taken)


def _position(pointing: _Pointing, exif: Exif) -> tuple[float | None, float | None, str | None]:
    """Latitude and longitude by the maker's own tags, else by EXIF, and what makes them doubtful."""
    own = _known(pointing.lat, pointing.lon)
    general = None if exif.lost_fix else _known(exif.degrees(2), exif.degrees(4))
    if own is not None and general is not None and distance(*own, *general) > _ONE_PLACE_M:
        return None, None, "EXIF and XMP name two places"
    if own is None and general is not None and exif.other_datum:
        return None, None, f"its position counts from the datum {exif.other_datum}, not from WGS-84"
    lat, lon = own or general or (None, None)
    return lat, lon, None


def _known(lat: float | None, lon: float | None) -> tuple[float, float] | None:
    """Return a pair that is a place; a number of exactly 0 is how no fix is written."""
    if lat is None or lon is None or not fixed(lat, lon) or abs(lat) > 90 or abs(lon) > 180:
        return None
    return lat, lon


def _camera(pointing: _Pointing, flight_yaw: float | None) -> tuple[float | None, float | None, float | None]:
    """Yaw, pitch and roll, without the zeros that stand for "not known"."""
    if pointing.yaw == 0 and pointing.pitch == 0 and not pointing.roll:
        return None, None, None
    turned = flight_yaw is not None and abs((flight_yaw + 180) % 360 - 180) > _TURNED
    return limits.pointing(None if pointing.yaw == 0 and turned else pointing.yaw, pointing.pitch, pointing.roll)


def _pointing(xmp: str, said: dict[str, str], maker: str) -> _Pointing:
    if any(name.startswith("drone-skydio:") for name in said):
        return _skydio(xmp, said)
    for dialect, prefix in (("xmp-dji", "drone-dji"), ("xmp-autel", "drone")):
        if any(name.startswith(f"{prefix}:") for name in said):
            return _dji(dialect, prefix, said)
    if "drone-parrot:CameraPitchDegree" in said or "Camera:Pitch" in said:
        return _parrot(said, f"{maker} {xmp}")
    if "exif:CameraPitch" in said:
        return _Pointing(
            "xmp-teal",
            lat=number(said.get("exif:GPSLatitude")),
            lon=number(said.get("exif:GPSLongitude")),
            altitude=number(said.get("exif:GPSAltitude")),
            **_angles(said, "exif:Camera{}"),
        )
    return _Pointing("exif")


def _dji(dialect: str, prefix: str, said: dict[str, str]) -> _Pointing:
    def read(*names: str) -> float | None:
        return next((value for name in names if (value := number(said.get(f"{prefix}:{name}"))) is not None), None)

    return _Pointing(
        dialect,
        lat=read("GpsLatitude", "Latitude"),
        lon=read("GpsLongitude", "GpsLongtitude", "Longitude"),
        height=read("RelativeAltitude"),
        altitude=read("AbsoluteAltitude"),
        **_angles(said, prefix + ":Gimbal{}Degree"),
    )


def _skydio(xmp: str, said: dict[str, str]) -> _Pointing:
    return _Pointing(
        "xmp-skydio",
        lat=number(said.get("drone-skydio:Latitude")),
        lon=number(said.get("drone-skydio:Longitude")),
        height=number(said.get("drone-skydio:RelativeAltitude")),
        altitude=number(said.get("drone-skydio:AbsoluteAltitude")),
        **_angles(inside(xmp, "drone-skydio:CameraOrientationNED"), "drone-skydio:{}"),
    )


def _parrot(said: dict[str, str], maker: str) -> _Pointing:
    """Parrot's own names count from the horizon; the shared `Camera:` names count pitch from straight down.

    Autel writes the shared names both ways: its older cameras from straight down and upwards, 0 to 90, its newer ones
    (XL715) from the horizon and downwards, 0 to -90.
    """
    dialect = "xmp-autel" if "autel" in maker.lower() else "xmp-parrot"
    angles = _angles(said, "drone-parrot:Camera{}Degree")
    if angles["pitch"] is None:
        angles = _angles(said, "Camera:{}")
        pitch = angles["pitch"]
        if pitch is not None and dialect == "xmp-autel":
            angles["pitch"] = None if -_LEVEL < pitch <= 0 else pitch - 90 if pitch > 0 else pitch
        elif pitch is not None and pitch > _NADIR_BASED:
            known = pitch >= 0 or any(name in maker.lower() for name in _NADIR_MAKERS)
            angles["pitch"] = pitch - 90 if known else None
        if angles["pitch"] is not None and not -120 <= angles["pitch"] <= 60:  # no gimbal turns so far
            angles["pitch"] = None
    return _Pointing(dialect, height=number(said.get("Camera:AboveGroundAltitude")), **angles)


def _angles(said: dict[str, str], pattern: str) -> dict[str, float | None]:
    return {axis: number(said.get(pattern.format(axis.capitalize()))) for axis in ("yaw", "pitch", "roll")}


def _lens(xmp: str, said: dict[str, str], width: int, height: int) -> Lens | None:
    """Return the calibrated lens in pixels, where the maker wrote one that fits the picture."""
    if not width:
        return None
    warp = [number(part) for part in said.get("drone-dji:DewarpData", "").split(";")[-1].split(",")]
    if len(warp) == 9 and all(part is not None for part in warp):
        fx, fy, cx, cy, *distortion = (part or 0.0 for part in warp)
        if number(said.get("drone-dji:DewarpFlag")):  # the picture is straight already
            distortion = [0.0] * 5
        k1, k2, p1, p2, k3 = distortion
        return _sane(Lens(fx, fy, width / 2 + cx, height / 2 + cy, (k1, k2, p1, p2, k3)), width)
    focal = number(said.get("drone-dji:CalibratedFocalLength"))
    centre_x = number(said.get("drone-dji:CalibratedOpticalCenterX"))
    centre_y = number(said.get("drone-dji:CalibratedOpticalCenterY"))
    if focal is not None and centre_x is not None and centre_y is not None:
        return _sane(Lens(focal, focal, centre_x, centre_y), width)
    both = inside(xmp, "drone-skydio:CalibratedFocalLength")
    middle = inside(xmp, "drone-skydio:CalibratedOpticalCenter")
    parts = [number(group.get(f"drone-skydio:{axis}")) for group in (both, middle) for axis in "XY"]
    if all(part is not None for part in parts):
        fx, fy, cx, cy = (part or 0.0 for part in parts)
        return _sane(Lens(fx, fy, cx, cy), width)
    return None


def _sane(lens: Lens, width: int) -> Lens | None:
    """Return the lens, or None for one in millimetres or of another picture size: that is worse than none."""
    fits = 0.2 * width < lens.fx < 40 * width and 0.3 * width < lens.cx < 0.7 * width
    return lens if fits and 0.5 < lens.fx / max(lens.fy, 1e-9) < 2 else None


def _time(exif: Exif, said: dict[str, str], zone: tzinfo | None) -> datetime | None:
    """Return when the photo was taken: aware where it or the caller names the zone."""
    utc = parse_date(said.get("drone-dji:UTCAtExposure", ""), UTC)
    if utc is not None:
        return utc
    zones = [parse_zone(exif.text(exif.camera, tag)) for _, tag in _DATES]
    own = next((found for found in zones if found is not None), None)
    for (tag, _), named in zip(_DATES, zones, strict=True):
        directory = exif.main if tag == 0x0132 else exif.camera
        if time := parse_date(exif.text(directory, tag), named or own or zone):
            return time
    if time := _satellite_time(exif):
        return time
    return next((time for name in _XMP_DATES if (time := parse_date(said.get(name, ""), zone))), None)


def _satellite_time(exif: Exif) -> datetime | None:
    """GPSDateStamp and GPSTimeStamp, which are UTC."""
    clock = exif.gps.get(7)
    if not isinstance(clock, tuple) or len(clock) != 3 or not all(0 <= part < 60 for part in clock):
        return None
    hour, minute, second = (int(part) for part in clock)
    return parse_date(f"{exif.text(exif.gps, 0x1D)} {hour:02d}:{minute:02d}:{second:02d}", UTC)


def _jpeg(data: bytes) -> tuple[Exif | None, int, int]:
    """EXIF block, width and height of a JPEG, from its segments up to the picture itself."""
    exif: Exif | None = None
    width = height = 0
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if marker == 0xE1 and body[:6] == b"Exif\0\0" and exif is None:
            exif = read_exif(body[6:])
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and len(body) >= 5:
            height, width = struct.unpack_from(">HH", body, 1)
        if marker == 0xDA or length < 2:
            break
        at += 2 + length
    return exif, width, height
