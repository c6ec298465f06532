"""What candidates are called on the pages: states, outcomes of the rules, and reasons to reject."""

from typing import Final

from detector.reason import N_

CANDIDATE_STATES: Final = {"open": N_("Open"), "confirmed": N_("Confirmed"), "rejected": N_("Rejected")}
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
