"""A version of a data set for other tools: a YOLO folder as ultralytics reads it, or COCO JSON with its pictures."""

import json
import shutil
from pathlib import Path
from typing import Literal
from uuid import uuid4

import yaml

from models.durable import write_text
from training.datasets.interchange import Side
from training.datasets.manifest import DatasetManifest
from training.datasets.version_store import verify_version
from training.errors import DatasetInvalid

ExportFormat = Literal["yolo", "coco"]
_SIDES: tuple[Side, Side] = ("train", "val")


def export_version(version: Path, out: Path, wanted: ExportFormat) -> DatasetManifest:
    """Write a version into a folder that is not there yet; pictures keep their names in the version.

    Raises:
        DatasetInvalid: the version was changed, the folder exists, or cannot be written; nothing is left behind.
    """
    manifest = verify_version(version)
    if out.exists():
        raise DatasetInvalid(f"{out}: exists; give a folder that does not, so that nothing is mixed up")
    staged = out.with_name(f".{out.name}-{uuid4().hex[:8]}")
    try:
        staged.mkdir(parents=True)
        for one in manifest.pictures:
            target = staged / "images" / one.side / one.file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(version / one.side / "images" / one.file, target)
        if wanted == "yolo":
            _write_yolo(manifest, staged)
        else:
            _write_coco(manifest, staged)
        staged.rename(out)
    except OSError as error:
        raise DatasetInvalid(f"{out}: cannot be written ({error.strerror or error}); nothing was exported") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return manifest


def _write_yolo(manifest: DatasetManifest, out: Path) -> None:
    for one in manifest.pictures:
        labels = out / "labels" / one.side
        labels.mkdir(parents=True, exist_ok=True)
        write_text("".join(f"{box.label.line()}\n" for box in one.boxes), labels / f"{Path(one.file).stem}.txt")
    described = {
        "path": ".",
        "train": "images/train",
        "val": "images/val",
        "view": manifest.view,
        "names": dict(enumerate(manifest.classes)),
    }
    write_text(yaml.safe_dump(described, sort_keys=False, allow_unicode=True), out / "data.yaml")


def _write_coco(manifest: DatasetManifest, out: Path) -> None:
    (out / "annotations").mkdir()
    licences = sorted({one.licence for one in manifest.pictures})
    for side in _SIDES:
        images: list[dict[str, object]] = []
        annotations: list[dict[str, object]] = []
        for image_id, one in enumerate(manifest.of(side), 1):
            images.append(
                {
                    "id": image_id,
                    "file_name": one.file,
                    "width": one.width,
                    "height": one.height,
                    "license": licences.index(one.licence) + 1,
                }
            )
            for box in one.boxes:
                width, height = box.width * one.width, box.height * one.height
                left, top = box.x * one.width - width / 2, box.y * one.height - height / 2
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": image_id,
                        "category_id": box.cls + 1,
                        "bbox": [round(value, 3) for value in (left, top, width, height)],
                        "area": round(width * height, 3),
                        "iscrowd": 0,
                    }
                )
        described = {
            "info": {"description": f"{manifest.name}/{manifest.version}, {side}"},
            "licenses": [{"id": number, "name": name} for number, name in enumerate(licences, 1)],
            "categories": [{"id": number, "name": name} for number, name in enumerate(manifest.classes, 1)],
            "images": images,
            "annotations": annotations,
        }
        text = json.dumps(described, ensure_ascii=False, indent=1) + "\n"
        write_text(text, out / "annotations" / f"instances_{side}.json")
