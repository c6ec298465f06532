"""Exports of labelling tools, as small as can be: the same pictures and boxes in each format."""

import hashlib
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import yaml

SIZE = (100, 50)
Edges = tuple[str, int, int, int, int]  # class, left, top, right, bottom in pixels
BOXES: dict[str, list[Edges]] = {
    "a.jpg": [("stall", 10, 10, 30, 30), ("sign", 50, 5, 90, 25)],
    "b.jpg": [("stall", 0, 0, 100, 50)],
    "c.jpg": [],
}


def picture(path: Path, seed: str = "") -> Path:
    """A grey picture of SIZE; no two of different names or seeds are equal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    digest = np.frombuffer(hashlib.sha256(f"{path.name}/{seed}".encode()).digest()[:30], np.uint8)
    image[10:20, :80] = np.repeat(digest.reshape(1, 10, 3), 8, axis=1)
    assert cv2.imwrite(str(path), image)
    return path


def yolo_lines(boxes: list[Edges], names: list[str]) -> str:
    lines = []
    for name, left, top, right, bottom in boxes:
        centre = (left + right) / 2 / SIZE[0], (top + bottom) / 2 / SIZE[1]
        size = (right - left) / SIZE[0], (bottom - top) / SIZE[1]
        lines.append(f"{names.index(name)} {centre[0]:g} {centre[1]:g} {size[0]:g} {size[1]:g}\n")
    return "".join(lines)


def yolo(
    folder: Path, sides: dict[str, dict[str, list[Edges]]] | None = None, names: tuple[str, ...] = ("stall", "sign")
) -> Path:
    """The layout of Roboflow: train/ and valid/ with images/ and labels/ in each, and a data.yaml with a licence."""
    for side, pictures in (sides or {"train": BOXES}).items():
        for name, boxes in pictures.items():
            picture(folder / side / "images" / name)
            (folder / side / "labels").mkdir(parents=True, exist_ok=True)
            text = yolo_lines(boxes, list(names))
            (folder / side / "labels" / f"{Path(name).stem}.txt").write_text(text)
    described: dict[str, object] = {"names": list(names), "nc": len(names), "roboflow": {"license": "CC BY 4.0"}}
    only = list(sides or {"train": BOXES})
    described |= {"val": f"{only[-1]}/images"} | ({"train": f"{only[0]}/images"} if len(only) > 1 else {})
    (folder / "data.yaml").write_text(yaml.safe_dump(described))
    return folder


def coco(folder: Path, *, indent: int | None = 1, boxes: dict[str, list[Edges]] | None = None) -> Path:
    """COCO JSON beside its pictures, as CVAT writes it."""
    boxes = BOXES if boxes is None else boxes
    names = ["stall", "sign"]
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for number, (name, edges) in enumerate(boxes.items(), 1):
        picture(folder / "images" / name)
        images.append({"id": number, "file_name": name, "width": SIZE[0], "height": SIZE[1], "license": 1})
        for cls, left, top, right, bottom in edges:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": names.index(cls) + 1,
                    "bbox": [left, top, right - left, bottom - top],
                    "iscrowd": 0,
                }
            )
    described = {
        "licenses": [{"id": 1, "name": "CC BY 4.0"}],
        "categories": [{"id": number, "name": name} for number, name in enumerate(names, 1)],
        "images": images,
        "annotations": annotations,
    }
    (folder / "annotations").mkdir(parents=True, exist_ok=True)
    (folder / "annotations" / "instances_default.json").write_text(json.dumps(described, indent=indent))
    return folder


def voc(folder: Path) -> Path:
    """Pascal VOC, as LabelImg writes it: pixels counted from 1, the last one inside."""
    for name, edges in BOXES.items():
        picture(folder / "JPEGImages" / name)
        objects = "".join(
            f"  <object>\n    <name>{cls}</name>\n    <bndbox>\n      <xmin>{left + 1}</xmin>\n"
            f"      <ymin>{top + 1}</ymin>\n      <xmax>{right}</xmax>\n      <ymax>{bottom}</ymax>\n"
            "    </bndbox>\n  </object>\n"
            for cls, left, top, right, bottom in edges
        )
        (folder / "Annotations").mkdir(parents=True, exist_ok=True)
        (folder / "Annotations" / f"{Path(name).stem}.xml").write_text(
            f"<annotation>\n  <folder>x</folder>\n  <filename>{name}</filename>\n  <size>\n"
            f"    <width>{SIZE[0]}</width>\n    <height>{SIZE[1]}</height>\n    <depth>3</depth>\n  </size>\n"
            f"{objects}</annotation>\n"
        )
    return folder


def zipped(folder: Path, out: Path) -> Path:
    """A folder as a ZIP, all inside of one folder, as a person packs it."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{folder.name}/{path.relative_to(folder)}")
    return out
