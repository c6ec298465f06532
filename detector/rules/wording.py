"""The reasons of a ruling: their codes with typed parameters, and the English sentence of each code.

These sentences name zones and classes by their ids, for whoever writes the rules; `api.pages.rulings` says them in the
words of the pages, in each language.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Final

from detector.reason import N_, Param, Reason, say
from detector.rules.landmarks import Landmark, Limit, Measure
from detector.rules.zones import Zone

TEXTS: Final = {
    "no_rule_for_class": N_("no rule speaks of %(class_name)s"),
    "no_rule_here": N_("outside every zone in which a rule speaks of %(class_name)s"),
    "inside_zone": "inside zone %(zone)s (%(kind)s)",
    "permitted_site": N_("this is a permitted site and no rule limits it"),
    "no_advertising": N_("%(class_name)s may not be put up in this area, whatever permit it has"),
    "too_near": N_("%(distance_m)s m from %(landmark)s; it must be at least %(limit_m)s m away"),
    "beyond_line": N_("%(distance_m)s m from %(landmark)s; no further than %(limit_m)s m is allowed"),
    "not_clear": N_("leaves %(distance_m)s m clear to %(landmark)s; %(limit_m)s m must stay clear"),
    "distance_uncertain": N_(
        "the position is uncertain by %(error_m)s m: it may be nearer to %(landmark)s than %(limit_m)s m, or further"
    ),
    "season_not_known": N_("when it was taken is not known, so nor is whether the season %(season)s applies"),
    "position_not_known": N_("the position is not known, so it may stand inside or outside %(zones)s"),
    "position_uncertain": (
        "the position is uncertain by %(error_m)s m: it may stand inside or outside zone %(zone)s (%(kind)s)"
    ),
    "within_hours": N_("%(at)s local time is within the permitted hours %(hours)s"),
    "outside_hours": N_("%(at)s local time is outside the permitted hours %(hours)s"),
    "hours_not_known": N_("the hours %(hours)s do not say whether %(at)s local time is permitted"),
    "time_not_known": N_("when it was taken is not known, so the permitted hours %(hours)s cannot be held against it"),
    "permit_day_not_known": N_("when it was taken is not known, so no permit can be looked up"),
    "never_permitted": N_("%(class_name)s is not permitted here at any hour"),
    "dwell_not_known": N_("how long it has stood is not known; up to %(allowed_s)s are allowed"),
    "stood": N_("has stood %(dwell_s)s, %(allowed_s)s are allowed"),
    "stood_since_hours": N_("has stood %(dwell_s)s since the permitted hours ended, %(allowed_s)s are allowed"),
    "no_registry": N_("a permit is required, but there is no permit registry"),
    "registry_stale": N_("the permit registry is of %(as_of)s, older than %(max_age_s)s"),
    "permit_place_not_known": N_("the position is not known, so no permit can be looked up"),
    "permit_place_uncertain": N_(
        "the position is uncertain by %(error_m)s m, too much to tell whether permit %(permit)s "
        "(within %(tolerance_m)s m) is meant"
    ),
    "permits_too_close": N_(
        "the position, uncertain by %(error_m)s m, does not tell permit %(permit)s (valid) "
        "from permit %(other)s (not valid)"
    ),
    "has_permit": N_("has permit %(permit)s, %(distance_m)s m away"),
    "has_permit_until": N_("has permit %(permit)s, %(distance_m)s m away, valid to %(valid_to)s"),
    "permit_expired": N_("permit %(permit)s expired on %(valid_to)s (registry as of %(as_of)s)"),
    "permit_not_yet_valid": N_("permit %(permit)s is valid only from %(valid_from)s (registry as of %(as_of)s)"),
    "oversize": N_("permit %(permit)s allows %(allowed_m)s m; it measures %(size_m)s m"),
    "size_not_known": N_("its size is not known well enough to be held against permit %(permit)s"),
    "wrong_bearing": N_("it faces %(facing)s°; permit %(permit)s is for %(bearing)s°"),
    "bearing_not_known": N_("where it faces is not known, so permit %(permit)s cannot be held against it"),
    "over_window": N_("it hangs over or across a window"),
    "over_window_not_known": N_("whether it hangs over or across a window is not known"),
    "above_roof": N_("it stands above the roof line"),
    "above_roof_not_known": N_("whether it stands above the roof line is not known"),
    "standing_out": N_("it stands out from the wall"),
    "standing_out_not_known": N_("whether it stands out from the wall is not known"),
    "across_road": N_("it hangs across the road"),
    "across_road_not_known": N_("whether it hangs across the road is not known"),
    "on_pavement": N_("it stands on the pavement"),
    "on_pavement_not_known": N_("whether it stands on the pavement is not known"),
    "second_sign": N_("there is more than one sign on this frontage"),
    "second_sign_not_known": N_("whether there is another sign on this frontage is not known"),
    "well_placed": N_("it is put up as it may be"),
    "no_permit_near": N_(
        "no valid permit within %(tolerance_m)s m: the nearest, %(permit)s, is %(distance_m)s m away "
        "(registry as of %(as_of)s)"
    ),
    "no_permit_of_class": N_("no permit for %(class_name)s in the registry (as of %(as_of)s)"),
}
"""English sentence by code."""


def english(reason: Reason) -> str:
    """Return a reason as an English sentence."""
    return say(reason, TEXTS)


def no_rule_for_class(class_name: str) -> Reason:
    return Reason("no_rule_for_class", {"class_name": class_name})


def no_rule_here(class_name: str) -> Reason:
    return Reason("no_rule_here", {"class_name": class_name})


def inside(zone: Zone) -> Reason:
    return Reason("inside_zone", {"zone": zone.id, "kind": zone.kind, **_names(zone)})


def no_advertising(class_name: str) -> Reason:
    return Reason("no_advertising", {"class_name": class_name})


def too_close(limit: Limit, landmark: Landmark, distance: float) -> Reason:
    """Return why a limit is not kept."""
    return Reason(_LIMITS[limit.measure], {"distance_m": distance, "limit_m": limit.metres, **_landmark(landmark)})


def distance_uncertain(radius: float, limit: Limit, landmark: Landmark) -> Reason:
    error = radius if isfinite(radius) else None
    return Reason("distance_uncertain", {"error_m": error, "limit_m": limit.metres, **_landmark(landmark)})


def season_not_known(season: str) -> Reason:
    return Reason("season_not_known", {"season": season})


def permitted_site() -> Reason:
    return Reason("permitted_site")


def position_not_known(kinds: Iterable[str], zone: Zone | None = None) -> Reason:
    """`zone`: the one that it may stand in, where only one is meant; `kinds` of zones otherwise."""
    if zone is None:
        return Reason("position_not_known", {"zones": ", ".join(kinds)})
    return Reason("position_not_known", {"zones": str(zone), **_names(zone)})


def position_uncertain(radius: float, zone: Zone) -> Reason:
    # an error that is not known (NaN) is no number of JSON
    error = radius if isfinite(radius) else None
    return Reason("position_uncertain", {"error_m": error, "zone": zone.id, "kind": zone.kind, **_names(zone)})


def within_hours(at: datetime, hours: str) -> Reason:
    return Reason("within_hours", {"at": at.isoformat(), "hours": hours})


def outside_hours(at: datetime, hours: str) -> Reason:
    return Reason("outside_hours", {"at": at.isoformat(), "hours": hours})


def hours_not_known(at: datetime, hours: str) -> Reason:
    return Reason("hours_not_known", {"at": at.isoformat(), "hours": hours})


def time_not_known(hours: str) -> Reason:
    return Reason("time_not_known", {"hours": hours})


def permit_day_not_known() -> Reason:
    return Reason("permit_day_not_known")


def never_permitted(class_name: str) -> Reason:
    return Reason("never_permitted", {"class_name": class_name})


def dwell_not_known(allowed: timedelta) -> Reason:
    return Reason("dwell_not_known", {"allowed_s": allowed.total_seconds()})


def stood(dwell: timedelta, allowed: timedelta, since_hours_ended: bool) -> Reason:
    """`since_hours_ended`: counted from the end of the permitted hours, as it was there before."""
    code = "stood_since_hours" if since_hours_ended else "stood"
    return Reason(code, {"dwell_s": dwell.total_seconds(), "allowed_s": allowed.total_seconds()})


def no_registry() -> Reason:
    return Reason("no_registry")


def registry_stale(as_of: date, max_age: timedelta) -> Reason:
    return Reason("registry_stale", {"as_of": as_of.isoformat(), "max_age_s": max_age.total_seconds()})


def permit_place_not_known() -> Reason:
    return Reason("permit_place_not_known")


def permit_place_uncertain(radius: float, tolerance: float, permit: str) -> Reason:
    return Reason("permit_place_uncertain", {"error_m": radius, "tolerance_m": tolerance, "permit": permit})


def permits_too_close(radius: float, valid: str, other: str) -> Reason:
    return Reason("permits_too_close", {"error_m": radius, "permit": valid, "other": other})


def has_permit(permit: str, distance: float, valid_to: date | None) -> Reason:
    if valid_to is None:
        return Reason("has_permit", {"permit": permit, "distance_m": distance})
    return Reason("has_permit_until", {"permit": permit, "distance_m": distance, "valid_to": valid_to.isoformat()})


def permit_expired(permit: str, valid_to: date, as_of: date) -> Reason:
    return Reason("permit_expired", {"permit": permit, "valid_to": valid_to.isoformat(), "as_of": as_of.isoformat()})


def permit_not_yet_valid(permit: str, valid_from: date, as_of: date) -> Reason:
    return Reason(
        "permit_not_yet_valid", {"permit": permit, "valid_from": valid_from.isoformat(), "as_of": as_of.isoformat()}
    )


def oversize(permit: str, size: float, allowed: float) -> Reason:
    return Reason("oversize", {"permit": permit, "size_m": size, "allowed_m": allowed})


def size_not_known(permit: str) -> Reason:
    return Reason("size_not_known", {"permit": permit})


def wrong_bearing(permit: str, facing: float, bearing: float) -> Reason:
    return Reason("wrong_bearing", {"permit": permit, "facing": round(facing), "bearing": round(bearing)})


def bearing_not_known(permit: str) -> Reason:
    return Reason("bearing_not_known", {"permit": permit})


def placed(placement: str) -> Reason:
    return Reason(placement)


def placing_not_known(placement: str) -> Reason:
    return Reason(f"{placement}_not_known")


def well_placed() -> Reason:
    return Reason("well_placed")


def no_permit_near(tolerance: float, permit: str, distance: float, as_of: date) -> Reason:
    return Reason(
        "no_permit_near",
        {"tolerance_m": tolerance, "permit": permit, "distance_m": distance, "as_of": as_of.isoformat()},
    )


def no_permit_of_class(class_name: str, as_of: date) -> Reason:
    return Reason("no_permit_of_class", {"class_name": class_name, "as_of": as_of.isoformat()})


_LIMITS: Final = {Measure.NEAR: "too_near", Measure.BEYOND: "beyond_line", Measure.CLEAR: "not_clear"}


def _landmark(landmark: Landmark) -> dict[str, Param]:
    return {"landmark": landmark.id, "landmark_kind": landmark.kind, **_names(landmark, "landmark")}


def _names(zone: Zone | Landmark, key: str = "zone") -> dict[str, Param]:
    """Return what people call a zone, kept with the reason: a later rulebook may call it otherwise."""
    return {name: word for name, word in ((f"{key}_en", zone.name), (f"{key}_zh", zone.name_zh)) if word}
