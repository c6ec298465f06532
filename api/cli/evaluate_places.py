"""`streetwarden evaluate places`: what a reviewer would have been shown of a recorded sequence, and how late."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from api.cameras.assembly import LookSpec, build_look, read_camera
from api.cli.options import duration_from
from api.console import AsJson, print_json
from api.inference.model_cache import ModelCache
from api.inference.model_choice import default_models
from api.settings import load_settings
from detector.look import Look, LookStatus
from detector.places.proposal import STALL
from detector.rules.load import load_rulebook
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.zones import Zone
from training.evaluation.place_scores import Handed, PlaceScore, score_places
from training.evaluation.sequence import PictureSequence, frames_of, read_sequence

app = typer.Typer(rich_markup_mode=None)


@app.command("evaluate places")
def evaluate_places(
    folders: Annotated[
        list[Path], typer.Argument(metavar="SEQUENCE…", help="Folders with images/, times.tsv and stalls.txt.")
    ],
    rulebook: Annotated[Path | None, typer.Option(help="The rulebook; without one all of the view is watched.")] = None,
    dwell: Annotated[str, typer.Option(help="How long a stall may stand, where no rulebook says it.")] = "2m",
    model: Annotated[list[str] | None, typer.Option(help="A model of trained classes; may be given again.")] = None,
    calibration: Annotated[Path | None, typer.Option(help="Ground control points (u,v,lat,lon) of the camera.")] = None,
    aspect: Annotated[str | None, typer.Option(help="The true shape of squeezed pictures, e.g. 16:9.")] = None,
    models_folder: Annotated[
        Path | None, typer.Option(help="A folder of cards; else the shipped ones.", exists=True, file_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure which known stalls of recorded sequences are put before a reviewer, how late, and what is none.

    Example: streetwarden evaluate places ../shared/data/pavement_camera --aspect 16:9 --json
    """
    shelf = ModelCache.of(load_settings(), models_folder)
    names = tuple(model) if model else default_models(shelf)
    shape = _aspect(aspect)
    span = duration_from("--dwell", dwell)
    sequences = [read_sequence(folder) for folder in folders]
    for sequence in sequences:
        book = load_rulebook(rulebook, now=datetime.now(UTC)) if rulebook else stalls_anywhere(sequence.name, span)
        look = build_look(LookSpec(sequence.name, names, read_camera(calibration)), book, shelf)
        score, seconds = measure_places(sequence, look, shape)
        record = score_record(sequence, score, seconds, look.status())
        print_json(record, _sentence(sequence, score), as_json)


def measure_places(
    sequence: PictureSequence, look: Look, aspect: float | None = None
) -> tuple[PlaceScore, list[float]]:
    """Look at every picture of a sequence; return what was handed on, scored, and the CPU seconds of each look."""
    handed: dict[str, Handed] = {}
    seconds = []
    for frame in frames_of(sequence, aspect):
        began = time.process_time()
        candidates = look(frame)
        seconds.append(time.process_time() - began)
        for one in candidates:
            if one.sighting.class_name != STALL or one.sighting.key in handed:
                continue
            x1, y1, x2, y2 = one.sighting.box
            box = (x1 / frame.width, y1 / frame.height, x2 / frame.width, y2 / frame.height)
            sighting = one.sighting
            handed[sighting.key] = Handed(sighting.key, frame.captured_at, box, sighting.found_by, sighting.confidence)
    return score_places(sequence, handed.values()), seconds


def score_record(
    sequence: PictureSequence, score: PlaceScore, seconds: list[float], status: LookStatus
) -> dict[str, object]:
    """The figures of one sequence as plain values: the JSON line."""
    low, high = score.false_interval
    return {
        "sequence": sequence.name,
        "pictures": len(sequence.pictures),
        "minutes": round(sequence.seconds / 60, 1),
        "stalls": score.stalls,
        "found": score.found,
        "late_s": [None if late is None else round(late, 1) for late in score.late_s],
        "doubled": score.doubled,
        "false": len(score.false),
        "false_per_camera_day": round(score.false_per_day, 1),
        "false_per_camera_day_interval": [round(low, 1), round(high, 1)],
        "false_places": [
            {"at": one.at.isoformat(), "box": [round(side, 4) for side in one.box], "found_by": one.found_by}
            for one in score.false
        ],
        "strong_looks": status.strong,
        "strong_reasons": {task.task.value: dict(task.reasons) for task in status.tasks},
        "cpu_ms_per_look": round(sum(seconds) / len(seconds) * 1e3, 2),
        "cpu_s_per_camera_minute": round(sum(seconds) / max(sequence.seconds, 1e-9) * 60, 3),
    }


def stalls_anywhere(camera: str, dwell: timedelta) -> Rulebook:
    """The rulebook that stands in: no stall may stand in view for longer than `dwell`."""
    everywhere = ((-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6))
    zone = Zone(f"view of {camera}", "view", everywhere, camera)
    return Rulebook.of("none", ZoneInfo("UTC"), [zone], [Rule("stalls", (STALL,), ("view",), dwell=dwell)], None)


def _sentence(sequence: PictureSequence, score: PlaceScore) -> str:
    late = ", ".join("missed" if one is None else f"after {one / 60:.1f} min" for one in score.late_s)
    low, high = score.false_interval
    return (
        f"{sequence.name}: {score.found} of {score.stalls} stalls found ({late}), {score.doubled} doubled, "
        f"{len(score.false)} false in {sequence.seconds / 60:.0f} min: {score.false_per_day:.0f} a camera-day "
        f"({low:.0f} to {high:.0f})"
    )


def _aspect(text: str | None) -> float | None:
    if text is None:
        return None
    width, _, height = text.partition(":")
    try:
        shape = float(width) / float(height)
    except (ValueError, ZeroDivisionError) as error:
        raise typer.BadParameter(f"--aspect {text!r} is no shape: write it like 16:9") from error
    if not 0.1 <= shape <= 10:
        raise typer.BadParameter(f"--aspect {text!r} is out of range: 1:10 to 10:1")
    return shape
