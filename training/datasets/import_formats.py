"""Which format an export has, and its reader."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from training.datasets.import_coco import is_coco, read_coco
from training.datasets.import_voc import is_voc, read_voc
from training.datasets.import_yolo import read_yolo
from training.datasets.interchange import Export, files
from training.datasets.layouts import unwrapped
from training.errors import DatasetInvalid

Format = Literal["auto", "yolo", "coco", "voc"]

_READERS: Final[Mapping[str, Callable[[Path], Export]]] = MappingProxyType(
    {"yolo": read_yolo, "coco": read_coco, "voc": read_voc}
)

_OTHERS: Final = (
    ("CVAT's own XML", ".xml", (b"<annotations", b"<image ")),
    ("the form of labelme", ".json", (b'"shapes"', b'"imagePath"')),
    ("Label Studio's own JSON", ".json", (b'"data"', b'"annotations"')),
    ("the form of VIA", ".json", (b'"regions"', b'"filename"')),
)
"""Forms that are known and not read: name, ending, and what stands in them."""


def read_export(folder: Path, wanted: Format = "auto") -> Export:
    """Everything in an export, with its faults.

    Raises:
        DatasetInvalid: none of the known formats is there.
    """
    root = unwrapped(folder)
    return _READERS[detect_format(root) if wanted == "auto" else wanted](root)


def detect_format(folder: Path) -> str:
    """`coco`, `voc` or `yolo`, by what lies in the folder. Raises DatasetInvalid where nothing is known."""
    if any(is_coco(path) for path in files(folder, ".json")):
        return "coco"
    if any(is_voc(path) for path in files(folder, ".xml")):
        return "voc"
    if any(path.name in ("data.yaml", "data.yml", "classes.txt", "obj.names") for path in _shallow(folder)) or list(
        folder.glob("*.y*ml")
    ):
        return "yolo"
    other = next((name for name, ending, marks in _OTHERS for path in files(folder, ending) if _has(path, marks)), None)
    if other is not None:
        raise DatasetInvalid(f"{folder}: labels in {other}, which is not read: export them as COCO, YOLO or Pascal VOC")
    raise DatasetInvalid(
        f"{folder}: no export that is known here: YOLO has a data.yaml or classes.txt, COCO a JSON file with images, "
        "annotations and categories, Pascal VOC an XML file for each picture"
    )


def _has(path: Path, marks: tuple[bytes, ...]) -> bool:
    try:
        with path.open("rb") as stream:
            head = stream.read(65536)
    except OSError:
        return False
    return all(mark in head for mark in marks)


def _shallow(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()]
