"""A recorded sequence: the pictures of one fixed camera with their times, and the stalls that stand in them.

A folder of `images/`, `times.tsv` (tab-separated, columns `picture` and `time`, ISO 8601 with offset) and `stalls.txt`
(YOLO lines `class x y w h`, each stall once since the camera does not move; two further columns, ISO times, say when
one came and left, and without them it stands there all the time).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from detector.vision.detections import Box
from detector.vision.frame import Frame, Image
from training.errors import SequenceInvalid

TIMES, STALLS, PICTURES = "times.tsv", "stalls.txt", "images"


@dataclass(frozen=True, slots=True)
class KnownStall:
    """One stall that is there: its box in shares of the picture (0 to 1), and from when to when it stands."""

    box: Box
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TimedPicture:
    """A picture's file and when it was taken."""

    path: Path
    at: datetime


@dataclass(frozen=True, slots=True)
class PictureSequence:
    """The pictures of one view in order of capture, and what stands there. `name` is the camera's."""

    name: str
    pictures: tuple[TimedPicture, ...]
    stalls: tuple[KnownStall, ...]

    @property
    def seconds(self) -> float:
        """From the first picture to the last."""
        return (self.pictures[-1].at - self.pictures[0].at).total_seconds()


def read_sequence(folder: Path) -> PictureSequence:
    """Return the sequence in a folder.

    Raises:
        SequenceInvalid: a missing file, a time that is no time or earlier than the one before, a box that is none; with
            file and line.
    """
    try:
        pictures = tuple(_read_times(folder))
    except csv.Error as error:
        raise SequenceInvalid(
            f"{folder / TIMES}: is no table of pictures and times: mend its quotation marks"
        ) from error
    if len(pictures) < 2:
        raise SequenceInvalid(f"{folder / TIMES}: holds {len(pictures)} pictures; a sequence needs at least two")
    return PictureSequence(folder.resolve().name, pictures, tuple(_read_stalls(folder / STALLS)))


def frames_of(sequence: PictureSequence, aspect: float | None = None) -> Iterator[Frame]:
    """Yield the frames; `aspect` (width / height) is the true shape of pictures that were squeezed.

    Raises:
        SequenceInvalid: a file that is no picture, or one of another size than those before it.
    """
    size: tuple[int, int] | None = None
    for index, picture in enumerate(sequence.pictures):
        image = cv2.imread(str(picture.path), cv2.IMREAD_COLOR)
        if image is None:
            raise SequenceInvalid(f"{picture.path}: cannot be read as a picture; remove its line from {TIMES}")
        height, width = image.shape[:2]
        size = size or (width, height)
        if size != (width, height):
            raise SequenceInvalid(
                f"{picture.path}: is {width}x{height}, those before it {size[0]}x{size[1]}: "
                "a sequence shows one view in one size; split the folder"
            )
        yield Frame(_stretched(np.asarray(image, np.uint8), aspect), picture.at, sequence.name, index=index)


def _stretched(image: Image, aspect: float | None) -> Image:
    height, width = image.shape[:2]
    if aspect is None or round(height * aspect) == width:
        return image
    return np.asarray(cv2.resize(image, (round(height * aspect), height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _read_times(folder: Path) -> Iterator[TimedPicture]:
    before: datetime | None = None
    # nothing is quoted: a name may hold a quotation mark, and a table has one picture a line
    reader = csv.DictReader(_lines(folder / TIMES), delimiter="\t", quoting=csv.QUOTE_NONE)
    for row in reader:
        where = f"{folder / TIMES}:{reader.line_num}"
        name, text = row.get("picture"), row.get("time")
        if not name or not text:
            raise SequenceInvalid(f"{where}: needs the columns picture and time, separated by a tab")
        at = _time(text, where)
        if before is not None and at < before:
            raise SequenceInvalid(f"{where}: {text} is earlier than the line before; sort the lines by time")
        path = folder / PICTURES / name
        if Path(name).name != name or not path.is_file():
            raise SequenceInvalid(f"{where}: there is no picture {name} in {folder / PICTURES}")
        before = at
        yield TimedPicture(path, at)


def _read_stalls(path: Path) -> Iterator[KnownStall]:
    for number, line in enumerate(_lines(path), start=1):
        parts = line.split()
        where = f"{path}:{number}"
        if not parts:
            continue
        if len(parts) not in (5, 7):
            raise SequenceInvalid(f"{where}: write `class x y w h`, and the times it came and left where it did")
        try:
            x, y, w, h = (float(part) for part in parts[1:5])
        except ValueError as error:
            raise SequenceInvalid(f"{where}: {' '.join(parts[1:5])!r} are no four numbers") from error
        if not (0 <= x <= 1 and 0 <= y <= 1 and 0 < w <= 1 and 0 < h <= 1):
            raise SequenceInvalid(f"{where}: the box is not in shares of the picture, 0 to 1")
        since, until = (_time(part, where) for part in parts[5:]) if len(parts) == 7 else (None, None)
        if since is not None and until is not None and until < since:
            raise SequenceInvalid(f"{where}: the stall leaves before it comes; write first when it came")
        yield KnownStall((x - w / 2, y - h / 2, x + w / 2, y + h / 2), since, until)


def _time(text: str, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise SequenceInvalid(f"{where}: {text!r} is no time: write it like 2026-11-20T10:00:00+08:00") from error
    if at.tzinfo is None:
        raise SequenceInvalid(f"{where}: {text!r} needs its offset: write it like 2026-11-20T10:00:00+08:00")
    return at


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise SequenceInvalid(f"{path}: no such file; a sequence is images/, {TIMES} and {STALLS}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SequenceInvalid(f"{path}: cannot be read as text") from error
