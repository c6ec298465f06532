"""Something stands where the empty scene has nothing, whatever it is, and it is no vehicle, no walker and no shadow.

For one fixed camera whose frames come every few seconds. Three layers are kept of the small picture: the *empty
scene*, the *standing* layer (what has lately been there instead, and for how many seconds), and where vehicles and
people have lately been seen. A pixel belongs to a standing thing when it differs from the empty scene and has
resembled itself for long enough, passing things forgiven. Regions of such pixels become proposals unless they are a
vehicle, people alone, a thin band (a shadow's edge), or a place that something has *left*.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.places.empty_scene import (
    Appearance,
    ColourCast,
    Map,
    blend,
    blend_part,
    colour_change,
    common_cast,
    describe,
    find_shift,
    median_of,
    move,
    picture_of,
    shrink,
    structure_change,
    unlikeness,
)
from detector.places.place_evidence import OCCUPANCY, Support
from detector.places.proposal import STALL, Proposal
from detector.places.regions import Region, extent, find_regions, join_parts, large_enough, leaning, only_light
from detector.places.scene_snapshot import pack, unpack
from detector.vision.detections import Box, Detections
from detector.vision.frame import Image

Mask = NDArray[np.bool_]

WIDTH = 480
"""Pixels that the picture is looked at in: a stall 100 pixels wide in 1080p is 25 here."""

VEHICLES = ("bicycle", "motorcycle", "car", "bus", "truck")
PEOPLE = ("person",)

LEARN_LOOKS = 7
LEARN_EVERY = 3.0
"""The empty scene is first taken from so many looks at least so many seconds apart: what passes by falls out."""

STANDS = 20.0
"""Seconds that a change must have resembled itself to be a standing thing."""

LONGEST = 90.0
"""Seconds of standing that are remembered: what leaves is let go within half of it."""

CHANGED = 0.5
"""Structure change (0 to 1) from which on two looks differ."""

PAUSE = timedelta(minutes=2)
"""After so long without a frame all shadows are elsewhere: what differs is learned anew, but where something stands."""

MOVES = 0.15
"""Difference of log light between two looks from which on something moves there."""

LEARN_CALM = 15.0
"""Seconds between two steps in which the empty scene follows the light."""

LOOKS_STEADY = 4
"""A camera that has not moved for so many looks is asked again after as many: to find a shift costs 0.6 ms."""

LEARNS = 0.5
"""How much of what is known of vehicles and people one look of a detector decides."""

LEANS, LEANS_MOST = 0.3, 1.0
"""What a standing thing's leaning is worth as evidence, in log odds."""

SETTLED, GONE = 3.5, -2.5
"""Sum of leanings from which on it is settled that something came, or left: two looks that are sure, or more that are
less so. Once it is settled that it came, its leaving shows by the empty scene coming back."""


@dataclass(slots=True)
class _State:
    """Everything that changes from frame to frame, in one place."""

    at: datetime
    empty: Appearance
    noise: Map
    standing: Appearance
    seconds: Map
    vehicles: Map
    people: Map
    leanings: Map
    changed: Mask
    last: Map
    looks: int = 0
    shaking: int = 0  # looks for which the camera is still taken to shake
    unlearned: float = 0.0  # seconds since the empty scene last followed
    cast: ColourCast = field(default_factory=ColourCast)
    paused: bool = False


@dataclass(frozen=True, slots=True)
class SmallView:
    """The small picture of the frame last taken in, steadied: `scale` pixels of the full picture for one of its own,
    and by how many of its own (x, y) the camera was off."""

    now: Appearance
    scale: float
    shift: tuple[float, float]


class Occupancy:
    """Finds what stands in one fixed camera's view. One frame at a time, in order of capture."""

    def __init__(self) -> None:
        self._looks: list[Appearance] = []
        self._last_look: datetime | None = None
        self._size: tuple[int, int] | None = None
        self._state: _State | None = None
        self._found: list[tuple[Region, float]] = []
        self._shown: Mask = np.zeros((1, 1), np.bool_)
        self.view: SmallView | None = None
        self.relearned = False
        """Whether with the frame last taken in the scene was learned anew, after a change of light or a pause."""

    @property
    def ready(self) -> bool:
        """Has the empty scene been learned?"""
        return self._state is not None

    def empty_scene(self) -> Image | None:
        """Return the learned empty scene as a BGR picture, 480 pixels wide at most; None while it is being learned."""
        return picture_of(self._state.empty) if self._state else None

    def snapshot(self) -> bytes | None:
        """Return the empty scene, for `restore` after a restart; None while it is being learned."""
        return pack(self._state.empty, self._state.noise) if self._state else None

    def restore(self, snapshot: bytes, at: datetime) -> None:
        """Take up the empty scene of an earlier run, so that what stands there now is seen to stand.

        Raises:
            DetectorError: the bytes are no snapshot of an empty scene.
        """
        empty, noise = unpack(snapshot)
        self._state = self._start(empty, noise, empty, at)

    def restart(self) -> None:
        """Forget everything: the camera looks elsewhere."""
        self.__init__()  # type: ignore[misc]  # the constructor is the one list of what there is to forget

    def look(self, image: Image, at: datetime, seen: Detections | None = None) -> list[Proposal]:
        """Return what stands in this frame, as proposals of class `stall` in pixels of the full picture.

        `image` is BGR (height, width, 3); `seen` are the vehicles and people that a detector saw in it, None where none
        looked: then what is known of them from earlier looks holds.
        """
        self.update(image, at)
        return self.standing(seen)

    def update(self, image: Image, at: datetime) -> None:
        """Take in one frame: what differs from the empty scene, and since when."""
        size = (image.shape[1], image.shape[0])
        if self._size not in (None, size):
            self.restart()
        self._size = size
        small = shrink(image, WIDTH)
        if self._state is not None and self._state.seconds.shape != small.shape[:2]:
            self.restart()  # a kept scene of another picture size
            self._size = size
        self._found = []
        self.relearned = False
        scale = size[0] / small.shape[1]
        if self._state is None:
            self.view = SmallView(describe(small), scale, (0.0, 0.0))
            self._learn(self.view.now, at)
        else:
            self._judge(self._state, small, scale, at)

    def standing(self, seen: Detections | None = None) -> list[Proposal]:
        """Return what stands in the last frame, less what `seen` or earlier looks show to be vehicles or people."""
        state, view = self._state, self.view
        if state is None or view is None:
            return []
        if seen is not None:
            for memory, names in ((state.vehicles, VEHICLES), (state.people, PEOPLE)):
                _remember(memory, self._shown, _cover(seen.of_class(*names), memory.shape, view))
        unknown = [(region, lean) for region, lean in self._found if not _is_known(state, region)]
        things = join_parts([region for region, _ in unknown])
        height, width = state.seconds.shape
        full = (width * view.scale, height * view.scale)
        surest = max((lean for _, lean in unknown), default=0.0)
        return [_proposal(box, score, surest, view, full) for box, score in things if large_enough(box, self._shown)]

    def _learn(self, now: Appearance, at: datetime) -> None:
        if self._last_look is not None and (at - self._last_look).total_seconds() < LEARN_EVERY:
            return
        self._last_look = at
        self._looks.append(now)
        if len(self._looks) < LEARN_LOOKS:
            return
        empty = median_of(self._looks)
        spread = np.median([(one.contrast - empty.contrast) ** 2 for one in self._looks], axis=0).astype(np.float32)
        self._state = self._start(empty, np.asarray(cv2.blur(spread, (5, 5)), np.float32), now, at)
        self._looks = []

    @staticmethod
    def _start(empty: Appearance, noise: Map, standing: Appearance, at: datetime) -> _State:
        nothing = np.zeros_like(empty.light)
        return _State(
            at=at,
            empty=empty,
            noise=noise,
            standing=blend(standing, standing, nothing),  # a copy: it is changed in place
            seconds=nothing.copy(),
            vehicles=nothing.copy(),
            people=nothing.copy(),
            leanings=nothing.copy(),
            changed=nothing > 0,
            last=standing.light,
        )

    def _judge(self, state: _State, small: Image, scale: float, at: datetime) -> None:
        if at - state.at > PAUSE:
            self._looks, state.paused = [], True
        # A long pause shows nothing of what happened in it.
        elapsed = min(max((at - state.at).total_seconds(), 0.0), 15.0)
        state.at = at
        state.looks += 1
        if state.shaking or state.looks % LOOKS_STEADY == 0:
            self.view = _steadied(small, state.empty, scale)
            state.shaking = LOOKS_STEADY if self.view.shift != (0.0, 0.0) else max(0, state.shaking - 1)
        else:
            self.view = SmallView(describe(small), scale, (0.0, 0.0))
        view = self.view
        shift = view.shift
        edge = int(np.ceil(max(abs(shift[0]), abs(shift[1])))) + 6 if shift != (0.0, 0.0) else 0
        self._shown = shown = self._weigh(state, view.now, elapsed, edge)
        stands = state.seconds >= STANDS
        state.leanings[~stands] = 0
        for region in find_regions(stands):
            if shown[region.mask].mean() < 0.3:  # hidden just now, or gone: nothing can be told of it
                continue
            lean = float(state.leanings[region.mask].mean())
            if lean < SETTLED:
                state.leanings[region.mask] += np.float32(leaning(region, view.now, state.empty, stands))
                lean = float(state.leanings[region.mask].mean())
            if lean < GONE:
                self._accept(state, region, view.now)
            elif lean > 0 and not only_light(region, view.now, state.empty, state.cast):
                self._found.append((region, lean))
        np.clip(state.leanings, -4, 4, out=state.leanings)

    def _weigh(self, state: _State, now: Appearance, elapsed: float, edge: int) -> Mask:
        """Move each pixel's clock and layers by one look; where the standing layer itself was seen in it."""
        passing = cv2.absdiff(now.light, state.last) > MOVES
        state.last = now.light
        state.cast = cast = common_cast(now, state.empty)
        from_empty = _change(now, state.empty, state.noise, cast)
        if edge:  # what moved into the picture with the camera was not there to be learned
            from_empty[:edge] = from_empty[-edge:] = from_empty[:, :edge] = from_empty[:, -edge:] = 0
        part = extent((from_empty >= 1) | (state.seconds > 0), 16)
        from_standing = np.full_like(from_empty, np.inf)
        from_standing[part] = _change(now.cut(*part), state.standing.cut(*part), state.noise[part], cast)
        known = state.seconds >= STANDS
        state.changed = np.asarray(from_empty >= 1, np.bool_)
        like_empty = (from_empty < 1) & ~(known & (from_standing < from_empty))
        like_standing = ~like_empty & (from_standing < 1)
        strange = ~like_empty & ~like_standing
        if state.paused or np.count_nonzero(~like_empty & ~known) > 0.3 * known.size:
            self._bear_upheaval(state, now)
            return np.zeros_like(known)
        self._looks = []
        other = np.where(known, np.float32(-0.25 * elapsed), np.float32(-elapsed))
        other[like_standing] = elapsed
        other[like_empty] = -2 * elapsed
        state.seconds = np.clip(state.seconds + other, 0, LONGEST)
        fresh = strange & (state.seconds <= 0)
        share = fresh.astype(np.float32)
        share[like_standing] = 0.1
        blend_part(state.standing, now, share, extent(~like_empty, 16))
        self._learn_calm(state, now, elapsed, ~like_empty, passing)
        for memory in (state.vehicles, state.people):
            memory[fresh] = 0
        return np.asarray(like_standing | fresh, np.bool_)

    @staticmethod
    def _learn_calm(state: _State, now: Appearance, elapsed: float, strange: Mask, passing: Mask) -> None:
        """Let the empty scene and its noise follow where nothing stands and nobody passes, every few looks."""
        state.unlearned += elapsed
        if state.unlearned < LEARN_CALM:
            return
        elapsed, state.unlearned = state.unlearned, 0.0
        # Close to what differs, and where somebody passes, the scene is not seen clean: the insides of a dark, plain
        # coat agree with plain asphalt. And no single look may move it far.
        disturbed = cv2.dilate((strange | passing).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        calm = (~disturbed & (state.seconds <= 0)).astype(np.float32)
        state.empty = blend(state.empty, now, calm * np.float32(1 - np.exp(-elapsed / 90)), most=0.004 * elapsed)
        error = cv2.blur((now.contrast - state.empty.contrast) ** 2, (5, 5))
        restless = (~passing & (state.seconds < STANDS)).astype(np.float32)
        share = restless * np.float32(1 - 0.97 ** (elapsed / 5))
        state.noise += share * (np.minimum(error, 4 * state.noise + 1e-4) - state.noise)

    def _bear_upheaval(self, state: _State, now: Appearance) -> None:
        """Too much has changed at once for things that came (the light, or a lorry before the lens), or nobody looked.

        Clocks stand still. When it lasts, the empty scene is learned anew, but not where something stands: that is
        still known by its own looks.
        """
        self._looks.append(now)
        if len(self._looks) < LEARN_LOOKS:
            return
        bare = (state.seconds < STANDS).astype(np.float32)
        state.empty = blend(state.empty, median_of(self._looks), bare)
        state.seconds *= 1 - bare
        state.paused, self.relearned = False, True
        self._looks = []

    def _accept(self, state: _State, region: Region, now: Appearance) -> None:
        """Something has left here: what shows now is the empty scene, and so is what else changed close by and did not
        come: a thing leaves in pieces, as the eye sees it."""
        mask = region.mask.astype(np.uint8)
        near = cv2.dilate(mask, np.ones((41, 41), np.uint8)) > 0
        gone = (cv2.dilate(mask, np.ones((7, 7), np.uint8)) > 0) | (near & state.changed & (state.leanings <= 0))
        state.empty = blend(state.empty, now, gone.astype(np.float32))
        state.seconds[gone] = 0


def _change(now: Appearance, before: Appearance, noise: Map, cast: ColourCast) -> Map:
    """Return how far a picture is from another in structure or colours; 1 is the limit."""
    structure = structure_change(now, before, noise) / np.float32(CHANGED)
    return np.asarray(np.maximum(structure, colour_change(now, before, cast)), np.float32)


def _steadied(small: Image, empty: Appearance, scale: float) -> SmallView:
    """Return the small picture described, shifted back where that explains it better."""
    now = describe(small)
    shift = find_shift(now, empty)
    if shift != (0.0, 0.0):
        moved = describe(move(small, shift))
        if unlikeness(moved, empty) < 0.9 * unlikeness(now, empty):
            return SmallView(moved, scale, shift)
    return SmallView(now, scale, (0.0, 0.0))


def _cover(seen: Detections, shape: tuple[int, ...], view: SmallView) -> Map:
    """Return where such things are seen in this frame, and how surely, 0 to 1."""
    cover = np.zeros(shape, np.float32)
    boxes = seen.boxes / view.scale - np.array([*view.shift, *view.shift], np.float32)
    for (x1, y1, x2, y2), score in zip(boxes.tolist(), seen.scores.tolist(), strict=True):
        part = cover[max(0, int(y1)) : int(np.ceil(y2)), max(0, int(x1)) : int(np.ceil(x2))]
        np.maximum(part, min(1.0, max(0.0, (score - 0.1) / 0.4)), out=part)
    return cover


def _remember(memory: Map, shown: Mask, cover: Map) -> None:
    """Was such a thing seen where the standing thing shows? What passes in front of it says nothing of it."""
    memory += shown * np.float32(LEARNS) * (cover - memory)


def _is_known(state: _State, region: Region) -> bool:
    """Return a vehicle, or people alone."""
    vehicle = (state.vehicles[region.mask] > 0.3).mean()
    either = (np.maximum(state.people, state.vehicles)[region.mask] > 0.3).mean()
    return bool(vehicle > 0.6 or either > 0.75)


def _proposal(box: Box, score: float, lean: float, view: SmallView, full: tuple[float, float]) -> Proposal:
    x1, y1, x2, y2 = ((side + view.shift[i % 2]) * view.scale for i, side in enumerate(box))
    inside: Box = (max(0.0, x1), max(0.0, y1), min(full[0], x2), min(full[1], y2))
    support = Support(OCCUPANCY, score, min(LEANS_MOST, LEANS * lean))
    return Proposal(STALL, STALL, inside, score, OCCUPANCY, (support,))
