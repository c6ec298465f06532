"""Rendered flights through the whole survey: is every stall found once, and how far off?

    python benchmarks/survey.py [FOLDER…] [--draws 30] [--model NAME]

Each FOLDER was filled by `python -m training.scenes drone --out FOLDER`; by default those of samples/. Boxes are the
renderer's own, so that linking and geometry are measured apart from the model: once with perfect telemetry, then with
telemetry errors drawn from the error budget, one set a flight. The last line of each flight is the real models', each
frame by the one that suits its view.

Ends with 1 when a stall is missed or doubled, the median error exceeds 1.5 m with perfect telemetry, or the errors with
noisy telemetry exceed 1.3 times what the budget predicts.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from api.inference.model_cache import ModelCache
from api.inference.model_choice import BY_VIEW, drone_look
from benchmarks.flights import SAMPLES, Flight, erred, fly, stalls_found

PERFECT_M, OF_BUDGET = 1.5, 1.3
MEDIAN_OF_CE90 = 0.55  # of a round error: sqrt(2 ln 2) / sqrt(2 ln 10)


@dataclass(frozen=True)
class Outcome:
    """One survey: the finds of each stall as metres off, their circles, and finds that are no stall."""

    off: list[list[float]]
    circles: list[float]
    invented: int

    @property
    def once(self) -> bool:
        return all(len(each) == 1 for each in self.off) and self.invented == 0

    @property
    def metres(self) -> list[float]:
        return [metres for each in self.off for metres in each]


def look(flight: Flight, telemetry: str | None = None, model: str | None = None) -> Outcome:
    """Survey a flight, with other telemetry than its own or with a real model."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        said = folder / "said.srt" if telemetry is not None else None
        if said is not None and telemetry is not None:
            said.write_text(telemetry, encoding="utf-8")
        found, truth = fly(flight, folder, said, drone_look(ModelCache().get, model) if model else None)
    off, invented = stalls_found(found, truth)
    circles = [
        one.position.ce90_m for find in found.finds if (one := find.sighting).class_name == "stall" and one.position
    ]
    return Outcome(list(off.values()), circles, invented)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--draws", type=int, default=30)
    parser.add_argument("--model", default=BY_VIEW)
    wanted = parser.parse_args()
    folders = wanted.folders or sorted(path.parent for path in SAMPLES.rglob("flight.srt"))
    kept = [_measure(Flight(folder), wanted.draws, wanted.model) for folder in folders]
    return 0 if kept and all(kept) else 1


def _measure(flight: Flight, draws: int, model: str) -> bool:
    perfect = look(flight)
    print(f"{flight.folder}: {len(perfect.off)} stalls")
    print(f"  perfect telemetry: {_found([perfect])}; {_metres(perfect.metres)}; claimed {_metres(perfect.circles)}")
    text = flight.telemetry.read_text(encoding="utf-8")
    noisy = [look(flight, erred(text, np.random.default_rng(seed))) for seed in range(draws)]
    off, circles = [m for one in noisy for m in one.metres], [m for one in noisy for m in one.circles]
    middle = median(off) / (MEDIAN_OF_CE90 * median(circles))
    outer = float(np.quantile(off, 0.9)) / median(circles)
    print(
        f"  {draws} flights with errors of the budget: {_found(noisy)}; {_metres(off)}; claimed {_metres(circles)}; "
        f"median {middle:.2f}, 90 % {outer:.2f} of what the budget predicts"
    )
    real = look(flight, model=model)
    print(f"  {model}: {_found([real])}; {_metres(real.metres)}")
    kept = perfect.once and all(one.once for one in noisy)
    return kept and median(perfect.metres) <= PERFECT_M and max(middle, outer) <= OF_BUDGET


def _found(outcomes: list[Outcome]) -> str:
    finds = [len(each) for one in outcomes for each in one.off]
    doubled = sum(max(count - 1, 0) for count in finds)
    invented = sum(one.invented for one in outcomes)
    return f"{sum(count > 0 for count in finds)} of {len(finds)} found, {doubled} doubled, {invented} invented"


def _metres(values: list[float]) -> str:
    if not values:
        return "nothing"
    return f"{median(values):.2f} m in the median, at most {max(values):.2f} m"


if __name__ == "__main__":
    sys.exit(main())
