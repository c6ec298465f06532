"""Every text that the pages show, as gettext would find it."""

from pathlib import Path

from babel.messages.extract import extract_from_dir

import api

ROOT = Path(api.__file__).parent
METHODS = [
    ("pages/i18n.py", "python"),
    ("**/messages.py", "python"),
    ("**/templates/*.html", "jinja2.ext:babel_extract"),
    ("pages/templates/*.html", "jinja2.ext:babel_extract"),
]
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "pgettext": ((1, "c"), 2),
}


def used_messages() -> set[tuple[str | None, str]]:
    """(context, message id) of each text in the templates and in the tables of words."""
    found = extract_from_dir(str(ROOT), METHODS, {}, KEYWORDS)
    return {(context, message if isinstance(message, str) else message[0]) for _, _, message, _, context in found}
