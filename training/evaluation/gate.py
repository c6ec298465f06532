"""The gate: whether a model may take the place of the one in service, judged on frozen pictures.

It passes where, on the pictures that are held out,

- no class is gone, and none is worse beyond its interval (a paired bootstrap over pictures, 95 %),
- its AP50-95, the mean of the classes, is better beyond the interval on what it was trained for,
- a picture takes at most MOST_SLOWER times as long as with the model in service, timed in turns,
- what its card says of these pictures is what is measured here.

A class with few boxes has a wide interval: the gate then cannot tell, and says so (`ClassChange.few`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from detector.vision.engine import OnnxModel, load_card
from models.card import ModelCard
from training.errors import DatasetInvalid
from training.evaluation.average_precision import Floats, Matched, Spread, gain
from training.evaluation.evaluate import Measured, PredictedPicture, measure
from training.evaluation.gate_pictures import draw_beside

MOST_SLOWER: Final = 1.25
"""Of the time that a picture takes with the model in service; two measurements of one model were 5 % apart."""
LEAST_SLOWER: Final = 1.0
"""Milliseconds by which a picture must take longer to count: of brief looks the share is chance."""
FEW: Final = 20
"""Labelled boxes under which a class is said to be hardly judged."""
CARD_SLACK: Final = 0.02
"""Between a figure of the card and the one measured here: another processor moves the third decimal."""
MOST_PICTURES: Final = 5
"""Named with a refusal."""


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """Pictures that are held out: the val side of `folder`.

    `name` as the report calls it; `goal`: the candidate was trained for it; `same_as`: names under which a card may
    give figures of these very pictures.
    """

    folder: Path
    name: str
    goal: bool = True
    same_as: frozenset[str] = frozenset()


class Gain(BaseModel):
    """A difference of AP with its 95 % interval; positive: the candidate is better."""

    model_config = ConfigDict(frozen=True)

    value: float
    low: float
    high: float


class ClassChange(BaseModel):
    """One class on one set: AP50 of both models, and the gain; `before` is None where the class is new."""

    model_config = ConfigDict(frozen=True)

    dataset: str
    name: str
    boxes: int
    before: float | None
    after: float
    ap50: Gain
    ap50_95: Gain

    @property
    def few(self) -> bool:
        """Return whether there are too few boxes for the interval to say much."""
        return self.boxes < FEW

    @property
    def worse(self) -> bool:
        """Return whether the whole interval lies under zero."""
        return self.before is not None and (self.ap50.high < 0 or self.ap50_95.high < 0)


class Refusal(BaseModel):
    """One reason against a candidate: `code` for programs, `text` for people, `pictures` that show it.

    `about`: what it is about, for who says it in another language: a class and a data set, classes, or data sets.
    `drawn`: the files that `judge` drew of these pictures, in their order.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    text: str
    about: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()


class GateReport(BaseModel):
    """What the gate found. `slower`: time of a picture in that of the model in service, None without one."""

    model_config = ConfigDict(frozen=True)

    model: str
    version: str
    sha256: str
    serving: str | None
    changes: tuple[ClassChange, ...]
    means: dict[str, Gain]
    latency_ms: float
    slower: float | None
    notes: tuple[str, ...]
    refusals: tuple[Refusal, ...]

    @property
    def passed(self) -> bool:
        """Return whether the candidate may serve."""
        return not self.refusals


def judge(
    candidate: ModelCard,
    serving: ModelCard | None,
    sets: Sequence[FrozenSet],
    samples: int = 500,
    pictures: Path | None = None,
) -> GateReport:
    """Measure both models on the same held-out pictures and say what speaks against the candidate.

    Without a model in service there is nothing to be worse than; the card must agree all the same. `pictures`: an empty
    folder in which to draw where it is worse.

    Raises:
        DatasetInvalid: no set, or one that cannot be measured on.
        ModelError, DetectorError: a model or picture cannot be used.
    """
    if not sets:
        raise DatasetInvalid(
            f"no held-out pictures to judge {candidate.name} on: import a data set that shows its classes "
            "(streetwarden dataset import), or name one with --dataset"
        )
    gone = [] if serving is None else [name for name in serving.classes if name not in candidate.classes]
    if gone:
        text = f"it does not know {', '.join(gone)}, which the one in service does"
        refusal = Refusal(code="class_gone", text=text, about=tuple(gone))
        return _report(candidate, serving, [], {}, [], [refusal], [], None)
    new, old = load_card(candidate), load_card(serving) if serving else None
    changes: list[ClassChange] = []
    means: dict[str, Gain] = {}
    refusals: list[Refusal] = []
    notes: list[str] = []
    times: list[tuple[float, float | None]] = []
    for one in sets:
        after = measure(new, one.folder, beside=old)
        before = measure(old, one.folder, known_only=True) if old and set(old.names) & set(after.matched) else None
        found, means[one.name] = _compare(one.name, before, after, samples)
        changes += found
        for change in found:
            if change.worse and before is not None and serving is not None:
                drawn = _Drawing(pictures, len(refusals), serving, candidate)
                refusals.append(_worse(change, before, after, drawn))
        refusals += _disagreements(candidate, one, after, notes)
        times.append((after.report.latency_ms, after.report.beside.latency_ms if after.report.beside else None))
    if serving is not None:
        refusals += _no_gain(sets, means)
    return _report(candidate, serving, changes, means, notes, refusals, times, old)


def _report(
    candidate: ModelCard,
    serving: ModelCard | None,
    changes: Sequence[ClassChange],
    means: Mapping[str, Gain],
    notes: Sequence[str],
    refusals: Sequence[Refusal],
    times: Sequence[tuple[float, float | None]],
    old: OnnxModel | None,
) -> GateReport:
    mine = float(np.mean([own for own, _ in times])) if times else 0.0
    theirs = float(np.mean([other or 0.0 for _, other in times])) if times and old else None
    slower = mine / theirs if theirs else None
    late = []
    if slower is not None and theirs is not None and slower > MOST_SLOWER and mine - theirs > LEAST_SLOWER:
        text = f"a picture takes {mine:.1f} ms, {slower:.2f} times as long as now; at most {MOST_SLOWER} is allowed"
        late = [Refusal(code="slower", text=text)]
    few = [f"{one.name} on {one.dataset}: only {one.boxes} boxes, hardly judged" for one in changes if one.few]
    return GateReport(
        model=candidate.name,
        version=candidate.version,
        sha256=candidate.sha256,
        serving=serving.version if serving else None,
        changes=tuple(changes),
        means=dict(means),
        latency_ms=round(mine, 1),
        slower=round(slower, 3) if slower else None,
        notes=(*notes, *few),
        refusals=(*refusals, *late),
    )


def _compare(name: str, before: Measured | None, after: Measured, samples: int) -> tuple[list[ClassChange], Gain]:
    """Return every labelled class of one set, and the gain of their mean AP50-95."""
    old = [before.matched.get(cls) if before else None for cls in after.matched]
    *each, mean = gain(old, list(after.matched.values()), samples)
    changes = [
        ClassChange(
            dataset=name,
            name=cls,
            boxes=after.report.per_class[cls].boxes,
            before=before.report.per_class[cls].ap50.value if before and cls in before.matched else None,
            after=after.report.per_class[cls].ap50.value,
            ap50=_gain(scores.ap50),
            ap50_95=_gain(scores.ap50_95),
        )
        for cls, scores in zip(after.matched, each, strict=True)
        if after.report.per_class[cls].boxes
    ]
    return changes, _gain(mean.ap50_95)


def _gain(spread: Spread) -> Gain:
    return Gain(value=round(spread.value, 4), low=round(spread.low, 4), high=round(spread.high, 4))


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Where and under which number pictures are drawn of what is worse, and which two models saw them."""

    folder: Path | None
    number: int
    serving: ModelCard
    candidate: ModelCard

    def draw(self, name: str, before: PredictedPicture, after: PredictedPicture, place: int) -> str | None:
        if self.folder is None:
            return None
        path = self.folder / f"worse-{self.number}-{place}.jpg"
        old, new = self.serving, self.candidate
        draw_beside(
            path,
            name,
            (before, old.confidence_for(name), f"{old.name} {old.version} (in service)"),
            (after, new.confidence_for(name), f"{new.name} {new.version}"),
        )
        return path.name


def _worse(change: ClassChange, before: Measured, after: Measured, drawing: _Drawing) -> Refusal:
    which, by = ("AP50", change.ap50) if change.ap50.high < 0 else ("AP50-95", change.ap50_95)
    held = _hits(before.matched[change.name], drawing.serving.confidence_for(change.name))
    kept = _hits(after.matched[change.name], drawing.candidate.confidence_for(change.name))
    order = [int(index) for index in np.argsort(kept - held, kind="stable") if kept[index] < held[index]]
    shown = order[:MOST_PICTURES]
    lost = [after.seen[index].path.name for index in shown]
    drawn = [drawing.draw(change.name, before.seen[one], after.seen[one], place) for place, one in enumerate(shown)]
    text = (
        f"{change.name} on {change.dataset} is worse: {which} {by.value:+.3f} ({by.low:+.3f} to {by.high:+.3f}), "
        f"{change.boxes} boxes{', most in ' + ', '.join(lost) if lost else ''}"
    )
    about = (change.name, change.dataset)
    shown_in = tuple(one for one in drawn if one)
    return Refusal(code="worse", text=text, about=about, pictures=tuple(lost), drawn=shown_in)


def _hits(matched: Matched, confidence: float) -> Floats:
    """How many labelled things are found in each picture by detections that the product believes, (pictures,)."""
    sure = matched.scores >= confidence
    hits: Floats = np.bincount(matched.picture[sure], matched.right[sure, 0], len(matched.labelled)).astype(np.float64)
    return hits


def _no_gain(sets: Sequence[FrozenSet], means: Mapping[str, Gain]) -> list[Refusal]:
    """Refused unless it is better on what it was trained for: on the goals, or on all sets where none is one."""
    goals = [one.name for one in sets if one.goal] or [one.name for one in sets]
    if any(means[name].low > 0 for name in goals):
        return []
    said = "; ".join(f"{n} {means[n].value:+.3f} ({means[n].low:+.3f} to {means[n].high:+.3f})" for n in goals)
    text = f"it is not better on what it was trained for: {said}"
    return [Refusal(code="no_gain", text=text, about=tuple(goals))]


def _disagreements(candidate: ModelCard, one: FrozenSet, after: Measured, notes: list[str]) -> list[Refusal]:
    """Figures and thresholds of the card that are not what is measured on the same pictures."""
    if candidate.metrics.dataset not in {one.folder.name, one.name, *one.same_as}:
        notes.append(f"the card gives figures of {candidate.metrics.dataset}, not of {one.name}: not compared")
        return []
    wrong: list[str] = []
    for name, measured in after.report.per_class.items():
        written = candidate.metrics.per_class.get(name)
        if written is not None and written.boxes and abs(written.ap50.value - measured.ap50.value) > CARD_SLACK:
            wrong.append(f"AP50 of {name} is {measured.ap50.value:.3f}, the card says {written.ap50.value:.3f}")
        fitted = candidate.thresholds.get(name)
        if fitted is not None and measured.boxes:
            precision, recall = _at(after.matched[name], fitted.confidence)
            if max(abs(precision - fitted.precision), abs(recall - fitted.recall)) > CARD_SLACK:
                wrong.append(
                    f"at {fitted.confidence:.3f} {name} has precision {precision:.2f} and recall {recall:.2f}, "
                    f"the card says {fitted.precision:.2f} and {fitted.recall:.2f}"
                )
    return [Refusal(code="card", text=f"on {one.name} {text}", about=(one.name,)) for text in wrong]


def _at(matched: Matched, confidence: float) -> tuple[float, float]:
    """Precision and recall (IoU 0.50) of the detections that are as sure as that."""
    sure = matched.scores >= confidence
    hits = float(matched.right[sure, 0].sum())
    return hits / max(int(sure.sum()), 1), hits / max(float(matched.labelled.sum()), 1.0)
