"""What the states of a delivery, and of the case that follows from it, are called on the pages."""

from typing import Final

from detector.reason import N_

DELIVERY_STATES: Final = {"pending": N_("On its way"), "delivered": N_("Delivered"), "dead": N_("Refused")}

CASE_STATUSES: Final = {
    "reported": N_("Reported"),
    "accepted": N_("Accepted"),
    "dispatched": N_("Dispatched"),
    "fixed": N_("Fixed"),
    "checked": N_("Checked"),
    "closed": N_("Closed"),
    "refused": N_("Declined"),
}

STEP_FAULTS: Final = {
    "step-refused": N_("The case has moved on meanwhile, or cannot go there."),
    "photograph-refused": N_("This is no photograph that can be used: send JPEG, PNG or WebP of at most 16 MB."),
    "invalid-request": N_("A name or a reason is missing."),
}

EVENT_SOURCES: Final = {
    "callback": N_("said by the case system"),
    "poll": N_("asked of the case system"),
    "desk": N_("at the desk"),
    "look": N_("by a look at the place"),
}

CASE_RESULTS: Final = {
    "moved": N_("moved the case"),
    "outdated": N_("came too late, changed nothing"),
    "replayed": N_("known already"),
}
