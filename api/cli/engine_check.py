"""Whether a faster engine may run a model on this machine; imported by `streetwarden models agree` and `quantise`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
from rich.progress import track

from api.console import errors_console, print_error
from api.inference.engine_choice import int8_path, is_int8, make_engine, record_of, records_folder
from api.settings import load_settings
from detector.errors import PictureUnreadable
from detector.vision.engine import OnnxModel, load_model
from detector.vision.frame import Image
from detector.vision.pixels import read_picture
from models.card import ModelCard
from models.engine_record import Checked, EngineRecord, Int8, record_path, write_record
from models.registry import find_model, model_path, sha256_of, verify
from training.datasets.labels import open_set, read_pictures
from training.datasets.layouts import PICTURES
from training.errors import DatasetInvalid
from training.evaluation.engine_agreement import compare
from training.evaluation.evaluate import measure
from training.networks.quantise import quantise


def check_engine(
    name: str, pictures: Sequence[Path], engine: Checked, folder: Path | None
) -> tuple[EngineRecord, Path]:
    """Compare an engine with ONNX Runtime on pictures; return the record and where it was written."""
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
    return record, path


def make_int8(name: str, dataset: Path, folder: Path | None) -> tuple[ModelCard, Path]:
    """Make an int8 copy of a model from a data set's training pictures; return the model's card and the new file."""
    card = find_model(name, folder)
    verify(card)
    described = open_set(dataset)
    if described.train is None:
        raise DatasetInvalid(f"{described.file}: no `train`; ranges are taken from pictures that are not measured on")
    trained = read_pictures(described.train, len(described.names))
    path = int8_path(records_folder(load_settings().data_dir), name)
    quantise(model_path(card), [picture.path for picture in trained], path)
    return card, path


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
            print_error(f"streetwarden: {error}")


def sentence(record: EngineRecord) -> str:
    """Return the outcome of a check as one line for a person."""
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
