"""Sizes, names that nobody gave yet, and the language that a browser would rather have."""

import pytest
from jinja2 import UndefinedError

from api.pages.i18n import choose_language, language, size


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_500_000, "1.5 MB"),
        (2 * 10**9, "2.0 GB"),
        (10**13, "10000.0 GB"),
    ],
)
def test_bytes_in_the_unit_that_suits_them(count: int, shown: str) -> None:
    assert size(count) == shown


@pytest.mark.parametrize("code", ["en", "zh"])
def test_what_nobody_named_yet_is_shown_as_it_is_called_and_no_markup(code: str) -> None:
    environment = language(code).environment
    said = environment.from_string("{{ 'new_<b>state' | chunk_state }}").render()
    assert said == "new &lt;b&gt;state"
    with pytest.raises(UndefinedError):
        environment.from_string("{{ missing }}").render()


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [("zh;q=0, en", "en"), ("fr, zh-CN;q=0.5, en;q=0.4", "zh"), ("en;q=0.4, zh;q=0.5", "zh"), ("zh;q=0", "en"),
     ("zh;q=high, en;q=0.1", "en"), ("ZH-hant", "zh"), ("zhx", "en"), ("", "en")],
)  # fmt: skip
def test_a_browsers_ranks_decide(accepted: str, chosen: str) -> None:
    assert choose_language(None, None, accepted, "en") == chosen
