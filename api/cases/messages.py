"""What the states of a delivery are called on the pages."""

from typing import Final

from detector.reason import N_

DELIVERY_STATES: Final = {"pending": N_("On its way"), "delivered": N_("Delivered"), "dead": N_("Refused")}
