"""The sentences in which a ruling explains itself, each in English and in Chinese."""

from datetime import date, datetime, timedelta
from typing import NamedTuple


class Sentence(NamedTuple):
    """One reason, in both languages of the review page."""

    en: str
    zh: str


def span(length: timedelta) -> Sentence:
    """A length of time in words, rounded down to the second (to the minute from an hour on)."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return Sentence(f"{seconds} s", f"{seconds} 秒")
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return Sentence(f"{minutes} min {rest} s", f"{minutes} 分 {rest} 秒")
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return Sentence(f"{hours} h {minutes} min", f"{hours} 小时 {minutes} 分")
    days, hours = divmod(hours, 24)
    return Sentence(f"{days} d {hours} h", f"{days} 天 {hours} 小时")


def metres(length: float) -> str:
    return f"{length:.1f}" if length < 10 else f"{length:.0f}"


def no_rule_for_class(class_name: str) -> Sentence:
    return Sentence(f"no rule speaks of {class_name}", f"没有规则涉及 {class_name}")


def no_rule_here(class_name: str) -> Sentence:
    return Sentence(
        f"outside every zone in which a rule speaks of {class_name}", f"不在任何涉及 {class_name} 的规则区域内"
    )


def inside(zone: str) -> Sentence:
    return Sentence(f"inside zone {zone}", f"位于区域 {zone} 内")


def permitted_site() -> Sentence:
    return Sentence("this is a permitted site and no rule limits it", "此处为便民疏导点（允许经营），没有规则另作限制")


def position_not_known(kinds: str) -> Sentence:
    return Sentence(
        f"the position is not known, so it may stand inside or outside {kinds}",
        f"位置未知，无法判断是否位于 {kinds} 内",
    )


def position_uncertain(radius: float, zone: str) -> Sentence:
    return Sentence(
        f"the position is uncertain by {metres(radius)} m: it may stand inside or outside zone {zone}",
        f"位置误差 {metres(radius)} 米：可能在区域 {zone} 之内，也可能在其外",
    )


def within_hours(at: datetime, hours: str) -> Sentence:
    return Sentence(
        f"{at:%H:%M} local time is within the permitted hours {hours}", f"当地时间 {at:%H:%M} 在允许时段 {hours} 之内"
    )


def outside_hours(at: datetime, hours: str) -> Sentence:
    return Sentence(
        f"{at:%H:%M} local time is outside the permitted hours {hours}",
        f"当地时间 {at:%H:%M} 不在允许时段 {hours} 之内",
    )


def hours_not_known(at: datetime, hours: str) -> Sentence:
    return Sentence(
        f"the hours {hours} do not say whether {at:%H:%M} local time is permitted",
        f"时段 {hours} 未说明当地时间 {at:%H:%M} 是否允许",
    )


def time_not_known(hours: str) -> Sentence:
    return Sentence(
        f"when it was taken is not known, so the permitted hours {hours} cannot be held against it",
        f"拍摄时间未知，无法对照允许时段 {hours}",
    )


def permit_day_not_known() -> Sentence:
    return Sentence("when it was taken is not known, so no permit can be looked up", "拍摄时间未知，无法查找许可")


def never_permitted(class_name: str) -> Sentence:
    return Sentence(f"{class_name} is not permitted here at any hour", f"{class_name} 在此处任何时段均不允许")


def dwell_not_known(needed: timedelta) -> Sentence:
    return Sentence(
        f"how long it has stood is not known; up to {span(needed).en} are allowed",
        f"停留时长未知；最多允许停留 {span(needed).zh}",
    )


def stood(dwell: timedelta, needed: timedelta, since_hours_ended: bool) -> Sentence:
    """`since_hours_ended`: counted from the end of the permitted hours, as it was there before."""
    en, zh = (" since the permitted hours ended", "自允许时段结束起") if since_hours_ended else ("", "")
    return Sentence(
        f"has stood {span(dwell).en}{en}, {span(needed).en} are allowed",
        f"{zh}已停留 {span(dwell).zh}，允许停留 {span(needed).zh}",
    )


def no_registry() -> Sentence:
    return Sentence("a permit is required, but there is no permit registry", "需要许可，但没有许可登记数据")


def registry_stale(as_of: datetime, max_age: timedelta) -> Sentence:
    return Sentence(
        f"the permit registry is of {as_of:%Y-%m-%d}, older than {span(max_age).en}",
        f"许可登记数据截至 {as_of:%Y-%m-%d}，已超过 {span(max_age).zh}",
    )


def permit_place_not_known() -> Sentence:
    return Sentence("the position is not known, so no permit can be looked up", "位置未知，无法查找许可")


def permit_place_uncertain(radius: float, tolerance: float, permit: str) -> Sentence:
    return Sentence(
        f"the position is uncertain by {metres(radius)} m, too much to tell whether permit {permit} "
        f"(within {metres(tolerance)} m) is meant",
        f"位置误差 {metres(radius)} 米，无法判断是否对应许可 {permit}（允许偏差 {metres(tolerance)} 米）",
    )


def permits_too_close(radius: float, valid: str, other: str) -> Sentence:
    return Sentence(
        f"the position, uncertain by {metres(radius)} m, does not tell permit {valid} (valid) "
        f"from permit {other} (not valid)",
        f"位置误差 {metres(radius)} 米，无法区分有效许可 {valid} 与无效许可 {other}",
    )


def has_permit(permit: str, distance: float, valid_to: date | None) -> Sentence:
    en, zh = (f", valid to {valid_to}", f"，有效期至 {valid_to}") if valid_to else ("", "")
    return Sentence(
        f"has permit {permit}, {metres(distance)} m away{en}", f"有许可 {permit}，相距 {metres(distance)} 米{zh}"
    )


def permit_expired(permit: str, valid_to: date, as_of: datetime) -> Sentence:
    return Sentence(
        f"permit {permit} expired on {valid_to} (registry as of {as_of:%Y-%m-%d})",
        f"许可 {permit} 已于 {valid_to} 到期（登记数据截至 {as_of:%Y-%m-%d}）",
    )


def permit_not_yet_valid(permit: str, valid_from: date, as_of: datetime) -> Sentence:
    return Sentence(
        f"permit {permit} is valid only from {valid_from} (registry as of {as_of:%Y-%m-%d})",
        f"许可 {permit} 自 {valid_from} 起才生效（登记数据截至 {as_of:%Y-%m-%d}）",
    )


def no_permit_near(tolerance: float, permit: str, distance: float, as_of: datetime) -> Sentence:
    return Sentence(
        f"no valid permit within {metres(tolerance)} m: the nearest, {permit}, is {metres(distance)} m away "
        f"(registry as of {as_of:%Y-%m-%d})",
        f"{metres(tolerance)} 米内没有有效许可：最近的 {permit} 相距 {metres(distance)} 米"
        f"（登记数据截至 {as_of:%Y-%m-%d}）",
    )


def no_permit_of_class(class_name: str, as_of: datetime) -> Sentence:
    return Sentence(
        f"no permit for {class_name} in the registry (as of {as_of:%Y-%m-%d})",
        f"登记数据中没有 {class_name} 的许可（截至 {as_of:%Y-%m-%d}）",
    )
