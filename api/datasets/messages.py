"""What data sets are parted by, as the pages call it."""

from typing import Final

from detector.reason import N_

SPLITS: Final = {
    "place": N_("place"),
    "camera": N_("camera"),
    "day": N_("day"),
    "export": N_("the labelling tool's own split"),
    "name": N_("name"),
}
