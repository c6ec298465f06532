"""What kind of file this is, from its first bytes.

FFmpeg opens a text file named .mp4 as a playlist, and a playlist names other files and addresses. So a file's first
bytes must be those of a container that we open before FFmpeg may see it.
"""

from pathlib import Path

from streams.errors import NotAVideo
from streams.footage_wording import FootageFault

_MOV_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
# Still pictures in the container of a video (ISO/IEC 23008-12): FFmpeg opens one tile of them as a film.
_STILLS = {
    **dict.fromkeys(
        (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"miaf"), "HEIC"
    ),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    b"crx ": "CR3",
    b"jxl ": "JPEG XL",
    b"jpeg": "HEIF",
    b"jpgs": "HEIF",
}
_UNREAD = {b"II*\0": "TIFF or DNG", b"MM\0*": "TIFF or DNG", b"GIF8": "GIF", b"BM": "BMP"}


def kind_of(head: bytes) -> str | None:
    """`mp4`, `mkv`, `avi`, `ts`, `jpeg`, `png`, `webp`, or None; needs the first 400 bytes of the file."""
    if head[4:8] in _MOV_BOXES:
        return None if still_of(head) else "mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "mkv"
    if head.startswith(b"RIFF"):
        return {b"AVI ": "avi", b"WEBP": "webp"}.get(head[8:12])
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return "ts"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    return "png" if head.startswith(b"\x89PNG\r\n\x1a\n") else None


def still_of(head: bytes) -> str | None:
    """Return the name of a kind of still picture that we know and do not open, else None."""
    if head[4:8] == b"ftyp" and (name := _STILLS.get(head[8:12])):
        return name
    if head[4:12] == b"JXL \r\n\x87\n":
        return "JPEG XL"
    return next((name for begin, name in _UNREAD.items() if head.startswith(begin)), None)


def sniff(path: Path) -> str:
    """Return the kind of this file; raises NotAVideo when it cannot be read or is of no kind that we open."""
    try:
        with path.open("rb") as file:
            head = file.read(400)
    except OSError as error:
        raise NotAVideo.of(path, FootageFault.UNREADABLE, detail=error.strerror) from error
    kind = kind_of(head)
    if kind is None and (still := still_of(head)) is not None:
        raise NotAVideo.of(path, FootageFault.UNREAD_PICTURE, format=still)
    if kind is None:
        raise NotAVideo.of(path, FootageFault.UNKNOWN_FORMAT)
    return kind


def is_picture(path: Path) -> bool:
    """Return whether the file is a single picture; raises NotAVideo."""
    return sniff(path) in ("jpeg", "png", "webp")


def check_video(path: Path) -> None:
    """Raise NotAVideo unless the file is a video container that we open."""
    if is_picture(path):
        raise NotAVideo.of(path, FootageFault.NOT_A_VIDEO)
