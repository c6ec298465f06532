"""Rulebooks that stand in where an operator gave none: every ruling is `unknown`."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from detector.rules.rulebook import Rule, Rulebook
from detector.rules.source import NO_RULEBOOK
from detector.rules.zones import Zone
from streams.survey.pipeline import SurveyFind


def without_rulebook(cameras: Sequence[str]) -> Rulebook:
    """Stands in where no rulebook was given: whatever stands anywhere in view is worth a look, and nothing is known.

    Every ruling is `unknown`: what is allowed where, and what has a permit, is not known.
    """
    everywhere = ((-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6))
    return _nothing_known([Zone(f"view of {camera}", "view", everywhere, camera) for camera in cameras])


def rules_without_book(finds: Sequence[SurveyFind]) -> Rulebook:
    """Stands in for a survey's rulebook where none was given: all ground flown over is in view, nothing is known."""
    positions = [find.sighting.position for find in finds if find.sighting.position]
    lat, lon = (positions[0].lat, positions[0].lon) if positions else (0.0, 0.0)
    around = ((lon - 0.5, lat - 0.5), (lon + 0.5, lat - 0.5), (lon + 0.5, lat + 0.5), (lon - 0.5, lat + 0.5))
    return _nothing_known([Zone("ground flown over", "view", around)])


def _nothing_known(zones: Sequence[Zone]) -> Rulebook:
    stalls = Rule("no-rulebook", ("stall",), ("view",), dwell=timedelta(minutes=5), permit_required=True)
    signs = Rule("no-rulebook-signs", ("signboard", "cantilever_sign", "window_ad"), ("view",), permit_required=True)
    return Rulebook.of("none", ZoneInfo("UTC"), zones, (stalls, signs), None, NO_RULEBOOK)
