"""Which stalls reach the reviewer, how late, and how many places are none: on a real camera and on made-up days.

    python -m benchmarks.places [--shared ../shared] [--views 6] [--dwell 5m] [--models-folder DIR] [--work var/places]

Real: `data/pavement_camera`, a rule of 2 minutes (its pictures stop after three and a half minutes, for thirteen).
Made up: for each of some clean views of `data/street_cameras`, one of a camera, forty minutes with a stall that comes
after ten and leaves after thirty-two, and forty without one. One JSON line for each sequence, then the sums.
"""

import argparse
import json
import sys
from datetime import timedelta
from pathlib import Path

from api.cameras.assembly import LookSpec, build_look
from api.cli.evaluate_places import measure_places, score_record, stalls_anywhere
from api.inference.model_cache import ModelCache
from api.inference.model_choice import default_models
from benchmarks.made_up_days import cut_outs, read_clean_views, write_day
from detector.durations import parse_duration
from training.evaluation.place_scores import PlaceScore, poisson_interval
from training.evaluation.sequence import read_sequence


def measure(folder: Path, shelf: ModelCache, dwell: timedelta, aspect: float | None = None) -> PlaceScore:
    """Score one sequence and print its line."""
    sequence = read_sequence(folder)
    look = build_look(LookSpec(sequence.name, default_models(shelf)), stalls_anywhere(sequence.name, dwell), shelf)
    score, seconds = measure_places(sequence, look, aspect)
    print(json.dumps(score_record(sequence, score, seconds, look.status())), flush=True)
    return score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--views", type=int, default=6)
    parser.add_argument("--dwell", default="5m")
    parser.add_argument("--models-folder", type=Path, help="a folder of cards; else the shipped ones")
    parser.add_argument("--work", type=Path, default=Path("var/places"))
    given = parser.parse_args()
    shelf, dwell = ModelCache(given.models_folder), parse_duration(given.dwell)
    measure(given.shared / "data" / "pavement_camera", shelf, timedelta(minutes=2), 16 / 9)
    cameras = given.shared / "data" / "street_cameras"
    stalls = cut_outs(cameras)
    scores = []
    for number, view in enumerate(read_clean_views(cameras, given.views)):
        foreign = [cut for camera, cut in stalls if camera != view.camera]
        for name, stall in ((f"{view.name}-stall", foreign[number % len(foreign)]), (f"{view.name}-empty", None)):
            write_day(given.work / name, view, stall, seed=number)
            scores.append(measure(given.work / name, shelf, dwell))
    found, there = sum(one.found for one in scores), sum(one.stalls for one in scores)
    false, days = sum(len(one.false) for one in scores), sum(one.days for one in scores)
    low, high = (bound / days for bound in poisson_interval(false))
    print(
        f"made up: {found} of {there} stalls, {false} false in {24 * days:.1f} camera-hours: "
        f"{false / days:.1f} a camera-day ({low:.1f} to {high:.1f})",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
