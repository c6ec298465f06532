"""`streetwarden models agree`: may a faster engine run this model on this machine?"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from api.commands.registry import Folder, Name
from api.engines import OPENVINO, record_of, records_folder
from api.printing import AsJson, emit, errors_console, tell
from api.settings import load_settings
from detector.engine import load_model
from detector.errors import PictureUnreadable
from detector.frame import Image
from detector.openvino_engine import OpenVinoEngine
from detector.pixels import read_picture
from models.engine_record import EngineRecord, record_path, write_record
from models.registry import find_model
from training.engine_agreement import compare
from training.labels import PICTURES


def agree(
    name: Name,
    pictures: Annotated[
        list[Path],
        typer.Argument(
            metavar="PICTURE…", help="The model's own validation pictures, or a folder of them.", exists=True
        ),
    ],
    folder: Folder = None,
    as_json: AsJson = False,
) -> int:
    """Check that OpenVINO sees what ONNX Runtime sees, and allow it for this model on this machine.

    Exit 1 when it does not. Example: streetwarden models agree aerial-stalls ../shared/data/aerial_vendors/val/images
    """
    card = find_model(name, folder)
    reference, other = load_model(name, folder), load_model(name, folder, OpenVinoEngine)
    compared = compare(reference, other, _read(_files(pictures)))
    record = record_of(card, compared)
    path = record_path(records_folder(load_settings().data_dir), name, OPENVINO)
    write_record(record, path)
    emit(record.model_dump(mode="json") | {"agrees": not record.fault}, _sentence(record), as_json)
    if not record.fault:
        tell(f"written to {path}: STREETWARDEN_ENGINE=auto (the default) now uses it")
    return int(bool(record.fault))


def _files(given: Sequence[Path]) -> list[Path]:
    found = []
    for path in given:
        inside = sorted(one for one in path.rglob("*") if one.suffix.lower() in PICTURES) if path.is_dir() else [path]
        if not inside:
            raise typer.BadParameter(f"{path}: no pictures in this folder")
        found += inside
    return found


def _read(paths: Sequence[Path]) -> Iterator[Image]:
    for path in track(paths, "agree", console=errors_console(), transient=True):
        try:
            yield read_picture(path)
        except PictureUnreadable as error:
            tell(f"streetwarden: {error}")


def _sentence(record: EngineRecord) -> str:
    counted = (
        f"{record.boxes} boxes on {record.pictures} pictures, {record.odd} seen by one engine alone; "
        f"scores differ by {record.mean_shift:.4f} on average, {record.worst_shift:.3f} at most"
    )
    return f"{record.model}: {'REFUSED: ' + record.fault if record.fault else 'agrees'} ({counted})"


def register(models: typer.Typer) -> None:
    """Add this file's command to `streetwarden models`."""
    models.command("agree")(agree)
