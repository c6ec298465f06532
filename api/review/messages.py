"""What the queue's lists and filters are called on the review page."""

from typing import Final

from detector.reason import N_

QUEUE_LISTS: Final = {"waiting": N_("To review"), "parked": N_("Parked"), "escalated": N_("Escalated")}
FILTERS: Final = {
    "list": N_("List"),
    "district": N_("District"),
    "camera": N_("Camera"),
    "class": N_("Class"),
    "rule": N_("Rule"),
    "hours": N_("Waiting for at least"),
}
ANY: Final = N_("any")
