"""Where a drone's photo was taken and where it looked: EXIF, and the XMP of DJI, Skydio, Parrot, Autel and Teal."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from detector.vision.frame import Lens
from streams.telemetry.exif import Exif, read_exif
from streams.telemetry.record import FIXED_RTK, Record
from streams.telemetry.xmp import find_xmp, inside, number, values

_NADIR_BASED: Final = -20.0  # a `Camera:Pitch` below this counts from the horizon, else from straight down


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo's record, its size in pixels (0 when unknown), and its calibrated lens when it carries one."""

    record: Record
    width: int
    height: int
    lens: Lens | None


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
    """A photo's pose from its bytes (JPEG, DNG or TIFF); None when nothing in it says where it was taken."""
    exif, width, height = _jpeg(data) if data[:2] == b"\xff\xd8" else (read_exif(data), 0, 0)
    xmp = find_xmp(data)
    said = values(xmp)
    pointing = _pointing(xmp, said)
    if pointing.dialect == "exif" and (exif is None or not exif.gps):
        return None
    exif = exif or Exif({}, {}, {})
    lat, lon = pointing.lat, pointing.lon
    if lat is None or lon is None:
        lat, lon = exif.degrees(2), exif.degrees(4)
    if lat is None or lon is None or lat == lon == 0 or abs(lat) > 90 or abs(lon) > 180:
        lat = lon = None
    record = Record(
        t=0.0,
        time=_time(exif, said, zone),
        lat=lat,
        lon=lon,
        height=pointing.height,
        yaw=pointing.yaw,
        pitch=pointing.pitch,
        roll=pointing.roll,
        focal_35mm=exif.number(exif.camera, 0xA405) or None,
        dialect=pointing.dialect,
        altitude=pointing.altitude if pointing.altitude is not None else exif.altitude(),
        rtk=number(said.get("drone-dji:RtkFlag")) == FIXED_RTK,
    )
    return Photo(record, width, height, _lens(xmp, said, width, height))


def _pointing(xmp: str, said: dict[str, str]) -> _Pointing:
    if any(name.startswith("drone-skydio:") for name in said):
        return _skydio(xmp, said)
    for dialect, prefix in (("xmp-dji", "drone-dji"), ("xmp-autel", "drone")):
        if any(name.startswith(f"{prefix}:") for name in said):
            return _dji(dialect, prefix, said)
    if "drone-parrot:CameraPitchDegree" in said or "Camera:Pitch" in said:
        return _parrot(xmp, said)
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


def _parrot(xmp: str, said: dict[str, str]) -> _Pointing:
    """Parrot's own names count from the horizon; the shared `Camera:` names count pitch from straight down."""
    dialect = "xmp-autel" if "autel" in xmp.lower() else "xmp-parrot"
    angles = _angles(said, "drone-parrot:Camera{}Degree")
    if angles["pitch"] is None:
        angles = _angles(said, "Camera:{}")
        pitch = angles["pitch"]
        if pitch is not None and (dialect == "xmp-autel" or pitch > _NADIR_BASED):
            angles["pitch"] = abs(pitch) - 90 if dialect == "xmp-autel" else pitch - 90
    return _Pointing(dialect, height=number(said.get("Camera:AboveGroundAltitude")), **angles)


def _angles(said: dict[str, str], pattern: str) -> dict[str, float | None]:
    return {axis: number(said.get(pattern.format(axis.capitalize()))) for axis in ("yaw", "pitch", "roll")}


def _lens(xmp: str, said: dict[str, str], width: int, height: int) -> Lens | None:
    """The calibrated lens in pixels, where the maker wrote one that fits the picture."""
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
    """A lens in millimetres or of another picture size is worse than none."""
    fits = 0.2 * width < lens.fx < 40 * width and 0.3 * width < lens.cx < 0.7 * width
    return lens if fits and 0.5 < lens.fx / max(lens.fy, 1e-9) < 2 else None


def _time(exif: Exif, said: dict[str, str], zone: tzinfo | None) -> datetime | None:
    try:
        if utc := said.get("drone-dji:UTCAtExposure"):
            return datetime.fromisoformat(utc.replace(" ", "T", 1)).replace(tzinfo=UTC)
        shift = exif.text(exif.camera, 0x9011)  # "+08:00"
        if shift:
            hours, minutes = shift[1:].split(":")
            sign = -1 if shift[0] == "-" else 1
            zone = timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))
        text = exif.text(exif.camera, 0x9003) or exif.text(exif.main, 0x0132)
        return datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        return None


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
