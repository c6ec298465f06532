"""What frames to label are called on the pages."""

from typing import Final

from detector.reason import N_

FRAME_STATES: Final = {"open": N_("To label"), "complete": N_("Complete")}
FRAME_ORIGINS: Final = {
    "candidate": N_("a candidate's picture"),
    "camera": N_("a camera's picture"),
    "survey": N_("a picture of a flight"),
    "shadow": N_("models disagree"),
}
