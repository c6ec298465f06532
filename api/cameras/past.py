"""What the store knows of a camera's past, for its look: where it does not answer, what it last said holds."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from api.errors import ApiError
from detector.places.past_sightings import AskPast, PastSighting

log = logging.getLogger(__name__)

PastSince = Callable[[str, datetime], Sequence[PastSighting]]
"""What the store holds of a camera since a moment: raises ApiError where it does not answer."""


def known_past(camera: str, past: PastSince) -> AskPast:
    """Return what a look asks: the store, or what it said before while it is away."""
    said: tuple[PastSighting, ...] = ()

    def ask(since: datetime) -> Sequence[PastSighting]:
        nonlocal said
        try:
            said = tuple(past(camera, since))
        except ApiError as error:
            log.warning("camera %s: what was decided on it before is not known now: %s", camera, error)
        return said

    return ask
