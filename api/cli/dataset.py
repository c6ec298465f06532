"""`streetwarden dataset …`: labelled pictures from other tools, kept in versions, and given to other tools."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import operator
from api.console import AsJson, print_error, print_json
from api.errors import DatasetRefused
from api.settings import load_settings
from training.datasets.export_formats import ExportFormat, export_version
from training.datasets.import_formats import Format
from training.datasets.importing import ImportResult, ImportWish, grow, import_export
from training.datasets.manifest import DatasetManifest, read_manifest
from training.datasets.version_store import latest, names, verify_version, versions
from training.errors import ImportFaults

Name = Annotated[str, typer.Argument(help="The data set's name.")]

app = typer.Typer(help="Data sets to train on and to judge by.", no_args_is_help=True, rich_markup_mode=None)


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(metavar="PATH", help="The folder or ZIP that a labelling tool exported.")],
    name: Annotated[str, typer.Option(help="The data set that it becomes the next version of.")],
    format_: Annotated[Format, typer.Option("--format", help="auto looks at what is there.")] = "auto",
    classes: Annotated[Path | None, typer.Option(help="YAML: `their name: our name`, null leaves a class out.")] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(help="CSV: file, camera, place, day, licence, origin; else pictures.csv in the export."),
    ] = None,
    view: Annotated[str, typer.Option(help="How the pictures show the street: above, oblique, street.")] = "street",
    licence: Annotated[str, typer.Option(help="Of pictures of which nothing else says it.")] = "",
    origin: Annotated[str, typer.Option(help="Where the pictures come from, for the cards of models.")] = "",
    as_json: AsJson = False,
) -> None:
    """Read an export (YOLO, COCO or Pascal VOC) and make it the next version of a data set.

    Every fault is named with its file and line, and then nothing is imported.

    Example: streetwarden dataset import export.zip --name river --view above --licence 'city of Example'
    """
    settings = load_settings()
    wish = ImportWish(name, operator(), format_, view, classes, pictures, licence, origin)
    try:
        result = import_export(source, settings.datasets_dir, wish, datetime.now(UTC))
    except ImportFaults as error:
        for fault in error.faults:
            print_error(fault)
        raise
    _print_result(result, as_json)


@app.command("from-labels")
def from_labels(
    name: Name,
    view: Annotated[
        str, typer.Option(help="street or pole: what cameras saw; oblique or above: what drones saw.")
    ] = "street",
    as_json: AsJson = False,
) -> None:
    """Make the next version of a data set from complete frames and verdicts: what the button on the page does.

    Frames that a person completed are taken whole, verdicts on other frames as crops around the place.

    Example: streetwarden dataset from-labels river
    """
    from api.bootstrap import open_store
    from api.db.scope import EVERYWHERE
    from api.labels.dataset import make_version

    settings = load_settings()
    database, files = open_store(settings)
    try:
        now = datetime.now(UTC)
        root = settings.datasets_dir
        result = make_version(EVERYWHERE, database, files, root, name, view, operator(), now)
    except DatasetRefused as error:
        for fault in error.faults:
            print_error(fault)
        raise
    finally:
        database.close()
    _print_result(result, as_json)


@app.command("list")
def list_sets(as_json: AsJson = False) -> None:
    """List the data sets, the newest version of each.

    Example: streetwarden dataset list
    """
    root = load_settings().datasets_dir
    found = names(root)
    if not found:
        print_error("no data sets: bring one with 'streetwarden dataset import'")
    for name in found:
        manifest = read_manifest(latest(root, name))
        print_json(_record(manifest), _line(manifest), as_json)


@app.command()
def verify(name: Name, as_json: AsJson = False) -> None:
    """Check that every file of every version is what it was when the version was made; exit 2 when one is not.

    Example: streetwarden dataset verify river
    """
    root = load_settings().datasets_dir
    latest(root, name)  # says which there are, where there is none of that name
    for folder in versions(root, name):
        manifest = verify_version(folder)
        print_json(_record(manifest), f"{_line(manifest)}: as it was made", as_json)


@app.command("grow")
def grow_(
    name: Name,
    place: Annotated[list[str], typer.Option(help="A place, camera or day that is trained on now; again for more.")],
    why: Annotated[str, typer.Option(help="Why it is held out from now on; kept with the version.")],
    as_json: AsJson = False,
) -> None:
    """Hold out more places for judging models: the only way by which the frozen pictures become more.

    Models are judged on them from then on; figures of earlier versions stay those of earlier pictures.

    Example: streetwarden dataset grow river --place bridge-4 --why 'a street that no model has seen'
    """
    settings = load_settings()
    result = grow(settings.datasets_dir, name, place, operator(), why, datetime.now(UTC))
    _print_result(result, as_json)


@app.command()
def export(
    name: Name,
    out: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    format_: Annotated[ExportFormat, typer.Option("--format", help="What the other tool reads.")] = "yolo",
    version: Annotated[str | None, typer.Option(help="A version's name; the newest when absent.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a version for other tools. Pictures are as they came: faces and number plates are not masked.

    Example: streetwarden dataset export river /tmp/river --format coco
    """
    root = load_settings().datasets_dir
    folder = latest(root, name)
    if version is not None:
        known = {path.name: path for path in versions(root, name)}
        if version not in known:
            raise typer.BadParameter(f"data set {name} has no version {version!r}; it has: {', '.join(known)}")
        folder = known[version]
    manifest = export_version(folder, out, format_)
    print_json({**_record(manifest), "out": str(out)}, f"{_line(manifest)}\nwritten to {out} as {format_}", as_json)


def _print_result(result: ImportResult, as_json: bool) -> None:
    for note in result.notes:
        print_error(f"note: {note}")
    record = {**_record(result.manifest), "added": result.added, "folder": str(result.folder)}
    print_json(record, f"{_line(result.manifest)}\nfolder: {result.folder}", as_json)


def _record(manifest: DatasetManifest) -> dict[str, object]:
    train, val = manifest.of("train"), manifest.of("val")
    return {
        "name": manifest.name,
        "version": manifest.version,
        "view": manifest.view,
        "classes": list(manifest.classes),
        "split_by": manifest.split_by,
        "train": {"pictures": len(train), "boxes": sum(len(one.boxes) for one in train)},
        "val": {"pictures": len(val), "boxes": sum(len(one.boxes) for one in val)},
    }


def _line(manifest: DatasetManifest) -> str:
    train, val = len(manifest.of("train")), len(manifest.of("val"))
    parted = f"{train} to train on, {val} held out, parted by {manifest.split_by}"
    return f"{manifest.name} {manifest.version}  {parted}  {', '.join(manifest.classes)}"
