"""What candidates are called on the pages: states, outcomes of the rules, and reasons to reject."""

from typing import Final

from detector.reason import N_

CANDIDATE_STATES: Final = {
    "open": N_("Open"),
    "confirmed": N_("Confirmed"),
    "rejected": N_("Rejected"),
    "expired": N_("Expired undecided"),
}
OUTCOMES: Final = {"violation": N_("Violation"), "permitted": N_("Permitted"), "unknown": N_("Cannot tell")}
FINDERS: Final = {"model": N_("trained model"), "objects": N_("everyday objects"), "occupancy": N_("occupied ground")}
REJECT_REASONS: Final = {
    "permitted": N_("It is permitted"),
    "not_a_stall": N_("Not a stall or an advert"),
    "moving_vendor": N_("Vendor passing by"),
    "in_shop": N_("Inside the shop line"),
    "duplicate": N_("Already reported"),
    "vehicle": N_("A parked vehicle"),
    "bad_position": N_("Wrong position"),
    "bad_picture": N_("Picture too poor"),
    "other": N_("Something else"),
}
EVIDENCE_KINDS: Final = {
    "scene": N_("Best view"),
    "crop": N_("Best view, enlarged"),
    "boxed": N_("Best view, marked"),
    "first": N_("First sighting"),
    "first_crop": N_("First sighting, enlarged"),
    "breach": N_("Rule broken"),
    "breach_crop": N_("Rule broken, enlarged"),
    "last": N_("Last sighting"),
    "last_crop": N_("Last sighting, enlarged"),
    "empty": N_("Empty scene, learned"),
    "empty_crop": N_("Empty scene, learned, enlarged"),
    "film": N_("Between"),
}
CLOCKS: Final = {
    "machine": N_("this machine's"),
    "footage": N_("the recording's"),
    "none": N_("the footage does not say"),
}
