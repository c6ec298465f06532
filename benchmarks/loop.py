"""The loop: do labels make a better model, and does the gate keep worse ones out?

    python benchmarks/loop.py gain|small|poison|ranked --shared ../shared --out runs/loop [--seeds 0 1] [--sets aerial]

Hidden truth are `facade_ads` and `aerial_vendors`; a scripted reviewer answers from it, what it labels is imported as a
city would, and training, gate, promotion and going back are the product's own. Networks are small (yolo11n at 224 px),
so that one thread of a processor is enough; figures are for comparing within a run, not with docs/training.md.

- `gain`: a model that is trained on a third of the labels serves; the rest is labelled; train, gate, promote, roll
  back, promote again.
- `small`: 25, 50, 100 and 200 pictures of places that the base never saw (`girardot`, `kennedy`), with the defaults.
- `poison`: 10 % wrong verdicts; one class dropped; copies of held-out pictures among those to train on.
- `ranked`: the pictures to label next by chance, and by how much the model in service is unsure, at equal counts.

Each result is a line of JSON in OUT/results.jsonl. Ends with 1 where a claim of docs/retraining.md does not hold.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from api.inference.promotion import roll_back_model
from benchmarks.loop_home import Home
from benchmarks.loop_poison import POISONS
from benchmarks.loop_ranking import by_chance, by_doubt
from benchmarks.loop_truth import SETS, HiddenPicture, HiddenSet, aerial, drawn
from training.errors import GateRefused, TrainingError
from training.evaluation.gate import GateReport

COUNTS = (25, 50, 100, 200)
NEW_PLACES = ("girardot", "kennedy")


@dataclass(frozen=True)
class Wish:
    """What the command line says."""

    shared: Path
    out: Path
    seeds: tuple[int, ...]
    sets: tuple[str, ...]
    image_size: int

    def home(self, name: str) -> Home:
        return Home(self.out / name, self.shared, self.image_size)

    def truth(self, name: str, seed: int) -> HiddenSet:
        return SETS[name](self.shared, seed)

    def tell(self, **values: object) -> None:
        line = json.dumps(values)
        print(line, flush=True)
        with (self.out / "results.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def gain(wish: Wish) -> bool:
    """Train on a third of the labels, then on all: is the gain outside of the interval of no gain?"""
    well = True
    for name in wish.sets:
        for seed in wish.seeds:
            truth, home, began = wish.truth(name, seed), wish.home(f"gain-{name}-{seed}"), time.monotonic()
            third = drawn(truth.train, len(truth.train) // 3, seed)
            tiles = {one.tile for one in third}
            home.labelled(name, truth, third, truth.held_out)
            base = home.first_model(name, f"{name}-model", "base", truth.view, seed)
            home.labelled(name, truth, [one for one in truth.train if one.tile not in tiles])
            report = home.train(home.plan(name, base), "more", seed, [name])
            served = [home.shelf.serving_version(base.name)]
            if report.passed:
                home.promote(base.name, report.version, [name])
                served.append(home.shelf.serving_version(base.name))
                served.append(roll_back_model(home.shelf, base.name).version)
                home.promote(base.name, report.version, [name])
                served.append(home.shelf.serving_version(base.name))
            wish.tell(task="gain", set=name, seed=seed, served=served, s=_since(began), **_figures(report))
            well &= report.passed
    return well


def small(wish: Wish) -> bool:
    """Train on a few pictures of new places: does the model never end below the base, beyond the interval?"""
    well = True
    for seed in wish.seeds:
        truth, home = aerial(wish.shared, seed), wish.home(f"small-{seed}")
        known, new = _parted(truth.train)
        held_known, held_new = _parted(truth.held_out)
        home.labelled("known", truth, known, held_known)
        base = home.first_model("known", "stalls", "base", truth.view, seed)
        for count in COUNTS:
            began, name = time.monotonic(), f"places-{count}"
            home.labelled(name, truth, drawn(new, count, seed), held_new)
            plan = home.plan(name, base)
            report = home.train(plan, name, seed, [name, "known"])
            figures = _figures(report)
            wish.tell(task="small", seed=seed, pictures=count, old=len(plan.old), s=_since(began), **figures)
            well &= not any(change.worse for change in report.changes)
    return well


def poison(wish: Wish) -> bool:
    """Wrong labels must not come into service, wherever they are stopped."""
    well = True
    for name in wish.sets:
        for seed in wish.seeds:
            for kind, spoil in POISONS.items():
                truth, home = wish.truth(name, seed), wish.home(f"poison-{kind}-{name}-{seed}")
                third = drawn(truth.train, len(truth.train) // 3, seed)
                tiles = {one.tile for one in third}
                home.labelled(name, truth, third, truth.held_out)
                base = home.first_model(name, f"{name}-model", "base", truth.view, seed)
                rest = [one for one in truth.train if one.tile not in tiles]
                batch = drawn(rest, len(third), seed)
                stopped, figures = _stopped(home, name, seed, base.name, spoil(truth, batch, seed))
                wish.tell(task="poison", kind=kind, set=name, seed=seed, stopped=stopped, **figures)
                well &= stopped is not None
    return well


def _stopped(home: Home, name: str, seed: int, model: str, poisoned: HiddenSet) -> tuple[str | None, dict[str, object]]:
    """Return what stopped a batch, in its own words; None where it would have come into service."""
    try:
        home.labelled(name, poisoned, poisoned.train)
        report = home.train(home.plan(name, home.shelf.in_service(model)), "poisoned", seed, [name])
        figures = _figures(report)
        if not report.passed:
            return report.refusals[0].text, figures
        home.promote(model, report.version, [name])
        return None, figures
    except GateRefused as error:
        return str(error), {}
    except TrainingError as error:
        return str(error), {}


def ranked(wish: Wish) -> bool:
    """As many pictures by chance and by the model's doubt: which labels are worth more?"""
    for name in wish.sets:
        for seed in wish.seeds:
            truth, began = wish.truth(name, seed), time.monotonic()
            third = drawn(truth.train, len(truth.train) // 6, seed)
            tiles = {one.tile for one in third}
            rest = [one for one in truth.train if one.tile not in tiles]
            for how, choose in (("chance", by_chance), ("doubt", by_doubt)):
                home = wish.home(f"ranked-{how}-{name}-{seed}")
                home.labelled(name, truth, third, truth.held_out)
                base = home.first_model(name, f"{name}-model", "base", truth.view, seed)
                chosen = choose(base, rest, len(third), seed)
                home.labelled(name, truth, chosen)
                report = home.train(home.plan(name, base), "more", seed, [name])
                boxes = sum(len(one.boxes) for one in chosen)
                figures = _figures(report)
                wish.tell(task="ranked", how=how, set=name, seed=seed, boxes=boxes, s=_since(began), **figures)
    return True


def _parted(pictures: Sequence[HiddenPicture]) -> tuple[list[HiddenPicture], list[HiddenPicture]]:
    known = [one for one in pictures if not any(place in one.tile for place in NEW_PLACES)]
    return known, [one for one in pictures if any(place in one.tile for place in NEW_PLACES)]


def _figures(report: GateReport) -> dict[str, object]:
    return {
        "passed": report.passed,
        "means": {name: (one.value, one.low, one.high) for name, one in report.means.items()},
        "classes": [
            (one.dataset, one.name, one.boxes, one.before, one.after, one.ap50.value, one.ap50.low, one.ap50.high)
            for one in report.changes
        ],
        "refusals": [one.code for one in report.refusals],
    }


def _since(began: float) -> int:
    return round(time.monotonic() - began)


TASKS: dict[str, Callable[[Wish], bool]] = {"gain": gain, "small": small, "poison": poison, "ranked": ranked}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=sorted(TASKS))
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--out", type=Path, default=Path("runs/loop"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sets", nargs="+", choices=sorted(SETS), default=sorted(SETS))
    parser.add_argument("--image-size", type=int, default=224)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    wish = Wish(asked.shared.resolve(), asked.out.resolve(), tuple(asked.seeds), tuple(asked.sets), asked.image_size)
    return 0 if TASKS[asked.task](wish) else 1


if __name__ == "__main__":
    sys.exit(main())
