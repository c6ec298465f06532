"""The rules by which candidates can be asked for, as forms offer them."""

from collections import Counter
from collections.abc import Iterable

from api.candidates.repository import StoredCandidate
from api.pages.base import Renderer
from api.pages.rulings import zone_kind_word


def rule_options(render: Renderer, judged: Iterable[StoredCandidate]) -> tuple[tuple[str, str], ...]:
    """Return the rules of candidates, one of each: the id, and the class and kind of zone that it speaks of.

    Where two would read the same, each has its id beside it.
    """
    words = {one.rule: _word(render, one) for one in judged if one.rule is not None}
    read = Counter(words.values())
    return tuple((rule, f"{word} ({rule})" if read[word] > 1 else word) for rule, word in words.items())


def _word(render: Renderer, one: StoredCandidate) -> str:
    kind = zone_kind_word(one.reasons, render.language.translate)
    return f"{render.class_word(one.class_name)}, {kind or '–'}"
