"""`streetwarden models …`: which models there are and whether their files are what the cards say."""

import json
from pathlib import Path
from typing import Annotated

import typer

from api.cli import shelf
from api.cli.model_report import card_lines
from api.console import AsJson, print_error, print_json
from models.card import ModelCard
from models.engine_record import Checked
from models.errors import ModelError
from models.registry import find_model, list_models, model_path, sha256_of, verify

Folder = Annotated[
    Path | None,
    typer.Option("--folder", help="A folder of cards; the shipped models when absent.", exists=True, file_okay=False),
]
Name = Annotated[str, typer.Argument(help="The model's name.")]

app = typer.Typer(help="The model registry.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_cards(folder: Folder = None, as_json: AsJson = False) -> None:
    """List the models, one card a line.

    Example: streetwarden models list --json
    """
    cards = list_models(folder)
    if not cards:
        print_error("no models: train one with 'streetwarden train', or give a folder of cards with --folder")
    for card in cards:
        print_json(_record(card), _line(card), as_json)


@app.command()
def show(name: Name, folder: Folder = None, as_json: AsJson = False) -> None:
    """Show everything that a model's card says.

    Example: streetwarden models show aerial-stalls
    """
    card = find_model(name, folder)
    print_json(_record(card), "\n".join(card_lines(card)), as_json)


@app.command("verify")
def verify_cards(
    names: Annotated[list[str] | None, typer.Argument(help="The models to check; all when absent.")] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Check that each model's file, classes and input are what its card says; exit 2 when one is not.

    Example: streetwarden models verify aerial-stalls
    """
    cards = [find_model(name, folder) for name in names] if names else list_models(folder)
    if not cards:
        raise typer.BadParameter(f"no models in {folder}: there is nothing to verify")
    broken = 0
    for card in cards:
        try:
            verify(card)
        except ModelError as error:
            broken += 1
            print_json({"name": card.name, "ok": False, "reason": str(error)}, f"{card.name}: BROKEN: {error}", as_json)
        else:
            print_json({"name": card.name, "ok": True, "reason": None}, f"{card.name}: as its card says", as_json)
    if broken:
        raise typer.Exit(2)


@app.command()
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
    from api.cli.engine_check import check_engine, sentence

    record, path = check_engine(name, pictures, engine, folder)
    print_json(record.model_dump(mode="json") | {"agrees": not record.fault}, sentence(record), as_json)
    if not record.fault:
        setting = "int8" if record.int8 else "auto (the default)"
        print_error(f"written to {path}: STREETWARDEN_ENGINE={setting} now uses it")
    return int(bool(record.fault))


@app.command("quantise")
def quantise_model(
    name: Name,
    dataset: Annotated[Path, typer.Argument(help="The data set that the model was trained on.", exists=True)],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Make an int8 copy of a model; it is not used before `models agree --engine openvino-int8` has passed.

    Example: streetwarden models quantise aerial-stalls runs/data/aerial-stalls
    """
    from api.cli.engine_check import make_int8

    card, path = make_int8(name, dataset, folder)
    made = {"model": name, "sha256": card.sha256, "int8": str(path), "int8_sha256": sha256_of(path)}
    size, before = path.stat().st_size / 1e6, model_path(card).stat().st_size / 1e6
    print_json(made, f"{name}: {path}, {size:.1f} MB instead of {before:.1f}", as_json)
    print_error(f"check it with: streetwarden models agree {name} {dataset} --engine openvino-int8")


def _record(card: ModelCard) -> dict[str, object]:
    record: dict[str, object] = json.loads(card.model_dump_json())
    return record


def _line(card: ModelCard) -> str:
    size = f"{card.input.width}x{card.input.height}"
    map50 = card.metrics.map50
    figure = f"mAP50 {map50.value:.3f} ({map50.low:.3f} to {map50.high:.3f}) on {card.metrics.pictures} pictures"
    return f"{card.name} {card.version}  {size}  {figure}  {', '.join(card.classes)}"


shelf.register(app)
