"""A ruling in words: what a person reads never shows the id of a zone, the name of a class, or an expression of hours.

The rulebook's name of a zone is stored with each reason (`zone_en`, `zone_zh`), so the sentence stays what it was when
the rulebook changes. A zone that has none is called by its kind.
"""

import re
from typing import Final

from jinja2 import pass_context
from jinja2.runtime import Context

from api.pages.classes import ClassNames
from api.pages.hours import hours_in_words
from api.pages.i18n import register_context_filter, register_filter, translations
from api.pages.messages import RULINGS, ZONE_KINDS
from api.pages.svg_map import DrawnZone
from detector.reason import Param, Reason, Translate, say
from detector.rules.wording import TEXTS

SENTENCES: Final = {**TEXTS, **RULINGS}
_NO_RULE_CODES: Final = ("no_rule_for_class", "no_rule_here")
_ZONE: Final = re.compile(r"(?P<id>.*) \((?P<kind>[^()]*)\)")


def ruling_sentence(reason: Reason, language: str, names: ClassNames = ClassNames()) -> str:
    """Return a reason of a ruling as a sentence for a person who reads this language (`en`, `zh`)."""
    translate = translations(language).gettext
    shown: dict[str, Param] = dict(reason.params)
    for name, value in reason.params.items():
        if name == "class_name" and isinstance(value, str):
            shown[name] = names.word(value, language, translate)
        elif name == "hours" and isinstance(value, str):
            shown[name] = hours_in_words(value, language, translate)
    if "zone" in shown:
        shown["zone"] = _zone(reason, language, translate)
    if "landmark" in shown:
        shown["landmark"] = _landmark(reason, language, translate)
    if "zones" in shown:
        shown["zones"] = _zones(reason, language, translate)
    code = reason.code
    if code == "stood" and _number(shown.get("dwell_s")) >= _number(shown.get("allowed_s")):
        code = "stood_too_long"
    return say(Reason(code, shown), SENTENCES, translate)


def zone_kind(kind: str, translate: Translate) -> str:
    """Return what a kind of zones is called; a kind that a city made up is shown as it is written."""
    return translate(ZONE_KINDS[kind]) if kind in ZONE_KINDS else kind.replace("_", " ")


def zone_kind_word(reasons: tuple[Reason, ...], translate: Translate) -> str:
    """Return what the kind of zone is called of which the reasons of a ruling speak; nothing where they name none."""
    return next((zone_kind(str(one.params["kind"]), translate) for one in reasons if one.params.get("kind")), "")


def zone_word(reasons: tuple[Reason, ...], language: str) -> str:
    """Return what the zone is called of which the reasons of a ruling speak; nothing where they name none."""
    reason = next((one for one in reasons if "zone" in one.params), None)
    return _zone(reason, language, translations(language).gettext) if reason else ""


def applies(outcome: str, reasons: tuple[Reason, ...]) -> bool:
    """Return whether a rule spoke at all: what no rule speaks of is permitted, but nobody permitted it."""
    return not (outcome == "permitted" and any(reason.code in _NO_RULE_CODES for reason in reasons))


def _zone(reason: Reason, language: str, translate: Translate) -> str:
    kind = zone_kind(str(reason.params.get("kind") or ""), translate)
    name = reason.params.get(f"zone_{language}") or reason.params.get("zone_en") or reason.params.get("zone_zh")
    if not name:
        return kind or "?"
    return f"{name}（{kind}）" if language == "zh" else f"{name} ({kind})"


def _landmark(reason: Reason, language: str, translate: Translate) -> str:
    """Return what is measured from by its name, else by its kind."""
    own = {name.replace("landmark_", "zone_"): value for name, value in reason.params.items()}
    return _zone(Reason("", {**own, "kind": reason.params.get("landmark_kind")}), language, translate)


def _zones(reason: Reason, language: str, translate: Translate) -> str:
    if reason.params.get("zone_en") or reason.params.get("zone_zh"):
        found = _ZONE.fullmatch(str(reason.params["zones"]))
        return _zone(Reason("", {**reason.params, "kind": found["kind"] if found else ""}), language, translate)
    kinds = (_ZONE.sub(r"\g<kind>", part) for part in str(reason.params["zones"]).split(", "))
    return ("、" if language == "zh" else ", ").join(zone_kind(kind, translate) for kind in kinds)


def _number(value: Param) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


@pass_context
def _why(context: Context, reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    names = context.get("class_names")
    known = names if isinstance(names, ClassNames) else ClassNames()
    return tuple(ruling_sentence(reason, str(context["language"]), known) for reason in reasons)


@pass_context
def _zone_of(context: Context, reasons: tuple[Reason, ...]) -> str:
    return zone_word(reasons, str(context["language"]))


@pass_context
def _zone_name(context: Context, zone: DrawnZone) -> str:
    """Return what a zone on a map is called."""
    language = str(context["language"])
    own = zone.name_zh if language == "zh" else zone.name
    return own or zone.name or zone.name_zh or zone_kind(zone.kind, translations(language).gettext)


register_context_filter("why", _why)
register_context_filter("zone_of", _zone_of)
register_context_filter("zone_name", _zone_name)
register_filter("zone_kind_of", zone_kind_word)
