"""`streetwarden models add`, `versions`, `promote`, `rollback` and `shadow`: which version of a model serves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.console import AsJson, print_error, print_json
from api.settings import load_settings
from models.shelf_changes import add as add_to_shelf
from training.errors import GateRefused

if TYPE_CHECKING:
    from training.evaluation.gate import GateReport

Name = Annotated[str, typer.Argument(help="The model's name.")]
Version = Annotated[str, typer.Argument(help="A version on the shelf; 0 is the one that comes with the product.")]


def add(
    source: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder with one card and its ONNX file.")],
    as_json: AsJson = False,
) -> None:
    """Check a model from anywhere and copy it onto the shelf; it does not serve by that.

    Example: streetwarden models add runs/river-stalls/model
    """
    from api.inference.model_cache import shelf_of

    card = add_to_shelf(shelf_of(load_settings()), source)
    record = {"name": card.name, "version": card.version, "sha256": card.sha256, "folder": str(card.folder)}
    print_json(record, f"{card.name} {card.version} is on the shelf: {card.folder}", as_json)


def versions(name: Name, as_json: AsJson = False) -> None:
    """List the versions of a model, and which of them serves.

    Example: streetwarden models versions aerial-stalls
    """
    from api.inference.model_cache import shelf_of
    from api.inference.promotion import read_gate_report

    shelf = shelf_of(load_settings())
    for one in shelf.of(name):
        report = read_gate_report(shelf, name, one.version)
        gate = "not judged" if report is None else "passed" if report.passed else "refused"
        record = {
            "name": name,
            "version": one.version,
            "card_version": one.card.version,
            "sha256": one.card.sha256,
            "serves": one.serves,
            "gate": gate,
        }
        mark = "*" if one.serves else " "
        made = f"{one.card.created:%Y-%m-%d %H:%M}"
        print_json(record, f"{mark} {name} {one.version}  card {one.card.version}  made {made}  gate: {gate}", as_json)


def promote(
    name: Name,
    version: Version,
    dataset: Annotated[
        list[str] | None,
        typer.Option(help="Judge on the held-out pictures of this data set or folder; may be given again."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a version in service if it is better than the one that serves and worse nowhere; exit 2 when it is not.

    Running services take it within a look each. Example: streetwarden models promote aerial-stalls 4
    """
    from api.inference.model_cache import shelf_of
    from api.inference.promotion import frozen_sets, promote_model, read_gate_report

    settings = load_settings()
    shelf = shelf_of(settings)
    candidate = shelf.card(name, version)
    serving = shelf.in_service(name) if shelf.has(name) else None
    sets = frozen_sets(settings.data_dir / "datasets", candidate, serving, dataset or ())
    try:
        report = promote_model(shelf, name, version, sets)
    except GateRefused:
        refused = read_gate_report(shelf, name, version)
        if refused is not None:
            _print(refused, as_json)
        raise
    _print(report, as_json)
    print_error(f"{name} {version} serves; back with: streetwarden models rollback {name}")


def rollback(name: Name, as_json: AsJson = False) -> None:
    """Put the version in service that served before.

    Example: streetwarden models rollback aerial-stalls
    """
    from api.inference.model_cache import shelf_of
    from api.inference.promotion import roll_back_model

    pointer = roll_back_model(shelf_of(load_settings()), name)
    record = {"name": name, "version": pointer.version, "since": pointer.since.isoformat()}
    print_json(record, f"{name} {pointer.version} serves again", as_json)


def shadow(
    name: Name,
    version: Annotated[str | None, typer.Argument(help="The version that looks beside; none ends the shadow.")] = None,
    share: Annotated[float, typer.Option(min=0.001, max=1.0, help="Of the frames, 0 to 1.")] = 0.05,
    as_json: AsJson = False,
) -> None:
    """Let a version look beside the one in service, unseen by reviewers; /models shows where the two disagree.

    Example: streetwarden models shadow aerial-stalls 4 --share 0.05
    """
    from api.inference.model_cache import shelf_of
    from models.shadow import end_shadow, set_shadow
    from models.shelf_changes import locked

    shelf = shelf_of(load_settings())
    with locked(shelf, name):
        if version is None:
            end_shadow(shelf, name)
            print_json({"name": name, "shadow": None}, f"{name} has no shadow now", as_json)
            return
        chosen = set_shadow(shelf, name, version, share)
    record = {"name": name, "shadow": chosen.version, "share": chosen.share, "since": chosen.since.isoformat()}
    print_json(record, f"{name} {version} looks beside at {chosen.share:.1%} of the frames", as_json)


def _print(report: "GateReport", as_json: bool) -> None:
    print_json(report.model_dump(mode="json"), "\n".join(gate_lines(report)), as_json)


def gate_lines(report: "GateReport") -> list[str]:
    """Return what the gate found, for a terminal."""
    against = f"{report.serving}, which serves" if report.serving else "nothing: it is the first"
    lines = [f"{report.model} {report.version} against {against} (AP50; difference with its 95 % interval)"]
    for one in report.changes:
        before = "new" if one.before is None else f"{one.before:.3f}"
        span = f"{one.ap50.value:+.3f} ({one.ap50.low:+.3f} to {one.ap50.high:+.3f})"
        lines.append(f"  {one.dataset:<16} {one.name:<20} {before:>5} -> {one.after:.3f}  {span}  {one.boxes} boxes")
    for name, mean in report.means.items():
        lines.append(f"  {name:<16} mean AP50-95 {mean.value:+.3f} ({mean.low:+.3f} to {mean.high:+.3f})")
    if report.slower is not None:
        lines.append(
            f"  {report.latency_ms:.1f} ms a picture, {report.slower:.2f} times the time of the one that serves"
        )
    lines += [f"  note: {note}" for note in report.notes]
    for refusal in report.refusals:
        lines.append(f"  REFUSED ({refusal.code}): {refusal.text}")
    return lines


def register(app: typer.Typer) -> None:
    """Add this file's commands to `streetwarden models`."""
    for command in (add, versions, promote, rollback, shadow):
        app.command()(command)
