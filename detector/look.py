"""One frame through all of it: what is in a fixed camera's frame, where it stands, how long, and whether it may.

A frame gets a cheap look (the small picture: what stands, what has changed) or a strong look as well (the networks),
as `strong_looks.py` decides. What each finder says adds up at the place (`place_evidence.py`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from detector.candidate import Candidate, Origin
from detector.clock_steps import ClockSteps
from detector.geometry.ground import Locator
from detector.geometry.position import foot_of, position_of
from detector.places.best_frames import BestFrames
from detector.places.finder_pictures import FinderPictures
from detector.places.lasting_change import LastingChange
from detector.places.merge import merge, once
from detector.places.network_finders import NetworkFinders
from detector.places.object_groups import find_groups, find_lone
from detector.places.occupancy import PEOPLE, VEHICLES, Occupancy
from detector.places.past_sightings import PastSightings
from detector.places.pictures import Moment, MomentPicture, picture_of, scaled
from detector.places.place_evidence import MODEL, OBJECTS, OCCUPANCY
from detector.places.places import Place, Places
from detector.places.proposal import STALL, Proposal
from detector.places.same_patch import OTHER, SAME, Patches
from detector.places.scale import SceneScale
from detector.places.strong_look import SeenPlace, StrongLook
from detector.places.strong_looks import LATELY, SIGN_BEAT, LookReason, StrongLooks, Task, TaskStatus
from detector.recording import RecordingLog
from detector.rules.rulebook import Rulebook
from detector.rules.ruling import Outcome, Ruling
from detector.rules.zones import WALL
from detector.vision.detections import Box, Detections
from detector.vision.engine import OnnxModel
from detector.vision.frame import Frame
from models.card import ModelVersion

CHEAP_EVERY = timedelta(seconds=3.5)
"""A frame sooner after the last one tells nothing of what stands: it is let go."""

AGAIN = timedelta(minutes=5)
"""How often a candidate that stands on is handed on again."""

FRESH = timedelta(minutes=15)
"""A place older than this is asked about once a minute: its ruling changes with the hour only."""

LIKELY = 0.5
"""Probability from which on a place is put before a person."""

UNLIKELY, HEARD = 0.12, 3
"""A place that is less likely than this after so many strong looks was nothing."""

MOST_PLACES = 60
"""Places kept of one camera at most; the least likely ones go."""

CLEAR = 0.35
"""Confidence at which people and vehicles are taken to hide what is behind them."""


@dataclass(frozen=True, slots=True)
class LookStatus:
    """What the looks at one camera were so far: cheap ones, strong ones, and how each task is looked after."""

    looks: int
    strong: int
    tasks: tuple[TaskStatus, ...]


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
    `locator` maps pixels to the ground; `position` is the camera's own (lat, lon), used where that fails; `origin` says
    which camera it is, in which version. A candidate comes once when its place is ruled a violation (or unknown), and
    again, with the same key, every five minutes while it stands or when its ruling changes. Between two frames passes
    the time that really passed, also where the machine's clock was set. Not for use by several threads at once.
    """

    def __init__(
        self,
        source: str,
        rulebook: Rulebook,
        models: Sequence[OnnxModel],
        objects: OnnxModel | None = None,
        locator: Locator | None = None,
        position: tuple[float, float] | None = None,
        origin: Origin | None = None,
    ) -> None:
        self.source = source
        self.rulebook = rulebook
        self.occupancy = Occupancy()
        self.places = Places(source, gap=self._longest_gap(), slow_gap=3 * SIGN_BEAT)
        self.strong = StrongLooks(rulebook, source)
        self._models = tuple(models)
        self._objects = objects
        self._finders = NetworkFinders(rulebook, source, models, objects, locator)
        self._locator = locator
        self._position = position
        self._origin = origin or Origin()
        self._walls = tuple(zone for zone in rulebook.zones if zone.kind == WALL and zone.on_ground)
        self._scale = SceneScale(locator)
        self._patches = Patches()
        self._facade, self._changed = LastingChange(), False
        self._album, self._looked_at = BestFrames(), FinderPictures()
        self._handed: dict[str, _Handed] = {}
        self._epoch: tuple[int, int, int] | None = None
        self._taken_at: datetime | None = None
        self._looks = self._strong_looks = 0
        self.steps, self._recording = ClockSteps(), RecordingLog()
        self.serving: Callable[[], tuple[Sequence[OnnxModel], OnnxModel | None]] | None = None
        """Gives `models` and `objects` anew before each look; None where they stay."""
        self.beside: Callable[[Frame], None] | None = None
        """Is shown each frame that gets a strong look, after it; must come back at once."""
        self.past = PastSightings()
        self.strong_look: StrongLook | None = None  # what the last frame's strong look saw; None where it got none
        self._saw_before: dict[str, tuple[ModelVersion, ...]] = {}  # by key of a place

    def __call__(self, frame: Frame) -> list[Candidate]:
        """Return the candidates in this frame; raises ModelInputError where the frame holds no picture."""
        frame, self.strong_look = self.steps.without(frame), None
        self._follow(frame)
        if self.serving is not None:
            self._use(*self.serving())
        self._looks += 1
        self._recording.take_in(frame)
        if not self._take_in(frame):
            return []
        likeness = self._likeness()
        tasks = self._take_due(frame.captured_at, likeness)
        if tasks:
            self._look_strongly(frame, tasks, likeness)
        else:
            self._look_cheaply(frame, likeness)
        places = self._weigh_past(frame)
        if tasks and self.beside is not None:
            self.beside(frame)
        alive = {place.key for place in places}
        self._handed = {key: handed for key, handed in self._handed.items() if key in alive}
        self._album.drop_all_but(alive)
        self._looked_at.drop_all_but(alive)
        self._album.keep_first(frame, places)
        self._patches.drop_all_but(alive)
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
        self._finders = NetworkFinders(self.rulebook, self.source, models, objects, self._locator)

    def _with_earlier_models(self, candidate: Candidate) -> Candidate:
        earlier = self._saw_before.get(candidate.sighting.key, ())
        return replace(candidate, models=tuple(dict.fromkeys((*earlier, *candidate.models))))

    def _take_in(self, frame: Frame) -> bool:
        """Look at the small picture; False where the last such look is too young for anything to have changed."""
        at, before = frame.captured_at, self._taken_at
        if before is not None and timedelta(0) <= at - before < CHEAP_EVERY:
            return False
        self._taken_at = at
        if Task.STALLS in self.strong.tasks:
            self.occupancy.update(frame.image, at)
        if Task.SIGNS in self.strong.tasks:
            self._changed = self._facade.update(frame.image)
        return True

    def status(self) -> LookStatus:
        """Return how many looks there were, and why the strong ones were taken."""
        return LookStatus(self._looks, self._strong_looks, self.strong.status(self.steps.ahead))

    @property
    def kinds(self) -> dict[str, str]:
        """Return the kind of the places of each class that may be handed on."""
        return {name: model.name for model in self._models for name in model.names} | {STALL: STALL}

    def forget(self) -> None:
        """Drop all that is known of the view: the camera looks elsewhere now."""
        self.occupancy.restart()
        self.strong.restart()
        self.places.forget()
        self._taken_at = None
        self._patches, self._facade = Patches(), LastingChange()
        self._album, self._looked_at = BestFrames(), FinderPictures()
        self._scale.forget()

    def _follow(self, frame: Frame) -> None:
        """Another picture size is another view; a stream that was opened anew may be the same one in another light."""
        now = (frame.epoch, frame.width, frame.height)
        if self._epoch is not None and now[1:] != self._epoch[1:]:
            self.forget()
        elif self._epoch is not None and now != self._epoch:
            self._taken_at, self._patches = None, Patches()
            self.occupancy.restart()
            self.strong.restart()
        self._epoch = now

    def _likeness(self) -> dict[str, float]:
        """For the places of which that is known: how far they look as when a thing was last seen there, 0 to 1."""
        view = self.occupancy.view
        if view is None:
            return {}
        found = {place.key: self._patches.likeness(place.key, view.now) for place in self.places.all}
        return {key: share for key, share in found.items() if share is not None}

    def _take_due(self, at: datetime, likeness: dict[str, float]) -> tuple[Task, ...]:
        """Return the tasks that this frame gets a strong look for."""
        due = {
            task: reason
            for task in self.strong.tasks
            if self._finders.serves(task) and (reason := self.strong.due(task, at, self._wanted(task, at, likeness)))
        }
        tasks = self._finders.tasks_of(tuple(due))
        for task in tasks:
            self.strong.taken(task, at, due.get(task, LookReason.SHARED))
        if Task.SIGNS in tasks:
            self._facade.looked()
        return tasks

    def _wanted(self, task: Task, at: datetime, likeness: dict[str, float]) -> Iterator[LookReason]:
        """Yield why a cheap look asks for a strong one, the weightiest reason first."""
        age = self.strong.age(task, at)
        if task is Task.SIGNS:
            signs = [one for one in self.places.all if one.kind != STALL]
            if age is not None and any(not one.settled and at - one.last_seen == age for one in signs):
                yield LookReason.CONFIRM
            if self._changed and age is not None and age > self.strong.patience(task):
                yield LookReason.CHANGED
            return
        places = [one for one in self.places.all if one.kind == STALL]
        if age is not None and age > LATELY and any(self._ripe(one, at) for one in places):
            yield LookReason.HAND_ON
        if self.occupancy.relearned:
            yield LookReason.VIEW
        stood = self.strong.beat(task) / 2
        if any(self._asked(one) == 0 and at - one.first_seen >= stood for one in places):
            yield LookReason.NEW
        late = self.places.gap / 3
        if age is not None and age > late:
            likely = [one for one in places if one.reported or one.probability >= LIKELY]
            if any(at - one.last_seen > late and likeness.get(one.key, 0.0) < SAME for one in likely):
                yield LookReason.CHANGED

    def _ripe(self, place: Place, at: datetime) -> bool:
        """Will it be handed on for the first time when it is seen in this frame?"""
        if place.reported or not place.settled or place.probability < LIKELY:
            return False
        return self._rule(place, at, at - place.first_seen).outcome is not Outcome.PERMITTED

    def _asked(self, place: Place) -> int:
        """Return how many strong looks there were at a place."""
        return max(place.evidence.of(MODEL).looks, place.evidence.of(OBJECTS).looks)

    def _look_cheaply(self, frame: Frame, likeness: dict[str, float]) -> None:
        asked: dict[str, tuple[str, ...]] = {}
        stands: list[Proposal] = []
        if Task.STALLS in self.strong.tasks:
            asked[STALL] = (OCCUPANCY,)
            stands = [one for one in self.occupancy.standing() if self._scale.fits_stall(one.box)]
        same = {key for key, share in likeness.items() if share >= SAME}
        places = self.places.update(once(stands), frame.captured_at, (), asked, same)
        if not self._finders.everyday:  # else the frames of strong looks serve, in which it is known what hides what
            shown = [one for one in places if one.last_seen == frame.captured_at]
            self._album.keep(frame, shown, ())
            self._looked_at.keep(frame.image, frame.captured_at, shown)

    def _look_strongly(self, frame: Frame, tasks: Sequence[Task], likeness: dict[str, float]) -> None:
        self._strong_looks += 1
        at, stalls = frame.captured_at, Task.STALLS in tasks
        found = self._finders.look(frame.image, tasks, self._scale.horizon)
        objects, proposals = found.objects, list(found.proposals)
        asked: dict[str, tuple[str, ...]] = {}
        if Task.SIGNS in tasks:
            asked |= dict.fromkeys(self._finders.sign_kinds, (MODEL,))
        if Task.STALLS in self.strong.tasks:
            stands = self.occupancy.standing(objects if stalls and self._finders.everyday else None)
            proposals = self._stalls(proposals, stands, objects, frame.height)
            networks = ((MODEL, self._finders.stall_model), (OBJECTS, self._finders.everyday))
            asked[STALL] = (*(name for name, looks in networks if looks and stalls), OCCUPANCY)
        self._scale.learn(objects, frame.width, frame.height, at)
        passing = objects.of_class(*PEOPLE, *VEHICLES)
        hidden: list[Box] = [one.box for one in passing if one.confidence >= CLEAR]
        other = {one.key for one in self.places.all if likeness.get(one.key, 1.0) < OTHER}
        self.places.drop({one.key for one in self.places.all if one.key in other and one.probability < LIKELY})
        same = {key for key, share in likeness.items() if share >= SAME}
        places = self.places.update(once(proposals), at, hidden, asked, same)
        shown = [one for one in places if one.last_seen == at]
        if Task.SIGNS in tasks:
            self.strong.learn(Task.SIGNS, new=any(one.first_seen == at and one.kind != STALL for one in places))
        self._album.keep(frame, shown, hidden)
        self._looked_at.keep(frame.image, at, shown)
        self._keep_patches(shown, at)
        self._let_go(places)
        seen = tuple(SeenPlace(one.class_name, one.box, one.probability >= LIKELY) for one in shown)
        self.strong_look = StrongLook(self._looked_for(asked), seen, tuple(hidden))

    def _looked_for(self, asked: Mapping[str, Sequence[str]]) -> frozenset[str]:
        """Return the classes that a network was asked about: only that can tell that a thing is gone."""
        kinds = {kind for kind, finders in asked.items() if {MODEL, OBJECTS} & set(finders)}
        return frozenset(name for name, kind in self.kinds.items() if kind in kinds)

    def _stalls(
        self, proposals: list[Proposal], stands: list[Proposal], objects: Detections, height: int
    ) -> list[Proposal]:
        """Return the proposals with those of all finders of stalls merged, less what no stall can be by its size."""
        trained = [one for one in proposals if one.kind == STALL]
        everyday = merge(find_groups(objects), find_lone(objects, height))
        found = merge(merge(trained, stands), everyday)
        others = [one for one in proposals if one.kind != STALL]
        return others + [one for one in found if self._scale.fits_stall(one.box)]

    def _keep_patches(self, places: Sequence[Place], at: datetime) -> None:
        view = self.occupancy.view
        if view is None:
            return
        for place in places:
            if any(one.last == at for one in place.evidence.records):
                self._patches.keep(place.key, place.box, view.now, view.scale, view.shift)

    def _let_go(self, places: tuple[Place, ...]) -> None:
        """Drop places that turned out to be nothing, and the least likely ones where there are too many."""
        nothing = {one.key for one in places if self._asked(one) >= HEARD and one.probability < UNLIKELY}
        ranked = sorted(places, key=lambda one: -one.probability)
        self.places.drop(nothing | {one.key for one in ranked[MOST_PLACES:]})

    def _weigh_past(self, frame: Frame) -> tuple[Place, ...]:
        at = frame.captured_at + self.steps.ahead
        self.past.follow(at)
        return self.places.weigh_past(lambda place: self.past.weigh(place, at, frame.width, frame.height))

    def _judge(self, place: Place, frame: Frame) -> Candidate | None:
        """Return the place as a candidate, when there is something to say of it that has not been said."""
        at = frame.captured_at
        before = self._handed.get(place.key)
        if not place.settled or place.last_seen != at:
            return None
        if not place.reported and not self._sure(place):
            return None
        if before and at - place.first_seen > FRESH and at - before.at < timedelta(minutes=1):
            return None
        sighting = place.sighting(self.source)
        position = position_of(sighting.class_name, sighting.contact, self._locator, self._position, self._walls)
        ruling = self._rule(place, at if frame.timed else None, sighting.dwell)
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
        sighting, voices = replace(place.sighting(self.source, position), timed=frame.timed), self._voices(place)
        pictures = (*self._album.moments(place, frame), *self._emptied(place, frame))
        recording = self._recording.since(place.first_seen, self.steps.ahead)
        surest = self._looked_at.of(place.key)
        found = Candidate(sighting, ruling, evidence, box, voices, self._origin, surest, pictures, recording)
        return self.steps.by_the_clock(found)

    def _emptied(self, place: Place, frame: Frame) -> Iterator[MomentPicture]:
        """Yield the learned scene without the thing, where occupancy found it."""
        scene = self.occupancy.empty_scene() if place.evidence.of(OCCUPANCY).seen else None
        if scene is not None:
            yield picture_of(Moment.EMPTY, replace(frame, image=scene), scaled(place.boxes[-1], frame, scene))

    def _sure(self, place: Place) -> bool:
        """Is it likely enough, and was it seen often enough, where networks look at all?"""
        if place.kind == STALL and not self._finders.serves(Task.STALLS):
            return place.probability >= LIKELY
        said = place.evidence
        again = max(said.of(MODEL).seen, said.of(OBJECTS).seen) >= 2 or said.of(OCCUPANCY).seen > 0
        return place.probability >= LIKELY and self._asked(place) >= 2 and again

    def _rule(self, place: Place, at: datetime | None, dwell: timedelta) -> Ruling:
        sighting = place.sighting(self.source)
        position = position_of(sighting.class_name, sighting.contact, self._locator, self._position, self._walls)
        return self.rulebook.rule(
            class_name=sighting.class_name,
            at=None if at is None else at + self.steps.ahead,
            position=position,
            dwell=dwell,
            camera=self.source,
            image_point=sighting.contact,
            foot=foot_of(sighting.class_name, sighting.box, self._locator) if self.rulebook.landmarks else (),
        )

    def _voices(self, place: Place) -> tuple[ModelVersion, ...]:
        """Return the models that had a say."""
        voices = [model.identity for model in self._models if place.class_name in model.names]
        if place.kind == STALL and self._objects:
            voices.append(self._objects.identity)
        return tuple(dict.fromkeys(voices))

    def _longest_gap(self) -> timedelta:
        gaps = [self.rulebook.gap(name) for name in self.rulebook.classes]
        return max(gaps, default=timedelta(seconds=90)) or timedelta(seconds=90)
