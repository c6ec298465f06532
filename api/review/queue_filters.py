"""The filters of the queue: as the address of the page says them, and as the page offers them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends, Query

from api.candidates.wanted import Blank, ClassName, Word
from api.pages.base import Renderer
from api.pages.i18n import duration
from api.review.messages import ANY, FILTERS, QUEUE_LISTS
from api.review.rule_options import rule_options
from api.review.waiting import Choices, QueueFilter, QueueList

HOURS: Final = (1, 4, 24, 72)
Option = tuple[str, str]


def wanted_queue(
    listed: Annotated[QueueList, Query(alias="list")] = QueueList.WAITING,
    district: Word = None,
    camera: Word = None,
    class_name: ClassName = None,
    rule: Word = None,
    hours: Annotated[int | None, Blank, Query(ge=1, le=10_000)] = None,
) -> QueueFilter:
    """Return what the address asks for."""
    return QueueFilter(listed, district, camera, class_name, rule, hours)


WantedQueue = Annotated[QueueFilter, Depends(wanted_queue)]


def filters_of(
    render: Renderer, choices: Choices, cameras: Mapping[str, str]
) -> tuple[tuple[str, str, tuple[Option, ...]], ...]:
    """Return the filters that the page offers: name, word, and options of value and word."""
    say = render.language.translate
    anything = ("", say(ANY))
    options: dict[str, tuple[Option, ...]] = {
        "list": tuple((name, say(word)) for name, word in QUEUE_LISTS.items()),
        "district": (anything, *((one, one) for one in choices.districts)),
        "camera": (anything, *((one, cameras[one]) for one in choices.sources if one in cameras)),
        "class": (anything, *((one, render.class_word(one)) for one in choices.class_names)),
        "rule": (anything, *rule_options(render, choices.rules)),
        "hours": (anything, *((str(one), duration(timedelta(hours=one), say)) for one in HOURS)),
    }
    return tuple((name, say(word), options[name]) for name, word in FILTERS.items())


def chosen_of(wanted: QueueFilter) -> dict[str, str]:
    """Return which option of each filter is chosen."""
    said = (wanted.list, wanted.district, wanted.camera, wanted.class_name, wanted.rule, wanted.hours)
    return {name: "" if value is None else str(value) for name, value in zip(FILTERS, said, strict=True)}
