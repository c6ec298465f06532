"""Everyday objects that stay together: a parasol over a table, chairs around it, goods beside it.

A detector trained on everyday things knows no stall, but it knows what stalls are made of. It sees them from the
first frame on, also where occupancy cannot: what stood there already when the empty scene was learned.
"""

import numpy as np

from detector.places.proposal import STALL, Proposal, groups_of, hull_of
from detector.vision.detections import Box, Detections

COVERS = ("umbrella",)
FURNITURE = ("dining table", "bench", "chair")
GOODS = ("potted plant", "handbag", "suitcase", "bottle")
EVIDENCE = (*COVERS, *FURNITURE, *GOODS)

SURE = 0.35
"""Confidence from which on an object counts."""


def find_groups(seen: Detections) -> list[Proposal]:
    """Groups of such objects that look like a stall, as proposals of class `stall`, pixels of the full picture.

    A group needs two objects, one of them a cover or furniture; a lone chair, bench or handbag is no stall, and neither
    is a parasol alone, which may be one that a walker carries.
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
        found.append(Proposal(STALL, STALL, box, 0.5 * (1 - doubt), "objects"))
    return found


def _together(a: Box, b: Box) -> bool:
    """Do two boxes touch, or nearly: closer than half the smaller one's longer side?"""
    reach = 0.5 * min(max(a[2] - a[0], a[3] - a[1]), max(b[2] - b[0], b[3] - b[1]))
    apart_x = max(a[0], b[0]) - min(a[2], b[2])
    apart_y = max(a[1], b[1]) - min(a[3], b[3])
    return apart_x <= reach and apart_y <= reach
