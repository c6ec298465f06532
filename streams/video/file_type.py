"""What kind of file this is, from its first bytes.

FFmpeg opens a text file named .mp4 as a playlist, and a playlist names other files and addresses. So a file's first
bytes must be those of a container that we open before FFmpeg may see it.
"""

from pathlib import Path

from streams.errors import NotAVideo
from streams.footage_wording import FootageFault

_MOV_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})


def kind_of(head: bytes) -> str | None:
    """`mp4`, `mkv`, `avi`, `ts`, `jpeg`, `png`, `webp`, or None; needs the first 400 bytes of the file."""
    if head[4:8] in _MOV_BOXES:
        return "mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "mkv"
    if head.startswith(b"RIFF"):
        return {b"AVI ": "avi", b"WEBP": "webp"}.get(head[8:12])
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return "ts"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    return "png" if head.startswith(b"\x89PNG\r\n\x1a\n") else None


def sniff(path: Path) -> str:
    """The kind of this file; raises NotAVideo when it cannot be read or is of no kind that we open."""
    try:
        with path.open("rb") as file:
            kind = kind_of(file.read(400))
    except OSError as error:
        raise NotAVideo.of(path, FootageFault.UNREADABLE, detail=error.strerror) from error
    if kind is None:
        raise NotAVideo.of(path, FootageFault.UNKNOWN_FORMAT)
    return kind


def is_picture(path: Path) -> bool:
    """Whether the file is a single picture; raises NotAVideo."""
    return sniff(path) in ("jpeg", "png", "webp")


def check_video(path: Path) -> None:
    """Raises NotAVideo unless the file is a video container that we open."""
    if is_picture(path):
        raise NotAVideo.of(path, FootageFault.NOT_A_VIDEO)
