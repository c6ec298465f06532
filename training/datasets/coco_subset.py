"""The everyday things around a stall: the classes of COCO that `street` keeps, and the pictures to measure them on."""

from pathlib import Path

from training.datasets.labels import Label, LabelledPicture, read_labels
from training.datasets.layouts import PICTURES
from training.errors import DatasetInvalid

COCO = {
    "person": 0,
    "bicycle": 1,
    "car": 2,
    "motorcycle": 3,
    "bus": 5,
    "truck": 7,
    "umbrella": 25,
    "chair": 56,
    "bench": 13,
    "dining table": 60,
    "potted plant": 58,
    "handbag": 26,
    "suitcase": 28,
}
"""The classes that are kept, with their index among COCO's 80: vehicles and people hide stalls and are none; umbrellas,
tables, chairs and benches that stay together propose one."""

CLASSES = tuple(COCO)
HELD_OUT = 0.5  # of the labelled COCO pictures: a class of three pictures is measured on none otherwise
COCO_SET = ("data/coco128", "annotations CC BY 4.0, pictures Flickr", "COCO train2017, the 128 pictures of coco128")


def labelled(shared: Path) -> tuple[LabelledPicture, ...]:
    """The pictures of coco128 with their labels of the kept classes, renumbered; without a label file: a background.

    Raises:
        DatasetInvalid: the folder holds no picture, or a bad label.
    """
    folder = shared / COCO_SET[0]
    number = {index: position for position, index in enumerate(COCO.values())}
    pictures = []
    for path in sorted(path for path in folder.glob("images/*") if path.suffix.lower() in PICTURES):
        described = folder / "labels" / f"{path.stem}.txt"
        labels = read_labels(described, 80) if described.is_file() else ()
        kept = (Label(number[box.cls], box.x, box.y, box.width, box.height) for box in labels if box.cls in number)
        pictures.append(LabelledPicture(path, tuple(kept)))
    if not pictures:
        raise DatasetInvalid(f"{folder / 'images'}: holds no picture")
    return tuple(pictures)
