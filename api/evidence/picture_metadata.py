"""What a picture of the evidence says of itself: Exif that is put before the JPEG's own data, which stays as it is."""

import hashlib
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from PIL import Image as Pillow
from PIL import UnidentifiedImageError
from PIL.ExifTags import IFD, Base

import api
from api.errors import EvidenceUnwritable

SOI: Final = b"\xff\xd8"
APP1: Final = b"\xff\xe1"
ASCII: Final = b"ASCII\0\0\0"  # how a comment in Exif begins that is so encoded
LONGEST: Final = 0xFFFF - 2


@dataclass(frozen=True, slots=True)
class About:
    """What is said of one picture: what it shows, by whom and when it was taken, by whose clock and how late it came.

    `captured_at` is None where the footage does not say; `cut_from` is the SHA-256 of the picture that it is a part or
    a copy of.
    """

    shows: str
    camera: str
    captured_at: datetime | None
    clock: str | None = None
    synchronised: bool | None = None
    lag: float | None = None
    cut_from: str | None = None


def with_metadata(jpeg: bytes, about: About) -> bytes:
    """Return a JPEG with its metadata; one that has Exif already is returned as it came."""
    if jpeg[:2] != SOI or has_exif(jpeg):
        return jpeg
    said = {
        "shows": about.shows,
        "camera": about.camera,
        "captured_at": about.captured_at.astimezone(UTC).isoformat() if about.captured_at else None,
        "clock": about.clock,
        "clock_synchronised": about.synchronised,
        "lag_s": about.lag,
        "cut_from_sha256": about.cut_from,
        "sha256_without_metadata": hashlib.sha256(jpeg).hexdigest(),
    }
    exif = Pillow.Exif()
    exif[Base.ImageDescription] = about.shows
    exif[Base.Software] = f"streetwarden {api.__version__}"
    inner = exif.get_ifd(IFD.Exif)
    if about.captured_at is not None:
        at = about.captured_at.astimezone(UTC)
        inner[Base.DateTimeOriginal] = f"{at:%Y:%m:%d %H:%M:%S}"
        inner[Base.SubsecTimeOriginal] = f"{at:%f}"
        inner[Base.OffsetTimeOriginal] = "+00:00"
    inner[Base.UserComment] = ASCII + json.dumps(said).encode("ascii")
    segment = exif.tobytes()
    if not segment.startswith(b"Exif\0\0"):
        segment = b"Exif\0\0" + segment
    if len(segment) > LONGEST:
        return jpeg
    return SOI + APP1 + (len(segment) + 2).to_bytes(2, "big") + segment + jpeg[2:]


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Return height and width in pixels. Raises EvidenceUnwritable where the bytes are no picture."""
    try:
        with Pillow.open(io.BytesIO(jpeg)) as picture:
            return picture.height, picture.width
    except (UnidentifiedImageError, OSError) as error:
        raise EvidenceUnwritable("evidence: what is to be kept is no picture") from error


def has_exif(jpeg: bytes) -> bool:
    """Return whether a picture brings metadata of its own."""
    try:
        with Pillow.open(io.BytesIO(jpeg)) as picture:
            return bool(picture.getexif())
    except (UnidentifiedImageError, OSError, Pillow.DecompressionBombError):
        return False


def read_metadata(jpeg: bytes) -> dict[str, str | float | bool | None]:
    """Return what `with_metadata` wrote; empty where there is none."""
    try:
        with Pillow.open(io.BytesIO(jpeg)) as picture:
            comment = picture.getexif().get_ifd(IFD.Exif).get(Base.UserComment, b"")
    except (UnidentifiedImageError, OSError):
        return {}
    if not isinstance(comment, bytes) or not comment.startswith(ASCII):
        return {}
    said: dict[str, str | float | bool | None] = json.loads(comment.removeprefix(ASCII))
    return said
