"""What training runs and their mistakes are called on the pages."""

from typing import Final

from detector.reason import N_

RUN_STATES: Final = {"running": N_("Under way"), "interrupted": N_("Interrupted"), "finished": N_("Finished")}
MISTAKES: Final = {
    "false-alarms": N_("False alarms, the surest of each class first"),
    "misses": N_("Missed, the largest of each class first"),
    "wrong-classes": N_("Taken for another class"),
}
JOB_STATES: Final = {
    "running": N_("Under way"),
    "done": N_("Finished"),
    "failed": N_("Failed"),
    "cancelled": N_("Cancelled"),
    "interrupted": N_("Interrupted"),
}
