"""What the networks see in one strong look: signs and stalls of trained classes, and everyday objects.

A network sees the whole picture, and once more the far part of it in tiles, where a stall is small. Parts in which no
rule of the task speaks are left out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.geometry.fixed_camera import FixedCamera
from detector.geometry.ground import Locator
from detector.places.place_evidence import MODEL, Support, log_odds_of
from detector.places.proposal import STALL, Proposal
from detector.places.strong_looks import Task
from detector.rules.rulebook import Rulebook
from detector.vision.detections import Box, Detections
from detector.vision.engine import OnnxModel
from detector.vision.frame import Image
from detector.vision.pixels import suppress
from detector.vision.tiles import Window, detect_windows

FAINT = 0.1
"""Confidence from which on everyday objects are taken into account: here a miss makes a false stall, and a faint one
that is seen again and again tells more than a clear one that is seen once."""

FAINTEST = 0.3
"""Share of a class's own threshold from which on a stall counts as evidence, if little."""

STALL_AT_THRESHOLD = 0.25
SIGN_AT_THRESHOLD = 1.0
"""Log odds that a thing is there which a model sees just at its own threshold, over the prior of `place_evidence`. The
thresholds of signs are set at a higher precision than those of stalls."""

FAR_WIDTH = 0.56
"""Width of a far tile as a share of the picture's: two of them, with an overlap, are as wide as it."""

OVER_HORIZON, WITHOUT_HORIZON = 0.05, 0.08
"""Where the far tiles begin: so much of the height above the horizon, or below the top where none is known."""

REACH = 0.25
"""Share of the picture's height by which a thing may stick out above the zone that it stands in."""


@dataclass(frozen=True, slots=True)
class NetworkFindings:
    """What a strong look found: everyday `objects` (faint ones too), and `proposals` of trained classes."""

    objects: Detections
    proposals: tuple[Proposal, ...]


class NetworkFinders:
    """The networks of one camera, run together. Thread-safe as far as the models are.

    A class that several models know is looked for by the first of them: two would make two places of one sign.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        camera: str,
        models: Sequence[OnnxModel],
        objects: OnnxModel | None,
        locator: Locator | None,
    ) -> None:
        classes = set(rulebook.classes)
        self._classes = _share_out(models, classes)
        self._stalls = tuple(one for one in models if STALL in self._classes[one.name])
        self._signs = tuple(one for one in models if self._classes[one.name] - {STALL})
        self._objects = objects if STALL in classes else None
        self._regions = _regions(rulebook, camera, classes, locator)

    @property
    def stall_model(self) -> bool:
        """Return whether a model of trained stalls looks."""
        return bool(self._stalls)

    @property
    def everyday(self) -> bool:
        """Return whether a model of everyday objects looks."""
        return self._objects is not None

    @property
    def sign_kinds(self) -> tuple[str, ...]:
        """Return the kinds of the places that this look's models of signs propose."""
        return tuple(model.name for model in self._signs)

    def serves(self, task: Task) -> bool:
        """Return whether any network has to do with a task."""
        return bool(self._signs) if task is Task.SIGNS else bool(self._stalls) or self.everyday

    def tasks_of(self, tasks: Collection[Task]) -> tuple[Task, ...]:
        """Return the tasks that are looked after when these are due.

        A network that runs anyway serves all of its own.
        """
        found = set(tasks)
        if Task.STALLS in found and self._signs and set(self._signs) <= {*self._stalls, self._objects}:
            found.add(Task.SIGNS)
        return tuple(task for task in Task if task in found and self.serves(task))

    def look(self, image: Image, tasks: Collection[Task], horizon: float | None) -> NetworkFindings:
        """Run what the tasks need; raises ModelInputError where the array is no picture."""
        wanted = [*(self._stalls if Task.STALLS in tasks else ()), *(self._signs if Task.SIGNS in tasks else ())]
        objects = self._objects if Task.STALLS in tasks else None
        everyday = Detections.empty()
        proposals: list[Proposal] = []
        for model in dict.fromkeys([*wanted, *((objects,) if objects else ())]):
            floors = self._floors(model)
            least = min(float(floors.min()), FAINT) if model is objects else float(floors.min())
            seen = detect_windows(model, image, self._windows(model, image, horizon), least)
            if model is objects:
                everyday = seen[seen.scores >= FAINT]
            if model in wanted:
                proposals += self._proposals(model, seen[seen.scores >= floors[seen.class_ids]])
        return NetworkFindings(everyday, tuple(proposals))

    @staticmethod
    def _floors(model: OnnxModel) -> NDArray[np.float32]:
        """(classes,): the confidence from which on each class counts as a proposal."""
        shares = [FAINTEST if name == STALL else 1.0 for name in model.names]
        return np.asarray(model.thresholds * np.array(shares, np.float32), np.float32)

    def _proposals(self, model: OnnxModel, seen: Detections) -> list[Proposal]:
        """Of what a model of trained classes saw, the classes that a rule speaks of; one box for one thing."""
        seen = seen.of_class(*self._classes[model.name])
        # Two classes in the same spot are one thing that the model is torn between.
        seen = seen[suppress(seen.boxes, seen.scores, np.zeros(len(seen), np.int64), model.iou)]
        thresholds = dict(zip(model.names, model.thresholds.tolist(), strict=True))
        found = []
        for one in seen:
            even = STALL_AT_THRESHOLD if one.class_name == STALL else SIGN_AT_THRESHOLD
            odds = log_odds_of(one.confidence, thresholds[one.class_name], -1.5, 2.0) + even
            kind = STALL if one.class_name == STALL else model.name
            support = Support(MODEL, one.confidence, odds)
            found.append(Proposal(one.class_name, kind, one.box, one.confidence, MODEL, (support,)))
        return found

    def _windows(self, model: OnnxModel, image: Image, horizon: float | None) -> list[Window]:
        """Return the far part of the picture in tiles of the network's shape.

        None where the network sees every pixel.
        """
        height, width = image.shape[:2]
        if width <= 1.1 * model.width:
            return []
        tile_width = round(FAR_WIDTH * width)
        tile_height = min(height, round(tile_width * model.height / model.width))
        above = WITHOUT_HORIZON * height if horizon is None else horizon - OVER_HORIZON * height
        top = round(min(max(0.0, above), height - tile_height))
        tiles = [(left, top, left + tile_width, top + tile_height) for left in (0, width - tile_width)]
        return [tile for tile in tiles if self._watched(tile, height)]

    def _watched(self, tile: Window, height: int) -> bool:
        left, top, right, bottom = tile
        reach = REACH * height
        return self._regions is None or any(
            x1 < right and x2 > left and y1 - reach < bottom and y2 > top for x1, y1, x2, y2 in self._regions
        )


def _share_out(models: Sequence[OnnxModel], classes: set[str]) -> dict[str, set[str]]:
    """Return the classes that each model, by name, looks for."""
    left = set(classes)
    shares: dict[str, set[str]] = {}
    for model in models:
        shares[model.name] = left.intersection(model.names)
        left -= shares[model.name]
    return shares


def _regions(
    rulebook: Rulebook, camera: str, classes: Collection[str], locator: Locator | None
) -> tuple[Box, ...] | None:
    """Boxes in the picture around the zones that a rule speaks of; None where one cannot be told: all is watched."""
    boxes: list[Box] = []
    for zone in {zone.id: zone for name in classes for zone in rulebook.watched_zones(name, camera)}.values():
        corners = np.array(zone.corners, np.float64)
        if zone.on_ground:
            if not isinstance(locator, FixedCamera):
                return None
            corners = locator.outline([(lat, lon) for lon, lat in zone.corners])
            corners = corners[~np.isnan(corners).any(axis=1)]
        if len(corners):
            (x1, y1), (x2, y2) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
            boxes.append((x1, y1, x2, y2))
    return tuple(boxes)
