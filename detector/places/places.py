"""Identity by place: things that stand still are told apart by where they stand, not by a tracker's number.

A fixed camera shows a standing thing at the same spot of the picture for as long as it stands. So a place lives as long
as something of its kind is seen there, gaps forgiven, and its clock runs from capture time to capture time. One static
stall, hidden by traffic now and then, thus stays one place for hours.
"""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from detector.geometry.ground import GroundPoint
from detector.places.place_evidence import OCCUPANCY, Evidence
from detector.places.proposal import STALL, Proposal, hull
from detector.places.sighting import Sighting
from detector.vision.boxes import as_array, overlap
from detector.vision.detections import Box

MEMORY = 31
"""Boxes that the running median is taken over: a minute or two of key frames."""

LOOKS = 5
"""The last looks that decide whether a place is more than a flicker."""

UNWATCHED = timedelta(minutes=30)
"""How long a reported place is remembered while nobody can see it: a restart, an outage, a lorry parked in front."""

_NAMESPACE = uuid.UUID("5d1c1f0a-3f0c-5a57-9b64-7c8f3b1c7a11")


@dataclass(frozen=True, slots=True)
class Place:
    """One thing at one place of one camera's picture, as far as it has been seen."""

    key: str
    kind: str
    votes: tuple[tuple[str, float], ...]
    boxes: tuple[Box, ...]
    looks: tuple[bool, ...]
    confidence: float
    found_by: str
    first_seen: datetime
    last_seen: datetime
    frames: int = 1
    settled: bool = False
    reported: bool = False
    missed_since: datetime | None = None
    evidence: Evidence = field(default=Evidence())
    past: float = 0.0
    """Log odds that what was here before takes from it (`past_sightings.py`)."""

    @property
    def probability(self) -> float:
        """Return how likely it is what it is taken for, by all that was said of it, 0 to 1."""
        return self.evidence.probability((self.last_seen - self.first_seen).total_seconds(), self.past)

    @property
    def class_name(self) -> str:
        return max(self.votes, key=lambda vote: vote[1])[0]

    @property
    def box(self) -> Box:
        """Return the running median of what was seen, pixels of the full picture."""
        x1, y1, x2, y2 = np.median(np.array(self.boxes), axis=0).tolist()
        return x1, y1, x2, y2

    def sighting(self, source: str, position: GroundPoint | None = None) -> Sighting:
        return Sighting(
            key=self.key,
            source=source,
            class_name=self.class_name,
            box=self.box,
            confidence=self.probability if self.evidence.records else self.confidence,
            first_seen=self.first_seen,
            last_seen=self.last_seen,
            frames=self.frames,
            found_by=self.found_by,
            position=position,
            evidence=self.evidence,
        )


class Places:
    """The places of one camera. `gap` is how long a thing may be out of sight and still have stood there.

    `slow_gap` is the same for what is looked for at a slow beat only (signs), where it is longer.
    """

    def __init__(self, source: str, gap: timedelta = timedelta(seconds=90), slow_gap: timedelta = timedelta(0)) -> None:
        self.source = source
        self.gap = gap
        self.slow_gap = max(gap, slow_gap)
        self._places: tuple[Place, ...] = ()
        self._now: datetime | None = None

    @property
    def all(self) -> tuple[Place, ...]:
        return self._places

    def update(
        self,
        proposals: Sequence[Proposal],
        at: datetime,
        hidden: Sequence[Box] = (),
        asked: Mapping[str, Sequence[str]] | None = None,
        unchanged: Collection[str] = (),
    ) -> tuple[Place, ...]:
        """Take in one frame's proposals; the places that live after it.

        `at` is the frame's capture time, timezone-aware; a frame older than the last is ignored, and a clock that was
        set back by more than a minute starts all places anew. `hidden` are boxes of passing things: behind them a place
        cannot be seen, which is no sign that it is empty.

        `asked` names for each kind the finders that looked in this frame; a kind that is not in it was not looked for
        (without it, every kind was, and no finder's silence counts). `unchanged` are keys of places that look as they
        did when the thing was last seen there.
        """
        if self._now is not None and at <= self._now:
            if self._now - at <= timedelta(minutes=1):
                return self._places
            self._places = ()
        self._now = at
        covering = as_array(hidden)
        kinds = sorted({place.kind for place in self._places} | {proposal.kind for proposal in proposals})
        kept: list[Place] = []
        for kind in kinds:
            mine = [place for place in self._places if place.kind == kind]
            if asked is not None and kind not in asked:
                kept += [place for place in mine if at - place.last_seen <= self._gap_of(place)]
                continue
            finders = () if asked is None else tuple(asked[kind])
            one_kind = [one for one in proposals if one.kind == kind]
            kept += self._update_kind(mine, one_kind, at, covering, finders, unchanged)
        self._places = tuple(kept)
        return self._places

    def drop(self, keys: Collection[str]) -> None:
        """Let go of places that turned out to be nothing; one that was handed on stays."""
        self._places = tuple(one for one in self._places if one.reported or one.key not in keys)

    def weigh_past(self, weigh: Callable[[Place], float]) -> tuple[Place, ...]:
        """Let what was here before count at each place that has not been handed on; the places after it."""
        self._places = tuple(_with_past(one, weigh) for one in self._places)
        return self._places

    def report(self, key: str) -> None:
        """Remember that the place was handed on: from now on it is kept through outages, and never doubled."""
        self._places = tuple(replace(one, reported=True) if one.key == key else one for one in self._places)

    def forget(self) -> None:
        """Drop every place: the camera looks elsewhere now."""
        self._places = ()

    def take_up(self, places: Sequence[Place]) -> None:
        """Take up places of an earlier run; one that is known stays as it is."""
        known = {place.key for place in self._places}
        self._places += tuple(place for place in places if place.key not in known)

    def _gap_of(self, place: Place) -> timedelta:
        if place.reported:
            return UNWATCHED
        return self.gap if place.kind == STALL else self.slow_gap

    def _update_kind(
        self,
        places: list[Place],
        proposals: list[Proposal],
        at: datetime,
        covering: NDArray[np.float64],
        finders: tuple[str, ...],
        unchanged: Collection[str],
    ) -> list[Place]:
        if any(one.kind == STALL for one in proposals):
            proposals = _gather([place.box for place in places], proposals)
        matched, absorbed = _match([place.box for place in places], proposals)
        kept: list[Place] = []
        for index, place in enumerate(places):
            if index in matched:
                proposal = proposals[matched[index]]
                broken = at - place.last_seen > self._gap_of(place) and not place.reported
                kept.append(
                    self._open(proposal, at, finders)
                    if broken
                    else _heard(_seen(place, proposal, at), proposal, finders)
                )
            elif index in absorbed:  # behind or within something larger of its kind that is seen
                kept.append(_touch(place, at))
            elif place.key in unchanged:  # it stands there still, whether or not a finder saw it
                kept.append(_touch(_unheard(place, at, covering, finders), at))
            else:
                missed = self._missed(_unheard(place, at, covering, finders), at, covering)
                if missed is not None:
                    kept.append(missed)
        taken = set(matched.values())
        return kept + [self._open(one, at, finders) for index, one in enumerate(proposals) if index not in taken]

    def _open(self, proposal: Proposal, at: datetime, finders: tuple[str, ...] = ()) -> Place:
        spot = ",".join(str(round(side)) for side in proposal.box)
        place = Place(
            key=str(uuid.uuid5(_NAMESPACE, f"{self.source}|{at.isoformat()}|{proposal.kind}|{spot}")),
            kind=proposal.kind,
            votes=((proposal.class_name, proposal.confidence),),
            boxes=(proposal.box,),
            looks=(True,),
            confidence=proposal.confidence,
            found_by=proposal.found_by,
            first_seen=at,
            last_seen=at,
        )
        return _heard(place, proposal, finders)

    def _missed(self, place: Place, at: datetime, covering: NDArray[np.float64]) -> Place | None:
        """Return the place after a frame that does not show it; None when it has ended."""
        if not place.reported:
            if at - place.last_seen > self._gap_of(place):
                return None
            return replace(place, looks=(*place.looks, False)[-LOOKS:])
        if at - place.last_seen > UNWATCHED:
            return None
        _, inside, _ = overlap(as_array([place.box]), covering)
        if inside.max(initial=0.0) >= 0.5:
            return replace(place, missed_since=None)
        since = place.missed_since or at
        return None if at - since > self.gap else replace(place, missed_since=since)


def handed_on(sighting: Sighting, kind: str) -> Place:
    """Return the place of a thing that was handed on in an earlier run, as far as the sighting tells."""
    return Place(
        key=sighting.key,
        kind=kind,
        votes=((sighting.class_name, sighting.confidence),),
        boxes=(sighting.box,),
        looks=(True,),
        confidence=sighting.confidence,
        found_by=sighting.found_by,
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        frames=sighting.frames,
        settled=True,
        reported=True,
    )


def is_same_place(one: Box, other: Box, *, stall: bool) -> bool:
    """Return whether two boxes of one class in one camera's picture show the same thing."""
    matched, _ = _match([one], [Proposal(STALL if stall else "", STALL if stall else "", other, 1.0, "")])
    return bool(matched)


def fits(places: NDArray[np.float64], others: NDArray[np.float64], pieces: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(places, others): whether two boxes may show one thing; of what comes in `pieces`, one may be a part of it."""
    iou, place_inside, other_inside = overlap(places, others)
    ratio = place_inside / np.maximum(other_inside, 1e-9)  # area of the other over area of the place
    part = (np.maximum(place_inside, other_inside) >= 0.7) & (ratio >= 0.1) & (ratio <= 5)
    return np.asarray((iou >= 0.3) | (part & pieces), np.bool_)


def _gather(places: list[Box], proposals: list[Proposal]) -> list[Proposal]:
    """Pieces that lie within one known place become one proposal: a finder without a model sees things in pieces."""
    iou, _, inside = overlap(as_array(places), as_array([one.box for one in proposals]))
    fit = np.where(inside >= 0.7, iou, 0)
    gathered: dict[int, Proposal] = {}
    rest: list[Proposal] = []
    for index, proposal in enumerate(proposals):
        home = int(fit[:, index].argmax()) if len(places) else -1
        if home < 0 or fit[home, index] == 0:
            rest.append(proposal)
            continue
        known = gathered.get(home, proposal)
        surest = max(known, proposal, key=lambda one: one.confidence)
        gathered[home] = replace(surest, box=hull(known.box, proposal.box))
    return rest + list(gathered.values())


def _match(places: list[Box], proposals: list[Proposal]) -> tuple[dict[int, int], set[int]]:
    """Match one to one, place -> proposal.

    And the places that a larger thing without a model's outline has swallowed.
    """
    boxes, others = as_array(places), as_array([one.box for one in proposals])
    iou, place_inside, _ = overlap(boxes, others)
    pieces = np.array([one.kind == STALL for one in proposals], np.bool_)
    score = np.where(fits(boxes, others, pieces), iou, 0)
    matched: dict[int, int] = {}
    while score.size and score.max() > 0:
        place, proposal = np.unravel_index(int(score.argmax()), score.shape)
        matched[int(place)] = int(proposal)
        score[place, :] = 0
        score[:, proposal] = 0
    swallowed = np.flatnonzero(np.any((place_inside >= 0.7) & pieces, axis=1))
    return matched, set(swallowed.tolist())


def _seen(place: Place, proposal: Proposal, at: datetime) -> Place:
    votes = dict(place.votes)
    votes[proposal.class_name] = votes.get(proposal.class_name, 0.0) + proposal.confidence
    return replace(
        _touch(place, at),
        votes=tuple(votes.items()),
        boxes=(*place.boxes, proposal.box)[-MEMORY:],
        confidence=max(place.confidence, proposal.confidence),
    )


def _heard(place: Place, proposal: Proposal, finders: tuple[str, ...]) -> Place:
    """With what each finder that was asked says of it in this look."""
    said = {one.finder: one for one in proposal.support}
    evidence = place.evidence
    for finder in dict.fromkeys((*finders, *said)):
        if finder in said or finder != OCCUPANCY:
            evidence = evidence.heard(finder, said.get(finder), place.last_seen)
    return replace(place, evidence=evidence)


def _unheard(place: Place, at: datetime, covering: NDArray[np.float64], finders: tuple[str, ...]) -> Place:
    """No finder that was asked sees it; that counts unless something hides it."""
    asked = [finder for finder in finders if finder != OCCUPANCY]
    _, inside, _ = overlap(as_array([place.box]), covering)
    if not asked or inside.max(initial=0.0) >= 0.5:
        return place
    evidence = place.evidence
    for finder in asked:
        evidence = evidence.heard(finder, None, at)
    return replace(place, evidence=evidence)


def _with_past(place: Place, weigh: Callable[[Place], float]) -> Place:
    past = place.past if place.reported else weigh(place)
    return place if past == place.past else replace(place, past=past)


def _touch(place: Place, at: datetime) -> Place:
    """Seen, but as a part of something larger: the clock runs on, the box stays."""
    looks = (*place.looks, True)[-LOOKS:]
    settled = place.settled or sum(looks) >= 3
    return replace(place, last_seen=at, frames=place.frames + 1, looks=looks, settled=settled, missed_since=None)
