"""Every text that the pages show, as gettext would find it."""

from itertools import chain
from pathlib import Path
from types import ModuleType

from babel.messages.extract import extract, extract_from_dir

import api
from detector import reason
from detector.rules import wording as ruling_wording
from streams import footage_wording

ROOT = Path(api.__file__).parent
METHODS = [
    ("**/messages.py", "python"),
    ("**/templates/*.html", "jinja2.ext:babel_extract"),
    ("pages/templates/*.html", "jinja2.ext:babel_extract"),
]
WORDINGS = (reason, ruling_wording, footage_wording)
"""Where codes that are stored have their sentences, below the service."""
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "pgettext": ((1, "c"), 2),
}


def used_messages() -> set[tuple[str | None, str]]:
    """(context, message id) of each text in the templates and in the tables of words."""
    pages = extract_from_dir(str(ROOT), METHODS, {}, KEYWORDS)
    codes = ((context, message) for file in WORDINGS for _, message, _, context in _texts(file))
    found = chain(((context, message) for _, _, message, _, context in pages), codes)
    return {(context, message if isinstance(message, str) else message[0]) for context, message in found}


def _texts(module: ModuleType) -> list[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    with Path(str(module.__file__)).open("rb") as file:
        return list(extract("python", file, KEYWORDS))
