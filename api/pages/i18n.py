"""The languages of the pages: gettext catalogues, and names for what the rest of the service calls by a code."""

import gettext
import io
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.pages.messages import FOOTAGE_ERRORS, camera_trouble
from detector.reason import N_, Translate, say
from detector.reason import duration as span
from detector.rules.wording import TEXTS as RULING_REASONS

LOCALE = Path(__file__).parent / "locale"
CATALOGUES = {"en": None, "zh": LOCALE / "zh_CN" / "LC_MESSAGES" / "messages.po"}
HTML_LANG = {"en": "en", "zh": "zh-CN"}


CLASSES = {
    "stall": N_("Street stall"),
    "signboard": N_("Shop sign"),
    "cantilever_sign": N_("Projecting sign"),
    "window_ad": N_("Window advertising"),
    "banner": N_("Banner"),
    "a_board": N_("Pavement board"),
    "window": N_("Window"),
    "door": N_("Door"),
    "arch": N_("Archway"),
    "billboard": N_("Billboard"),
    "goods_outside_shop": N_("Goods outside a shop"),
    "person": N_("Person"),
    "bicycle": N_("Bicycle"),
    "motorcycle": N_("Motorcycle"),
    "car": N_("Car"),
    "bus": N_("Bus"),
    "truck": N_("Truck"),
    "umbrella": N_("Umbrella"),
    "chair": N_("Chair"),
    "bench": N_("Bench"),
    "dining table": N_("Table"),
    "potted plant": N_("Potted plant"),
    "handbag": N_("Handbag"),
    "suitcase": N_("Suitcase"),
    "bottle": N_("Bottle"),
}
OUTCOMES = {"violation": N_("Violation"), "permitted": N_("Permitted"), "unknown": N_("Cannot tell")}
FINDERS = {"model": N_("trained model"), "objects": N_("everyday objects"), "occupancy": N_("occupied ground")}
LOOK_TASKS = {"stalls": N_("Stalls"), "signs": N_("Signs")}
LOOK_REASONS = {
    "first": N_("first look"),
    "beat": N_("its time had come"),
    "something_new": N_("something new stands"),
    "confirm": N_("to confirm a sign"),
    "place_changed": N_("something has changed"),
    "before_candidate": N_("before a candidate"),
    "view_or_light_changed": N_("view or light changed"),
    "shared_network": N_("the network ran anyway"),
}
ZONE_KINDS = {
    "main_road": N_("main road"),
    "secondary_road": N_("secondary road"),
    "back_street": N_("back street"),
    "permitted_site": N_("permitted site"),
}
CANDIDATE_STATES = {"open": N_("Open"), "confirmed": N_("Confirmed"), "rejected": N_("Rejected")}
CAMERA_STATES = {
    "idle": N_("Not started"),
    "opening": N_("Connecting"),
    "live": N_("Live"),
    "blind": N_("Not analysed"),
    "sick": N_("Picture faulty"),
    "waiting": N_("Waiting to retry"),
    "paused": N_("Paused"),
    "ended": N_("Ended"),
    "stopped": N_("Stopped"),
}
CAMERA_FAULTS = {
    "black": N_("black"),
    "over-exposed": N_("over-exposed"),
    "frozen": N_("frozen"),
    "blurred": N_("blurred"),
    "covered": N_("covered"),
    "moved": N_("moved"),
}
CAMERA_ERRORS = {
    "failed": N_("failed"),
    "not allowed": N_("outside the camera networks"),
    "refused": N_("connection refused"),
    "unreachable": N_("unreachable"),
    "timed out": N_("timed out"),
    "unauthorised": N_("wrong user or password"),
    "not found": N_("no such stream"),
    "transport refused": N_("transport refused"),
    "picture too large": N_("picture too large"),
    "unsupported codec": N_("unsupported codec"),
    "no frames": N_("sends no pictures"),
    "cut": N_("cut off"),
    "stale": N_("pictures come too late"),
}
CAMERA_ACTS = {
    "added": N_("Added"),
    "changed": N_("Changed"),
    "paused": N_("Paused"),
    "resumed": N_("Watched again"),
    "removed": N_("Removed"),
}
REGISTRY_CHANGES = {
    "import": N_("import of"),
    "pause": N_("paused"),
    "resume": N_("resumed"),
    "remove": N_("removed"),
    "legacy": N_("by an early version"),
}
CAMERA_FIELDS = {
    "name": N_("name"),
    "address": N_("address"),
    "every": N_("sampling period"),
    "models": N_("models"),
    "position": N_("position"),
    "calibration": N_("calibration"),
    "district": N_("district"),
    "grade": N_("grade"),
    "transport": N_("transport"),
    "legal_review": N_("legal review"),
}
SURVEY_STATES = {
    "uploading": N_("Uploading"),
    "ready": N_("Waiting for a worker"),
    "processing": N_("Being looked at"),
    "done": N_("Completed"),
    "done_with_errors": N_("Completed with errors"),
}
CHUNK_STATES = {
    "waiting": N_("Waiting"),
    "running": N_("In work"),
    "done": N_("Done"),
    "dead": N_("Set aside"),
}
FILE_KINDS = {"video": N_("Video"), "photo": N_("Photo"), "telemetry": N_("Telemetry"), "other": N_("Other")}
FILE_STATES = {
    "missing": N_("Missing"),
    "uploading": N_("Uploading"),
    "stored": N_("Here"),
    "corrupt": N_("Damaged, send again"),
    "duplicate": N_("Duplicate"),
    "odd": N_("Not used"),
}
FILE_NOTES = {
    "empty": N_("an empty file"),
    "not_footage": N_("no kind of file that a survey reads"),
    "preview": N_("the aircraft's small copy of its own video"),
    "same_as": N_("the same content as"),
    "mislabelled": N_("not what its name says"),
    "damaged": N_("arrived damaged"),
    "no_telemetry": N_("no telemetry: things are counted but not placed"),
    "no_video": N_("no video belongs to it"),
    "removed": N_("removed: its survey ended longer ago than footage is kept"),
}
DELIVERY_STATES = {"pending": N_("On its way"), "delivered": N_("Delivered"), "dead": N_("Refused")}
RUN_STATES = {"running": N_("Under way"), "interrupted": N_("Interrupted"), "finished": N_("Finished")}
MISTAKES = {
    "false-alarms": N_("False alarms, the surest of each class first"),
    "misses": N_("Missed, the largest of each class first"),
    "wrong-classes": N_("Taken for another class"),
}
REJECT_REASONS = {
    "permitted": N_("It is permitted"),
    "not_a_stall": N_("Not a stall or an advert"),
    "moving_vendor": N_("Vendor passing by"),
    "in_shop": N_("Inside the shop line"),
    "duplicate": N_("Already reported"),
    "vehicle": N_("A parked vehicle"),
    "bad_position": N_("Wrong position"),
    "bad_picture": N_("Picture too poor"),
    "other": N_("Something else"),
}


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its templates, already bound to its words."""

    code: str
    environment: Environment
    translate: Translate

    def render(self, template: str, **values: object) -> str:
        """A template with its values, in this language."""
        page = self.environment.get_template(template)
        return page.render(**values, language=self.code, html_lang=HTML_LANG[self.code])


@cache
def language(code: str) -> Language:
    """A language by its code, `en` or `zh`."""
    words = translations(code)
    environment = Environment(
        loader=PackageLoader("api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]  # added by the extension

    def named(table: dict[str, str], key: str) -> str:
        # A class or a state that nobody named yet is shown as it is called, not hidden.
        return words.gettext(table[key]) if key in table else key.replace("_", " ")

    environment.filters["class_name"] = lambda key: named(CLASSES, key)
    environment.filters["outcome"] = lambda key: named(OUTCOMES, key)
    environment.filters["finder"] = lambda key: named(FINDERS, key)
    environment.filters["zone_kind"] = lambda key: named(ZONE_KINDS, key)
    environment.filters["state"] = lambda key: named(CANDIDATE_STATES | DELIVERY_STATES, key)
    environment.filters["camera_state"] = lambda key: named(CAMERA_STATES, key)
    environment.filters["look_task"] = lambda key: named(LOOK_TASKS, key)
    environment.filters["look_reason"] = lambda key: named(LOOK_REASONS, key)
    environment.filters["camera_fault"] = lambda key: named(CAMERA_FAULTS, key)
    environment.filters["camera_error"] = lambda key: named(CAMERA_ERRORS, key)
    environment.filters["camera_act"] = lambda key: named(CAMERA_ACTS, key)
    environment.filters["registry_change"] = lambda key: named(REGISTRY_CHANGES, key)
    environment.filters["camera_field"] = lambda key: named(CAMERA_FIELDS, key)
    environment.filters["camera_trouble"] = lambda view: _said(
        camera_trouble(view.state, view.status.reason if view.status else ""), words
    )
    environment.filters["footage_error"] = lambda reason: say(reason, FOOTAGE_ERRORS, words.gettext)
    environment.filters["survey_state"] = lambda key: named(SURVEY_STATES, key)
    environment.filters["chunk_state"] = lambda key: named(CHUNK_STATES, key)
    environment.filters["file_kind"] = lambda key: named(FILE_KINDS, key)
    environment.filters["file_state"] = lambda key: named(FILE_STATES, key)
    environment.filters["file_note"] = lambda note: named(FILE_NOTES, note)
    environment.filters["bytes"] = size
    environment.filters["why"] = lambda reasons: tuple(say(reason, RULING_REASONS, words.gettext) for reason in reasons)
    environment.filters["run_state"] = lambda key: named(RUN_STATES, key)
    environment.filters["mistake"] = lambda key: named(MISTAKES, key)
    environment.filters["reject_reason"] = lambda key: named(REJECT_REASONS, key)
    environment.filters["duration"] = lambda value: duration(value, words)
    environment.globals["REJECT_REASONS"] = tuple(REJECT_REASONS)
    return Language(code, environment, words.gettext)


def _said(sentence: str, words: gettext.NullTranslations) -> str:
    return words.gettext(sentence) if sentence else ""  # gettext gives its own header for nothing


def size(count: int) -> str:
    """A number of bytes in the unit that suits it."""
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if count >= 1000**power:
            return f"{count / 1000**power:.1f} {unit}"
    return f"{count} B"


@cache
def translations(code: str) -> gettext.NullTranslations:
    """The words of a language. Catalogues are kept as text and compiled here: no binary file can be out of date."""
    path = CATALOGUES[code]
    if path is None:
        return gettext.NullTranslations()
    with path.open("rb") as stream:
        catalogue = read_po(stream, locale="zh_CN")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def duration(value: timedelta, words: gettext.NullTranslations) -> str:
    """A time span in its two largest units: 6 min 12 s, 2 h 5 min, 3 d 4 h."""
    return span(value.total_seconds(), words.gettext)


def choose_language(asked: str | None, remembered: str | None, accepted: str, fallback: str) -> str:
    """The language of a page: what the address asks for, else the cookie, else the browser, else the setting."""
    for choice in (asked, remembered):
        if choice in CATALOGUES:
            return choice
    ranges = [part.partition(";") for part in accepted.lower().split(",")]
    for tag, _, quality in sorted(ranges, key=lambda part: -_quality(part[2])):
        code = tag.strip().split("-")[0]
        if code in CATALOGUES and _quality(quality) > 0:
            return code
    return fallback


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
