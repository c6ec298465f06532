"""`streetwarden models agree` and `quantise`: may a faster engine run this model on this machine?"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from api.commands.registry import Folder, Name
from api.engines import Checked, int8_path, is_int8, make_engine, record_of, records_folder
from api.printing import AsJson, emit, errors_console, tell
from api.settings import load_settings
from detector.engine import OnnxModel, load_model
from detector.errors import PictureUnreadable
from detector.frame import Image
from detector.pixels import read_picture
from models.engine_record import EngineRecord, Int8, record_path, write_record
from models.registry import find_model, model_path, sha256_of, verify
from training.engine_agreement import compare
from training.errors import DatasetInvalid
from training.evaluate import measure
from training.labels import open_set, read_pictures
from training.layouts import PICTURES
from training.quantise import quantise


def agree(
    name: Name,
    pictures: Annotated[
        list[Path],
        typer.Argument(
            metavar="PICTURE…",
            help="The model's own validation pictures, or a folder of them; for int8 its data set.",
            exists=True,
        ),
    ],
    engine: Annotated[Checked, typer.Option(help="Which engine to check.")] = "openvino",
    folder: Folder = None,
    as_json: AsJson = False,
) -> int:
    """Check that another engine sees what ONNX Runtime sees, and allow it for this model on this machine.

    Exit 1 when it does not. Example: streetwarden models agree aerial-stalls ../shared/data/aerial_vendors/val/images
    """
    card = find_model(name, folder)
    records = records_folder(load_settings().data_dir)
    if is_int8(engine) and not int8_path(records, name).is_file():
        raise typer.BadParameter(
            f"{int8_path(records, name)}: no such file; make it with: streetwarden models quantise {name} DATASET"
        )
    seen = _validation(pictures) if is_int8(engine) else _files(pictures)
    reference, other = load_model(name, folder), load_model(name, folder, make_engine(card, engine, records))
    compared = compare(reference, other, _read(seen))
    int8 = _measured(reference, other, pictures[0], int8_path(records, name)) if is_int8(engine) else None
    record = record_of(card, engine, compared, int8)
    path = record_path(records, name, engine)
    write_record(record, path)
    emit(record.model_dump(mode="json") | {"agrees": not record.fault}, _sentence(record), as_json)
    if not record.fault:
        tell(f"written to {path}: STREETWARDEN_ENGINE={'int8' if int8 else 'auto (the default)'} now uses it")
    return int(bool(record.fault))


def quantise_model(
    name: Name,
    dataset: Annotated[Path, typer.Argument(help="The data set that the model was trained on.", exists=True)],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Make an int8 copy of a model; it is not used before `models agree --engine openvino-int8` has passed.

    Example: streetwarden models quantise aerial-stalls runs/data/aerial-stalls
    """
    card = find_model(name, folder)
    verify(card)
    described = open_set(dataset)
    if described.train is None:
        raise DatasetInvalid(f"{described.file}: no `train`; ranges are taken from pictures that are not measured on")
    trained = read_pictures(described.train, len(described.names))
    path = int8_path(records_folder(load_settings().data_dir), name)
    quantise(model_path(card), [picture.path for picture in trained], path)
    made = {"model": name, "sha256": card.sha256, "int8": str(path), "int8_sha256": sha256_of(path)}
    size, before = path.stat().st_size / 1e6, model_path(card).stat().st_size / 1e6
    emit(made, f"{name}: {path}, {size:.1f} MB instead of {before:.1f}", as_json)
    tell(f"check it with: streetwarden models agree {name} {dataset} --engine openvino-int8")


def _validation(given: Sequence[Path]) -> list[Path]:
    """The pictures of a data set's val side: int8 is held to the labels as well."""
    if len(given) != 1 or not (given[0] / "data.yaml").is_file():
        raise typer.BadParameter(f"{given[0]}: int8 is held to labels as well: give a data set, a folder of data.yaml")
    described = open_set(given[0])
    return [picture.path for picture in read_pictures(described.val, len(described.names))]


def _measured(reference: OnnxModel, other: OnnxModel, dataset: Path, int8: Path) -> Int8:
    before, after = (measure(model, dataset, progress=True).report for model in (reference, other))
    return Int8(
        sha256=sha256_of(int8),
        map50=after.map50,
        map50_95=after.map50_95,
        reference_map50=before.map50,
        reference_map50_95=before.map50_95,
    )


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
    if record.int8:
        counted += (
            f"; AP50 {record.int8.map50:.3f} (reference {record.int8.reference_map50:.3f}), "
            f"AP50-95 {record.int8.map50_95:.3f} ({record.int8.reference_map50_95:.3f})"
        )
    return f"{record.model}: {'REFUSED: ' + record.fault if record.fault else 'agrees'} ({counted})"


def register(models: typer.Typer) -> None:
    """Add this file's commands to `streetwarden models`."""
    models.command("agree")(agree)
    models.command("quantise")(quantise_model)
