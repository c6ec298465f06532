"""Several finders on one thing: their proposals made one."""

import numpy as np

from detector.places.proposal import STALL, Proposal, hull
from detector.vision.boxes import as_array, overlap


def once(proposals: list[Proposal]) -> list[Proposal]:
    """Return each proposal once, the surest first."""
    return sorted(dict.fromkeys(proposals), key=lambda one: -one.confidence)


def merge(stands: list[Proposal], groups: list[Proposal]) -> list[Proposal]:
    """Return two finders on one thing: their common box, what both say, and more confidence than either has alone."""
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
        known = {support.finder: support for support in group.support}
        for support in one.support:  # the surer word of each finder
            other = known.get(support.finder)
            known[support.finder] = support if other is None or support.log_odds >= other.log_odds else other
        merged[index] = Proposal(STALL, STALL, hull(one.box, group.box), sure, one.found_by, tuple(known.values()))
    return merged
