"""YOLO labels: one text file per picture, one `class x y w h` line per box, normalised to the picture."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import yaml

from detector.office_text import TextUnreadable, decode_text
from training.datasets.layouts import (
    Side,
    class_names,
    find_description,
    find_pictures,
    labels_in_words,
    side_of,
    undescribed,
    unwrapped,
)
from training.errors import DatasetInvalid

_DAMAGED = "\ufffd"  # in the place of what is none in UTF-16
_SLACK = 2e-3  # exporters round: an edge may stand a pixel or two outside the picture


@dataclass(frozen=True, slots=True)
class Label:
    """One box: class index, centre and size as shares of the picture (0..1)."""

    cls: int
    x: float
    y: float
    width: float
    height: float

    def line(self, cls: int | None = None) -> str:
        """Return the label as a line, under another class index when one is given."""
        return f"{self.cls if cls is None else cls} {self.x:.6f} {self.y:.6f} {self.width:.6f} {self.height:.6f}"


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture with its labels; no labels: a background."""

    path: Path
    labels: tuple[Label, ...]

    @property
    def tile(self) -> str:
        """Return what its augmented copies share: Roboflow names them `<tile>.rf.<hash>.jpg`."""
        return self.path.stem.split(".rf.")[0]


def read_labels(path: Path, classes: int) -> tuple[Label, ...]:
    """Return the boxes of a label file; an empty file is a picture without boxes.

    Raises:
        DatasetInvalid: a line that is no box, a class index out of range, a box that leaves the picture or has no area.
    """
    try:
        text = decode_text(path.read_bytes())
        if _DAMAGED in text:
            raise TextUnreadable("is cut off")
    except (OSError, TextUnreadable) as error:
        raise DatasetInvalid(f"{path}: is no text; a label file holds one `class x y w h` a line") from error
    lines = text.splitlines()
    return tuple(_label(line, f"{path}:{n}", classes) for n, line in enumerate(lines, start=1) if line.strip())


def _label(line: str, where: str, classes: int) -> Label:
    parts = line.split()
    outline = len(parts) >= 7 and len(parts) % 2 == 1
    if len(parts) != 5 and not outline:
        raise DatasetInvalid(f"{where}: {len(parts)} values; a box is `class x y w h`")
    try:
        cls, values = int(parts[0].removesuffix(".0")), [float(part) for part in parts[1:]]
    except ValueError as error:
        raise DatasetInvalid(f"{where}: {line.strip()!r} is not `class x y w h` in numbers") from error
    if outline and not all(math.isfinite(value) for value in values):  # min and max would pass over NaN
        raise DatasetInvalid(f"{where}: {line.strip()!r} is not a class and corners in numbers")
    if not 0 <= cls < classes:
        raise DatasetInvalid(f"{where}: class {cls}; this set knows 0 to {classes - 1}")
    x, y, width, height = _around(values) if outline else values
    edges = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    if not (width > 0 and height > 0):  # also catches NaN
        raise DatasetInvalid(f"{where}: a box of {width:g} x {height:g} has no area; remove the line")
    if not all(-_SLACK <= edge <= 1 + _SLACK for edge in edges):
        raise DatasetInvalid(f"{where}: the box leaves the picture; values are shares of its width and height, 0 to 1")
    return Label(cls, x, y, width, height)


def _around(outline: Sequence[float]) -> tuple[float, float, float, float]:
    """Return the box around the corners of a polygon, `x1 y1 x2 y2 ...`, as tools export what was drawn by hand."""
    xs, ys = outline[::2], outline[1::2]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2, max(xs) - min(xs), max(ys) - min(ys)


def read_pictures(side: Side, classes: int) -> tuple[LabelledPicture, ...]:
    """Return the pictures of a side with their labels, by name: see `training.datasets.layouts` for where they may lie.

    Raises:
        DatasetInvalid: no such folder, no picture, a picture without a label file (a background has an empty one), a
            label file without a picture, or a bad line.
    """
    found = find_pictures(side)
    if not any(one.labels.is_file() for one in found):
        raise DatasetInvalid(
            f"{found[0].labels}: no such file, nor labels for any other picture of {labels_in_words(side)}"
        )
    return tuple(
        LabelledPicture(
            one.picture, read_labels(one.labels, classes) if one.labels.is_file() or not one.may_lack else ()
        )
        for one in found
    )


@dataclass(frozen=True, slots=True)
class YoloSet:
    """A data set folder that `data.yaml` describes; `measured`: the first of the names, which its val side labels.

    `unsure`: the last of the names, each with those that a box of it leaves open (`training.datasets.unsure`).
    `absolute`: whether other tools find its pictures from anywhere by that file.
    """

    file: Path
    names: tuple[str, ...]
    measured: tuple[str, ...]
    view: str
    train: Side | None
    val: Side
    absolute: bool = False
    unsure: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def learned(self) -> tuple[str, ...]:
        """Return the classes that a network is to learn."""
        return self.names[: len(self.names) - len(self.unsure)]

    @property
    def folder(self) -> Path:
        """Return where `data.yaml` lies."""
        return self.file.parent


def open_set(dataset: Path) -> YoloSet:
    """Read `data.yaml` of a folder (or the file itself), or what Label Studio writes in its place.

    Raises:
        DatasetInvalid: no such file, not YAML, or no names or val side in it.
    """
    dataset = unwrapped(dataset)
    described = (find_description(dataset) or dataset / "data.yaml") if dataset.is_dir() else dataset
    if not described.is_file():
        listed, side = (class_names(dataset), undescribed(dataset)) if dataset.is_dir() else (None, None)
        if listed and listed[1] and side is not None:
            return YoloSet(listed[0], tuple(listed[1]), tuple(listed[1]), "street", None, side)
        if len(several := sorted(path.name for path in dataset.glob("[!.]*.y*ml")) if dataset.is_dir() else []) > 1:
            raise DatasetInvalid(f"{dataset}: {several[0]} or {several[1]} may describe it: name one of them")
        raise DatasetInvalid(f"{described}: no such file; build a set with `python -m training.datasets.recipes`")
    try:
        text = decode_text(described.read_bytes())
        values, plain = yaml.safe_load(text), yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # it makes text alone
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2026-13-45, or no UTF-8
        raise DatasetInvalid(f"{described}: is not YAML") from error
    val = (values.get("val") or values.get("validation") or values.get("valid")) if isinstance(values, dict) else None
    if not isinstance(values, dict) or not values.get("names") or not val:
        raise DatasetInvalid(f"{described}: needs `names` and `val`")
    if values.get("kpt_shape"):
        raise DatasetInvalid(f"{described}: labels key points, which would be read as corners: export boxes")
    ordered = _names(plain.get("names"))  # as they stand there: 0501 is no number, and `no` is a name
    if ordered is None:
        raise DatasetInvalid(f"{described}: names must be a list, or indices 0 to n-1 with their names")
    read = values["names"]
    if not all(name.strip() for name in ordered) or None in (read.values() if isinstance(read, dict) else read):
        raise DatasetInvalid(f"{described}: a class has no name: write one, in quotes if it is ~ or null")
    measured = plain.get("measured", ordered)
    if not isinstance(measured, list) or not measured or measured != ordered[: len(measured)]:
        raise DatasetInvalid(f"{described}: `measured` lists the first of the names, those that the val side labels")
    unsure = _unsure(plain.get("unsure") if values.get("unsure") else {}, ordered, described)
    root, train = values.get("path"), values.get("train")
    return YoloSet(
        file=described,
        names=tuple(ordered),
        measured=tuple(measured),
        view=str(values.get("view", "street")),
        train=side_of(described, root, train) if train else None,
        val=side_of(described, root, val),
        absolute=described.name == "data.yaml" and root is not None and Path(str(root)).is_absolute(),
        unsure=unsure,
    )


def _names(names: object) -> list[str] | None:
    """Return the classes in their order; None where they are neither a list nor numbered from 0 on."""
    if isinstance(names, dict):
        names = {int(key) if str(key).isdecimal() else key: name for key, name in names.items()}
        names = [names.get(index) for index in range(len(names))]
    if not isinstance(names, list):
        return None
    ordered = [name for name in names if isinstance(name, str)]
    return ordered if len(ordered) == len(names) else None


def _unsure(value: object, names: list[str], where: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict) or list(value) != names[len(names) - len(value) :]:
        raise DatasetInvalid(f"{where}: `unsure` names the last of the classes, each with those it leaves open")
    known = names[: len(names) - len(value)]
    for name, left_open in value.items():
        if not isinstance(left_open, list) or not left_open or any(one not in known for one in left_open):
            raise DatasetInvalid(f"{where}: `unsure`: {name}: is a list of classes that the set labels")
    return tuple((str(name), tuple(left_open)) for name, left_open in value.items())


def check_split(train: Sequence[LabelledPicture], val: Sequence[LabelledPicture]) -> None:
    """Raise DatasetInvalid when a picture stands on both sides: as copies of one tile, or byte for byte."""
    refuse_twins(train, val)
    sizes: dict[int, list[Path]] = defaultdict(list)  # only files of one size can be equal: few have to be read
    for picture in val:
        sizes[_size(picture.path)].append(picture.path)
    for picture in train:
        twin = _same_bytes(picture.path, sizes.get(_size(picture.path), ()))
        if twin is not None:
            raise _twins(picture.path, twin)


def refuse_twins(train: Sequence[LabelledPicture], val: Sequence[LabelledPicture]) -> None:
    """Raise DatasetInvalid when copies of one tile, by their names, stand on both sides of a split."""
    measured = {picture.tile: picture.path for picture in val}
    for picture in train:
        if picture.tile in measured:
            raise _twins(picture.path, measured[picture.tile])


def _twins(path: Path, twin: Path) -> DatasetInvalid:
    return DatasetInvalid(
        f"{path}: is a twin of {twin}, on the other side of the split; "
        "a model measured on what it was trained on looks better than it is: remove one of them"
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:  # a symlink whose picture has gone
        raise DatasetInvalid(f"{path}: cannot be read ({error.strerror}); build the set again") from error


def _same_bytes(path: Path, others: Sequence[Path]) -> Path | None:
    if not others:
        return None
    digest = hashlib.sha256(path.read_bytes()).digest()
    return next((other for other in others if hashlib.sha256(other.read_bytes()).digest() == digest), None)


def check_set(described: YoloSet) -> None:
    """Read both sides of a set and refuse it when a model trained on it would learn or be measured wrongly.

    Raises:
        DatasetInvalid: no side to train on, bad labels, a file that is no picture, twins across the split, a class
            that one side lacks.
    """
    if described.train is None:
        raise DatasetInvalid(f"{described.file}: no `train`; this set is for measuring alone")
    wanted = {described.train: described.names, described.val: described.measured}
    sides = {side: read_pictures(side, len(names)) for side, names in wanted.items()}
    for path in (picture.path for pictures in sides.values() for picture in pictures):
        if path.is_file() and not cv2.haveImageReader(str(path)):  # by its first bytes
            raise DatasetInvalid(f"{path}: is no picture, whatever its name says; remove it and its labels")
    check_split(*sides.values())
    for side, pictures in sides.items():
        present = {label.cls for picture in pictures for label in picture.labels}
        for index, name in enumerate(wanted[side]):
            if index not in present:
                raise DatasetInvalid(
                    f"{described.file}:{_line_of(described.file, name)}: no box of class {index} {name!r} in any file "
                    f"of {labels_in_words(side)}; both sides need every class: label some, or take the class out"
                )


def _line_of(described: Path, name: str) -> int:
    """Return the line on which data.yaml names a class."""
    tokens = yaml.scan(described.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    lines = [
        token.start_mark.line + 1 for token in tokens if isinstance(token, yaml.ScalarToken) and token.value == name
    ]
    return lines[-1] if lines else 1  # names stand last; a side or a view may be called the same
