"""One frame through all of it: what is in a fixed camera's frame, where it stands, how long, and whether it may."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from detector.candidate import Candidate
from detector.geometry.ground import Locator
from detector.geometry.position import position_of
from detector.places.best_frames import BestFrames
from detector.places.object_groups import find_groups
from detector.places.occupancy import PEOPLE, VEHICLES, Occupancy
from detector.places.places import Place, Places
from detector.places.proposal import STALL, Proposal, as_array, hull, overlap
from detector.rules.rulebook import Rulebook
from detector.rules.ruling import Outcome
from detector.rules.zones import WALL
from detector.vision.detections import Box, Detections
from detector.vision.engine import OnnxModel
from detector.vision.frame import Frame, Image
from detector.vision.pixels import suppress

AGAIN = timedelta(minutes=5)
"""How often a candidate that stands on is handed on again."""

FRESH = timedelta(minutes=15)
"""A place older than this is asked about once a minute: its ruling changes with the hour only."""

FAINT = 0.15
"""Confidence at which a vehicle is taken into account: here a miss makes a false stall, a false vehicle hides a
frame."""

CLEAR = 0.35
"""Confidence at which people and vehicles are taken to hide what is behind them."""


@dataclass(frozen=True, slots=True)
class _Handed:
    """What was last said of a place."""

    at: datetime
    outcome: Outcome
    handed_at: datetime | None = None
    handed_as: tuple[Outcome, str | None] | None = None


class Look:
    """Looks at the frames of one fixed camera, one by one in order of capture, and gives the candidates in each.

    `models` are detectors of trained classes, `objects` one of everyday things (people, vehicles, umbrellas, tables).
    `locator` maps pixels to the ground; `position` is the camera's own (lat, lon), used where that fails. A candidate
    comes once when its place is ruled a violation (or unknown), and again, with the same key, every five minutes while
    it stands or when its ruling changes. Not for use by several threads at once.
    """

    def __init__(
        self,
        source: str,
        rulebook: Rulebook,
        models: Sequence[OnnxModel],
        objects: OnnxModel | None = None,
        locator: Locator | None = None,
        position: tuple[float, float] | None = None,
    ) -> None:
        self.source = source
        self.rulebook = rulebook
        self.occupancy = Occupancy()
        self.places = Places(source, gap=self._longest_gap())
        self._models = tuple(models)
        self._objects = objects
        self._locator = locator
        self._position = position
        self._walls = tuple(zone for zone in rulebook.zones if zone.kind == WALL and zone.on_ground)
        self._album = BestFrames()
        self._handed: dict[str, _Handed] = {}
        self._epoch: tuple[int, int, int] | None = None
        self.serving: Callable[[], tuple[Sequence[OnnxModel], OnnxModel | None]] | None = None
        """Gives `models` and `objects` anew before each frame; None where they stay."""
        self._saw_before: dict[str, tuple[str, ...]] = {}  # key of a place: the models that looked at it and went

    def __call__(self, frame: Frame) -> list[Candidate]:
        """The candidates in this frame; raises ModelInputError where the frame holds no picture."""
        self._follow(frame)
        if self.serving is not None:
            self._use(*self.serving())
        objects, proposals = self._see(frame.image)
        if STALL in self.rulebook.classes:
            stands = self.occupancy.look(frame.image, frame.captured_at, objects)
            trained = [one for one in proposals if one.kind == STALL]
            others = [one for one in proposals if one.kind != STALL]
            proposals = others + _merge(_merge(trained, stands), find_groups(objects))
        passing = objects.of_class(*PEOPLE, *VEHICLES)
        hidden: list[Box] = [one.box for one in passing if one.confidence >= CLEAR]
        places = self.places.update(_once(proposals), frame.captured_at, hidden)
        self._album.keep(frame, [one for one in places if one.last_seen == frame.captured_at], hidden)
        alive = {place.key for place in places}
        self._handed = {key: handed for key, handed in self._handed.items() if key in alive}
        self._album.drop_all_but(alive)
        self._saw_before = {key: models for key, models in self._saw_before.items() if key in alive}
        found = [found for place in places if (found := self._judge(place, frame)) is not None]
        return [self._with_earlier_models(candidate) for candidate in found]

    def _use(self, models: Sequence[OnnxModel], objects: OnnxModel | None) -> None:
        """Look with these models from this frame on; places stay, and remember which models saw them until now."""
        if (tuple(models), objects) == (self._models, self._objects):
            return
        for place in self.places.all:
            earlier = self._saw_before.get(place.key, ())
            self._saw_before[place.key] = tuple(dict.fromkeys((*earlier, *self._voices(place))))
        self._models, self._objects = tuple(models), objects

    def _with_earlier_models(self, candidate: Candidate) -> Candidate:
        earlier = self._saw_before.get(candidate.sighting.key, ())
        return replace(candidate, models=tuple(dict.fromkeys((*earlier, *candidate.models))))

    def _follow(self, frame: Frame) -> None:
        """Another picture size is another view; a stream that was opened anew may be the same one in another light."""
        now = (frame.epoch, frame.width, frame.height)
        if self._epoch is not None and now != self._epoch:
            self.occupancy.restart()
            if now[1:] != self._epoch[1:]:
                self.places.forget()
                self._album = BestFrames()
        self._epoch = now

    def _see(self, image: Image) -> tuple[Detections, list[Proposal]]:
        """The everyday objects, however faint, and what the models see; one that is both looks once."""
        both = self._objects
        proposals = [
            one for model in self._models if model is not both for one in self._signs(model, model.detect(image))
        ]
        if both is None:
            return Detections.empty(), proposals
        if both not in self._models:
            return both.detect(image, FAINT), proposals
        every = both.detect(image, min(FAINT, float(both.thresholds.min())))
        proposals += self._signs(both, every[every.scores >= both.thresholds[every.class_ids]])
        return every[every.scores >= FAINT], proposals

    def _signs(self, model: OnnxModel, seen: Detections) -> list[Proposal]:
        """Of what a model of trained classes saw, the classes that a rule speaks of; one box for one thing."""
        seen = seen.of_class(*self.rulebook.classes)
        # Two classes in the same spot are one thing that the model is torn between.
        seen = seen[suppress(seen.boxes, seen.scores, np.zeros(len(seen), np.int64), model.iou)]
        return [
            Proposal(one.class_name, STALL if one.class_name == STALL else model.name, one.box, one.confidence, "model")
            for one in seen
        ]

    def _judge(self, place: Place, frame: Frame) -> Candidate | None:
        """The place as a candidate, when there is something to say of it that has not been said."""
        at = frame.captured_at
        before = self._handed.get(place.key)
        if not place.settled or place.last_seen != at:
            return None
        if before and at - place.first_seen > FRESH and at - before.at < timedelta(minutes=1):
            return None
        sighting = place.sighting(self.source)
        position = position_of(sighting.class_name, sighting.contact, self._locator, self._position, self._walls)
        ruling = self.rulebook.rule(
            class_name=sighting.class_name,
            at=at,
            position=position,
            dwell=sighting.dwell,
            camera=self.source,
            image_point=sighting.contact,
        )
        said = (ruling.outcome, ruling.rule)
        due = before is None or before.handed_as != said or before.handed_at is None or at - before.handed_at >= AGAIN
        if ruling.outcome is Outcome.PERMITTED or not due:
            handed_at, handed_as = (before.handed_at, before.handed_as) if before else (None, None)
            self._handed[place.key] = _Handed(at, ruling.outcome, handed_at, handed_as)
            return None
        self._handed[place.key] = _Handed(at, ruling.outcome, at, said)
        self.places.report(place.key)
        shot = self._album.take(place.key)
        evidence, box = (shot.frame, shot.box) if shot else (frame, place.boxes[-1])
        return Candidate(place.sighting(self.source, position), ruling, evidence, box, self._voices(place))

    def _voices(self, place: Place) -> tuple[str, ...]:
        """The names of the models that had a say."""
        names = [model.name for model in self._models if place.class_name in model.names]
        if place.kind == STALL and self._objects:
            names.append(self._objects.name)
        return tuple(names)

    def _longest_gap(self) -> timedelta:
        gaps = [self.rulebook.gap(name) for name in self.rulebook.classes]
        return max(gaps, default=timedelta(seconds=90)) or timedelta(seconds=90)


def _once(proposals: list[Proposal]) -> list[Proposal]:
    """Each proposal once, the surest first."""
    return sorted(dict.fromkeys(proposals), key=lambda one: -one.confidence)


def _merge(stands: list[Proposal], groups: list[Proposal]) -> list[Proposal]:
    """Two finders on one thing: their common box, and more confidence than either has alone."""
    merged = list(stands)
    for group in groups:
        _, inside, around = overlap(as_array([one.box for one in merged]), as_array([group.box]))
        share = np.maximum(inside, around)[:, 0] if merged else np.zeros(0)
        if share.max(initial=0.0) < 0.5:
            merged.append(group)
            continue
        index = int(share.argmax())
        one = merged[index]
        sure = 1 - (1 - one.confidence) * (1 - group.confidence)
        merged[index] = Proposal(STALL, STALL, hull(one.box, group.box), sure, one.found_by)
    return merged
