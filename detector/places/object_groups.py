"""Everyday objects that stay together: a parasol over a table, chairs around it, goods beside it.

A detector trained on everyday things knows no stall, but it knows what stalls are made of. It sees them from the
first frame on, also where occupancy cannot: what stood there already when the empty scene was learned.
"""

import numpy as np

from detector.places.place_evidence import OBJECTS, Support, log_odds_of
from detector.places.proposal import STALL, Proposal, groups_of, hull_of
from detector.vision.boxes import as_array, overlap
from detector.vision.detections import Box, Detections

COVERS = ("umbrella",)
FURNITURE = ("dining table", "bench", "chair")
GOODS = ("potted plant", "handbag", "suitcase", "bottle")
EVIDENCE = (*COVERS, *FURNITURE, *GOODS)

SURE = 0.35
"""Confidence from which on an object counts."""

LONE = {"umbrella": 0.12, "dining table": 0.25}
"""Confidence from which on a cover or a table counts alone. One look at it says little: a walker carries an umbrella
too. Seen at the same place for minutes it is nobody's on the way."""

EVEN = 0.1
"""Score of a lone object at which it says neither yes nor no, when it is seen in every look."""

BELOW = 1.1
"""How far a parasol's stall reaches down from the parasol's top, in widths of the parasol: as high as a person can
stand under it, some 2.2 m, and 2 m wide."""

RIDDEN = ("motorcycle", "bicycle")


def find_groups(seen: Detections) -> list[Proposal]:
    """Return groups of such objects that look like a stall, as proposals of class `stall`, pixels of the full picture.

    A group needs two objects, one of them a cover or furniture; a lone chair, bench or handbag is no stall. For a
    parasol alone, which may be one that a walker carries, see `find_lone`.
    """
    things = [one for one in seen if one.class_name in EVIDENCE and one.confidence >= SURE]
    found = []
    for group in groups_of([one.box for one in things], _together):
        names = [things[index].class_name for index in group]
        solid = [name for name in names if name in (*COVERS, *FURNITURE)]
        if len(group) < 2 or not solid or set(names) <= {"chair", "bench"}:
            continue
        box = hull_of(things[index].box for index in group)
        doubt = float(np.prod([1 - things[index].confidence for index in group]))
        support = Support(OBJECTS, 1 - doubt, log_odds_of(1 - doubt, EVEN, -1.0, 2.5))
        found.append(Proposal(STALL, STALL, box, 0.5 * (1 - doubt), OBJECTS, (support,)))
    return found


def find_lone(seen: Detections, height: int) -> list[Proposal]:
    """Lone parasols and tables as proposals of class `stall`, in a picture of `height` pixels.

    A parasol stands over something: its proposal reaches down to the ground. One over a motorcycle or a bicycle is its
    rider's.
    """
    found = []
    for one in seen.of_class(*LONE):
        if one.confidence < LONE[one.class_name]:
            continue
        box = one.box
        if one.class_name == "umbrella":
            x1, y1, x2, y2 = one.box
            box = (x1, y1, x2, min(float(height), max(y2, y1 + BELOW * (x2 - x1))))
            if _ridden(box, seen):
                continue
        support = Support(OBJECTS, one.confidence, log_odds_of(one.confidence, EVEN, -1.0, 2.5))
        found.append(Proposal(STALL, STALL, box, 0.5 * one.confidence, OBJECTS, (support,)))
    return found


def _ridden(box: Box, seen: Detections) -> bool:
    """Is most of a motorcycle or a bicycle under it?"""
    vehicles = seen.of_class(*RIDDEN)
    vehicles = vehicles[vehicles.scores >= SURE]
    _, inside, _ = overlap(np.asarray(vehicles.boxes, np.float64), as_array([box]))
    return bool(inside.max(initial=0.0) >= 0.5)


def _together(a: Box, b: Box) -> bool:
    """Do two boxes touch, or nearly: closer than half the smaller one's longer side?"""
    reach = 0.5 * min(max(a[2] - a[0], a[3] - a[1]), max(b[2] - b[0], b[3] - b[1]))
    apart_x = max(a[0], b[0]) - min(a[2], b[2])
    apart_y = max(a[1], b[1]) - min(a[3], b[3])
    return apart_x <= reach and apart_y <= reach
