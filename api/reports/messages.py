"""What reports and their parts are called."""

from typing import Final

from detector.reason import N_

KINDS: Final = {"week": N_("Weekly report"), "month": N_("Monthly report"), "quarter": N_("Quarterly report")}
SECTIONS: Final = {
    "states": N_("Finds by state"),
    "districts": N_("Finds by district"),
    "classes": N_("Finds by class"),
    "paces": N_("Cases against their time limit"),
    "medians": N_("How long it took: median"),
    "ninetieths": N_("How long it took: nine of ten within"),
    "recurrence": N_("Recurrence within 30 days"),
    "precision": N_("Precision by class"),
    "coverage": N_("Coverage of the cameras"),
    "zones": N_("The roads and zones that hold most"),
}
LINES: Final = {
    "all": N_("All together"),
    "fixed": N_("Fixed cases with a position"),
    "recurred": N_("Places that came again"),
    "watched": N_("Watched"),
    "blind": N_("Blind"),
}
LISTS: Final = {
    "problem": N_("List of problems"),
    "duty": N_("List of duties"),
    "rectification": N_("List of rectifications"),
}
COLUMNS: Final = {
    "number": N_("No."),
    "class": N_("Class"),
    "district": N_("District"),
    "zone": N_("Zone"),
    "position": N_("Position"),
    "first_seen": N_("First seen"),
    "confirmed_at": N_("Confirmed at"),
    "case_system": N_("Handled by"),
    "reference": N_("Its number there"),
    "assignee": N_("Assigned to"),
    "due_at": N_("To be fixed by"),
    "status": N_("How far"),
    "fixed_at": N_("Fixed at"),
    "took": N_("Time taken"),
    "pace": N_("Against the limit"),
}
WORDS: Final = {
    "line": N_("Figure"),
    "now": N_("This period"),
    "before": N_("The period before"),
    "difference": N_("Difference"),
    "every": N_("All districts"),
    "none": N_("of no district"),
    "limit": N_("A case is to be fixed within %(hours)d hours of its verdict. Days by the clocks of %(zone)s."),
    "compare": N_("No report of the period before is kept: nothing to compare with."),
    "glyph": N_("Characters that the font of this file lacks, and what stands for them: %(list)s"),
}
