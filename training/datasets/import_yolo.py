"""YOLO folders, read by `training.datasets.labels`: what that reader takes for training can be imported."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from training.datasets.interchange import Export, ForeignPicture, NamedBox, Side, lies_in, read_text
from training.datasets.labels import LabelledPicture, YoloSet, open_set, read_pictures
from training.datasets.layouts import exists
from training.errors import DatasetInvalid

_SIDES: Final[tuple[Side, Side]] = ("train", "val")


def read_yolo(folder: Path) -> Export:
    """Return both sides of a set; of each side the first fault is named, as the reader stops there.

    A description that points out of the folder is a fault: nothing outside is read.
    """
    export = Export("yolo")
    described = _open(folder, export)
    if described is None:
        return export
    export.classes = described.names
    licence = _licence(described.file)
    for side in _SIDES:
        where = described.train if side == "train" else described.val
        names = described.names if side == "train" else described.measured
        if where is None:
            continue
        try:
            for path in _paths(where):
                _check_inside(path, folder)
            found = read_pictures(where, len(names))
        except DatasetInvalid as error:
            export.fault(str(error))
            continue
        parted = side if described.train is not None else None  # all on one side: nobody has parted it yet
        for picture in found:
            if not lies_in(picture.path, folder):
                export.fault(f"{picture.path}: lies outside the export; copy the picture into it")
                continue
            boxes = _boxes(picture, described.names)
            export.pictures.append(ForeignPicture(picture.path, boxes, parted, licence))
    return export


def _paths(side: object) -> tuple[Path, ...]:
    """Return the one folder or list of a side, or the several that it is made of."""
    return tuple(one for one in (side if isinstance(side, tuple) else (side,)) if isinstance(one, Path))


def _check_inside(side: Path, folder: Path) -> None:
    """Refuse a side, or a list of pictures, that leads out of the export. Raises DatasetInvalid."""
    if not lies_in(side, folder):
        raise DatasetInvalid(f"{side}: lies outside the export; data.yaml may name only what is in it")
    for number, path in _listed(side):
        if exists(path) and not lies_in(path, folder):
            raise DatasetInvalid(f"{side}:{number}: {path}: lies outside the export; copy the picture into it")


def _listed(side: Path) -> Iterator[tuple[int, Path]]:
    """Yield the lines of a list of pictures, as paths; nothing where a side is a folder."""
    if side.is_file():
        for number, line in enumerate(read_text(side).splitlines(), 1):
            yield number, side.parent / line.strip().replace("\\", "/")


def _open(folder: Path, export: Export) -> YoloSet | None:
    try:
        return open_set(folder)
    except DatasetInvalid as error:
        export.fault(str(error))
        return None


def _boxes(picture: LabelledPicture, names: tuple[str, ...]) -> tuple[NamedBox, ...]:
    return tuple(NamedBox(names[box.cls], box.x, box.y, box.width, box.height) for box in picture.labels)


def _licence(described: Path) -> str:
    """Return what Roboflow writes of the set's licence; "" where nothing is written."""
    try:
        values = yaml.safe_load(described.read_text(encoding="utf-8-sig"))
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        return ""  # a folder of Label Studio is described by classes.txt
    roboflow = values.get("roboflow") if isinstance(values, dict) else None
    licence = roboflow.get("license") if isinstance(roboflow, dict) else None
    return licence if isinstance(licence, str) else ""
