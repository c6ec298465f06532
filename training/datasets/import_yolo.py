"""YOLO folders, read by `training.datasets.labels`: what that reader takes for training can be imported."""

from pathlib import Path

import yaml

from training.datasets.interchange import Export, ForeignPicture, NamedBox, Side, lies_in
from training.datasets.labels import LabelledPicture, YoloSet, open_set, read_pictures
from training.errors import DatasetInvalid


def read_yolo(folder: Path) -> Export:
    """Both sides of a set; of each side the first fault is named, as the reader stops there."""
    export = Export("yolo")
    described = _open(folder, export)
    if described is None:
        return export
    export.classes = described.names
    licence = _licence(described.file)
    sides: tuple[tuple[Side, Path | None, tuple[str, ...]], ...] = (
        ("train", described.train, described.names),
        ("val", described.val, described.measured),
    )
    for side, where, names in sides:
        if where is None:
            continue
        try:
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


def _open(folder: Path, export: Export) -> YoloSet | None:
    try:
        return open_set(folder)
    except DatasetInvalid as error:
        export.fault(str(error))
        return None


def _boxes(picture: LabelledPicture, names: tuple[str, ...]) -> tuple[NamedBox, ...]:
    return tuple(NamedBox(names[box.cls], box.x, box.y, box.width, box.height) for box in picture.labels)


def _licence(described: Path) -> str:
    """What Roboflow writes of the set's licence; "" where nothing is written."""
    try:
        values = yaml.safe_load(described.read_text(encoding="utf-8-sig"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        return ""  # a folder of Label Studio is described by classes.txt
    roboflow = values.get("roboflow") if isinstance(values, dict) else None
    licence = roboflow.get("license") if isinstance(roboflow, dict) else None
    return licence if isinstance(licence, str) else ""
