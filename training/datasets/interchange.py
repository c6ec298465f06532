"""What the readers of foreign formats give: pictures with named boxes, and every fault with its file and line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote

from detector.office_text import TextUnreadable, decode_text
from training.datasets.layouts import PICTURES
from training.errors import DatasetInvalid

Side = Literal["train", "val"]

_UPLOADED: Final = re.compile(r"^[0-9a-f]{8}-")
MOST_FAULTS: Final = 200
"""Kept of one import: more help nobody."""
LARGEST_TEXT: Final = 512 * 2**20  # bytes of a label file; COCO's own of 118,000 pictures have 450 MB
SLACK: Final = 2e-3  # exporters round: an edge may stand a pixel or two outside the picture


@dataclass(frozen=True, slots=True)
class NamedBox:
    """One box: the class by its name, centre and size as shares of the picture (0..1)."""

    name: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class ForeignPicture:
    """A picture as an export has it; `side` where the export parts its pictures, `licence` where it names one.

    `labelled_size` is the width and height of the picture that was labelled, where the export says it.
    """

    path: Path
    boxes: tuple[NamedBox, ...]
    side: Side | None = None
    licence: str = ""
    labelled_size: tuple[float, float] | None = None


@dataclass(slots=True)
class Export:
    """What was read of an export, in its own words; `faults` are one line each: file, line, what is wrong."""

    format: str
    classes: tuple[str, ...] = ()
    pictures: list[ForeignPicture] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    more_faults: int = 0
    notes: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        """Note one fault; of very many the rest is only counted."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(text)
        else:
            self.more_faults += 1


def checked_box(name: str, left: float, top: float, right: float, bottom: float) -> NamedBox:
    """Return a box from its edges as shares of the picture, cut at the picture's edge.

    Raises:
        DatasetInvalid: what is wrong with it, without a place.
    """
    if not (right > left and bottom > top):  # also catches NaN
        raise DatasetInvalid(f"a box of {right - left:g} x {bottom - top:g} has no area")
    if min(left, top) < -SLACK or max(right, bottom) > 1 + SLACK:
        raise DatasetInvalid("the box leaves the picture")
    left, top, right, bottom = (min(max(edge, 0.0), 1.0) for edge in (left, top, right, bottom))
    if not (right > left and bottom > top):
        raise DatasetInvalid("the box lies on the picture's edge and has no area")
    return NamedBox(name, (left + right) / 2, (top + bottom) / 2, right - left, bottom - top)


def files(folder: Path, *endings: str) -> Iterator[Path]:
    """Files of these endings in a folder and below, by name.

    Hidden ones, what macOS adds to ZIPs, and links out of the folder are passed over.
    """
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if any(part.startswith(".") or part == "__MACOSX" for part in inside):
            continue
        if path.suffix.lower() in endings and path.is_file() and lies_in(path, folder):
            yield path


def lies_in(path: Path, folder: Path) -> bool:
    """Return whether a file lies in a folder, links followed."""
    return path.resolve().is_relative_to(folder.resolve())


class Pictures:
    """The pictures of an export by name: formats that name a picture rarely say in which folder it lies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_name: dict[str, list[Path]] = {}
        for path in files(folder, *PICTURES):
            self._by_name.setdefault(path.name, []).append(path)

    def find(self, named: str, near: Path) -> Path:
        """Return the picture that a label file names, looked for by its path and then by its name alone.

        Never one outside the export. Raises DatasetInvalid where there is none, or several could be meant.
        """
        plain = named.replace("\\", "/").strip()
        for base in (near.parent, self._folder):
            candidate = base / plain
            if candidate.suffix.lower() in PICTURES and _is_file(candidate) and lies_in(candidate, self._folder):
                return candidate
        if "://" in plain:
            plain = plain.partition("?")[0]
        name = plain.rsplit("/", 1)[-1]
        found = self._by_name.get(name, []) or self._by_name.get(unquote(name), [])
        found = found or [path for key, paths in self._by_name.items() for path in paths if key.lower() == name.lower()]
        # Label Studio puts eight hex digits before the name under which a picture was uploaded
        found = found or [path for key, paths in self._by_name.items() for path in paths if key.endswith(f"-{name}")]
        if not found and (bare := _UPLOADED.sub("", name)) != name:
            found = self._by_name.get(bare, [])
        if not found:
            raise DatasetInvalid(f"picture {named!r} is not in the export")
        if len(found) > 1:
            raise DatasetInvalid(f"picture {named!r} could be {found[0]} or {found[1]}")
        return found[0]


def side_of(path: Path, folder: Path) -> Side | None:
    """Return the side that a path's folders or file name speak of (`train/`, `valid/`, `instances_val2017.json`)."""
    words = [part.lower() for part in path.relative_to(folder).parts]
    for word in reversed(words):
        stem = word.removesuffix(path.suffix.lower())
        plain = "".join(letter if letter.isalpha() else " " for letter in stem).split()
        if "train" in plain:
            return "train"
        if {"val", "valid", "validation", "test", "testing"} & set(plain):
            return "val"
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or holds a zero byte
        return False


def read_text(path: Path) -> str:
    """Return a text file of bounded size. Raises DatasetInvalid."""
    try:
        if path.stat().st_size > LARGEST_TEXT:
            raise DatasetInvalid(f"{path}: is larger than {LARGEST_TEXT // 2**20} MiB")
        return decode_text(path.read_bytes())
    except OSError as error:
        raise DatasetInvalid(f"{path}: cannot be read ({error.strerror})") from error
    except TextUnreadable as error:
        raise DatasetInvalid(f"{path}: {error}: save it as UTF-8") from error
