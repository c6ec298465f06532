"""What the pages of the models call things."""

from typing import Final

from detector.reason import N_

REFUSALS: Final = {
    "worse": N_("Worse"),
    "no_gain": N_("No gain"),
    "class_gone": N_("A class is missing"),
    "slower": N_("Slower"),
    "card": N_("Its card says otherwise"),
}
GROUPS: Final = {
    "class": N_("Class"),
    "camera": N_("Camera"),
    "hour": N_("Hour (UTC)"),
    "model": N_("Model version"),
}
