"""The languages of the pages: gettext catalogues, and the filters by which templates name codes."""

import gettext
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.pages.classes import class_word
from detector.reason import Translate
from detector.reason import duration as span

LOCALE = Path(__file__).parent / "locale"
CATALOGUES = {"en": None, "zh": LOCALE / "zh_CN" / "LC_MESSAGES" / "messages.po"}
HTML_LANG = {"en": "en", "zh": "zh-CN"}

Filter = Callable[..., object]
"""A template's filter: takes the value and the language's `Translate`."""
_FILTERS: Final[dict[str, Filter]] = {}
_CONTEXT_FILTERS: Final[dict[str, Callable[..., object]]] = {}


def register_filter(name: str, show: Filter) -> None:
    """Give every language's templates the filter `name`, which shows `show(value, translate)`."""
    _FILTERS[name] = show
    language.cache_clear()


def register_context_filter(name: str, show: Callable[..., object]) -> None:
    """Give every language's templates the filter `name`, which asks for the page's values (`jinja2.pass_context`)."""
    _CONTEXT_FILTERS[name] = show
    language.cache_clear()


def register_names(name: str, table: Mapping[str, str]) -> None:
    """Give templates the filter `name`: the table's text for a code; a code that has none is shown as it is."""
    register_filter(name, lambda code, translate: _named(table, code, translate))


def _named(table: Mapping[str, str], code: str, translate: Translate) -> str:
    return translate(table[code]) if code in table else code.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its templates, already bound to its words."""

    code: str
    environment: Environment
    translate: Translate

    def render(self, template: str, **values: object) -> str:
        """Return a template with its values, in this language."""
        page = self.environment.get_template(template)
        return page.render(**values, language=self.code, html_lang=HTML_LANG[self.code])


@cache
def language(code: str) -> Language:
    """Return a language by its code, `en` or `zh`."""
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

    for name, show in _FILTERS.items():
        environment.filters[name] = partial(_shown, show, words.gettext)
    environment.globals["language"] = code
    environment.filters.update(_CONTEXT_FILTERS)
    environment.filters["class_name"] = class_word(words.gettext)
    return Language(code, environment, words.gettext)


def _shown(show: Filter, translate: Translate, value: object) -> object:
    return show(value, translate)


def size(count: int) -> str:
    """Return a number of bytes in the unit that suits it."""
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if count >= 1000**power:
            return f"{count / 1000**power:.1f} {unit}"
    return f"{count} B"


@cache
def translations(code: str) -> gettext.NullTranslations:
    """Return the words of a language.

    Catalogues are kept as text and compiled here: no binary file can be out of date.
    """
    path = CATALOGUES[code]
    if path is None:
        return gettext.NullTranslations()
    with path.open("rb") as stream:
        catalogue = read_po(stream, locale="zh_CN")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def duration(value: timedelta, translate: Translate) -> str:
    """Return a time span in its two largest units: 6 min 12 s, 2 h 5 min, 3 d 4 h."""
    return span(value.total_seconds(), translate)


def choose_language(asked: str | None, remembered: str | None, accepted: str, fallback: str) -> str:
    """Return the language of a page: what the address asks for, else the cookie, else the browser, else the setting."""
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


register_filter("bytes", lambda count, _translate: size(count))
register_filter("duration", duration)
