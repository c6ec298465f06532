"""What steps of a case, its pace, its status and faults of a period are called on the pages."""

from typing import Final

from detector.reason import N_

PERIOD_FAULTS: Final = {
    "reversed": N_("The period ends before it begins: choose other days."),
    "long": N_("The period is longer than five years: choose a shorter one."),
    "far": N_("The period lies outside the years 2000 to 2200."),
    "unreadable": N_("A day is written as 2026-11-28."),
}
STEPS: Final = {
    "confirmed": N_("First seen to confirmed"),
    "dispatched": N_("Confirmed to dispatched"),
    "fixed": N_("Dispatched to fixed"),
    "whole": N_("First seen to fixed"),
}
PACES: Final = {
    "in_time": N_("Fixed in time"),
    "late": N_("Fixed late"),
    "overdue": N_("Overdue"),
    "pending": N_("Time left"),
    "refused": N_("Refused by the case system"),
}
