"""What the states of a delivery are called on the pages."""

from typing import Final

from detector.reason import N_

DELIVERY_STATES: Final = {"pending": N_("On its way"), "delivered": N_("Delivered"), "dead": N_("Refused")}
CASE_STATUSES: Final = {
    "reported": N_("Reported"),
    "accepted": N_("Accepted"),
    "dispatched": N_("Dispatched"),
    "fixed": N_("Said to be fixed"),
    "checked": N_("Checked on the spot"),
    "closed": N_("Closed"),
    "refused": N_("Refused by the city"),
}
CASE_SOURCES: Final = {
    "callback": N_("the case system"),
    "poll": N_("the case system, when asked"),
    "desk": N_("the case desk"),
    "look": N_("a look at the place"),
}
CASE_RESULTS: Final = {
    "moved": N_("moved the case"),
    "outdated": N_("came too late, changed nothing"),
    "replayed": N_("known already"),
}
