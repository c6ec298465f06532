"""What the states of the rulebook's versions are called."""

from typing import Final

from detector.reason import N_

VERSION_STATES: Final = {
    "draft": N_("draft"),
    "coming": N_("coming"),
    "in_force": N_("in force"),
    "earlier": N_("earlier"),
}
