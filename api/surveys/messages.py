"""What surveys, their files and their errors are called on the pages."""

from typing import Final

from detector.reason import N_
from streams.footage_wording import TEXTS as READING_ERRORS

SURVEY_STATES: Final = {
    "uploading": N_("Uploading"),
    "ready": N_("Waiting for a worker"),
    "processing": N_("Processing"),
    "done": N_("Completed"),
    "done_with_errors": N_("Completed with errors"),
}
CHUNK_STATES: Final = {
    "waiting": N_("Waiting"),
    "running": N_("Running"),
    "done": N_("Done"),
    "dead": N_("Set aside"),
}
PLACE_OUTCOMES: Final = {
    "violation": N_("Violation"),
    "permitted": N_("No violation"),  # permitted, or no rule applies: a place does not keep which
    "unknown": N_("Cannot tell"),
}
FILE_KINDS: Final = {"video": N_("Video"), "photo": N_("Photo"), "telemetry": N_("Telemetry"), "other": N_("Other")}
FILE_STATES: Final = {
    "missing": N_("Missing"),
    "uploading": N_("Uploading"),
    "stored": N_("Received"),
    "corrupt": N_("Damaged, send again"),
    "duplicate": N_("Duplicate"),
    "suspect": N_("Not used"),
}
FILE_NOTES: Final = {
    "empty": N_("an empty file"),
    "not_footage": N_("a type of file that a survey does not read"),
    "preview": N_("the aircraft's small copy of its own video"),
    "same_as": N_("the same content as"),
    "mislabelled": N_("not what its name says"),
    "damaged": N_("arrived damaged"),
    "no_telemetry": N_("no telemetry: things are counted but not placed"),
    "no_video": N_("no video belongs to it"),
    "removed": N_("removed: its survey ended longer ago than footage is kept"),
    "no_room": N_("has arrived, but the service has no disk space left to store it"),
    "not_stored": N_("has arrived, but the service cannot store it; its log says why"),
}
FOOTAGE_ERRORS: Final[dict[str, str]] = {
    **READING_ERRORS,
    "worker_exited": N_("its worker ended with exit code %(exit_code)s"),
    "worker_crashed": N_("its worker ended with %(signal)s"),
    "worker_out_of_memory": N_("its worker was killed because memory ran out"),
    "stalled": N_("no progress for %(seconds)s s"),
    "never_finished": N_("it was started %(times)s times and never finished"),
    "no_footage": N_("there is neither a video nor a photo among the files"),
    "not_looked_at": N_("could not be analysed: %(detail)s"),
    "picture_lost": N_("pictures can no longer be read: %(count)s places listed below were not put up for review"),
}
"""Why footage was set aside: what reading it said, and what became of the work on it."""
SURVEY_ERRORS: Final[dict[str, str]] = FOOTAGE_ERRORS | {code: FILE_NOTES[code] for code in ("no_room", "not_stored")}
"""And why a file that has arrived waits to be stored."""
