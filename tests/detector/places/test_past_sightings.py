"""What a person said of a place lowers what stands there again; bounded, and not for ever."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from detector.places.past_sightings import (
    FORGOTTEN,
    MOST,
    REJECTED,
    PastSighting,
    PastSightings,
    PastVerdict,
    weight_of,
)
from detector.places.place_evidence import MODEL, OBJECTS, OCCUPANCY, Evidence, Support
from detector.places.places import Place, Places
from detector.places.proposal import STALL, Proposal
from detector.vision.detections import Box

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WIDTH, HEIGHT = 1000, 500
HERE: Box = (100.0, 100.0, 200.0, 200.0)
NOTHING = PastVerdict.NOTHING


def past(
    days: float = 1, hours: float = 0, verdict: PastVerdict = NOTHING, box: Box = HERE, name: str = STALL
) -> PastSighting:
    """What stood there so long before noon, for half an hour."""
    began = NOON - days * DAY - hours * HOUR
    share = (box[0] / WIDTH, box[1] / HEIGHT, box[2] / WIDTH, box[3] / HEIGHT)
    return PastSighting(name, share, began, began + HOUR / 2, verdict)


def place() -> Place:
    (found,) = Places("camera").update([Proposal(STALL, STALL, HERE, 0.7, OCCUPANCY)], NOON)
    return found


def taken(known: Sequence[PastSighting], at: datetime = NOON) -> float:
    """What it takes from a stall that comes at noon."""
    experience = PastSightings()
    experience.ask = lambda since: known
    experience.follow(at)
    return experience.weigh(place(), at, WIDTH, HEIGHT)


def test_what_was_rejected_at_the_place_in_the_same_hours_counts_against_it() -> None:
    assert taken([past()]) == REJECTED
    assert taken([past(days=2, hours=-0.9), past(days=3, hours=1.4)]) == max(MOST, 2 * REJECTED)


@pytest.mark.parametrize(
    "other",
    [
        past(box=(400, 100, 500, 200)),
        past(hours=3),
        past(hours=-3),
        past(name="banner"),
        past(verdict=PastVerdict.REJECTED),
        past(verdict=PastVerdict.OPEN),
        past(days=31),
    ],
    ids=["place", "earlier", "later", "class", "another reason", "open", "forgotten"],
)
def test_what_differs_in_place_hours_class_or_verdict_or_is_old_counts_for_nothing(other: PastSighting) -> None:
    assert taken([other]) == 0


def test_what_stood_for_the_whole_day_counts_at_every_hour() -> None:
    long = PastSighting(STALL, past().box, NOON - 2 * DAY, NOON - 1.05 * DAY, NOTHING)
    assert taken([long], NOON + 10 * HOUR) == REJECTED


def test_confirmed_ones_take_the_weight_away_and_raise_nothing() -> None:
    confirmed = past(days=2, verdict=PastVerdict.CONFIRMED)
    assert taken([past(), confirmed]) == 0
    assert taken([confirmed, confirmed]) == 0


def test_what_comes_back_day_after_day_and_was_put_aside_counts_and_what_nobody_has_looked_at_does_not() -> None:
    days = [past(days=n, verdict=PastVerdict.OPEN) for n in (1, 2, 3)]
    assert taken(days) == 0
    assert taken([*days, past(days=4, verdict=PastVerdict.REJECTED)]) < 0
    assert taken([*days, past(days=4, verdict=PastVerdict.REJECTED), past(days=5, verdict=PastVerdict.CONFIRMED)]) == 0
    assert taken([past(days=n / 100, verdict=PastVerdict.REJECTED) for n in (5, 6, 7)]) == 0, "of one day"


def test_the_past_never_hides_what_is_seen_well_and_is_forgotten() -> None:
    often = [past(days=n) for n in range(1, 29)]
    assert taken(often) == weight_of(often) == MOST
    seen = Evidence()
    for number in range(6):
        at = NOON + number * timedelta(seconds=30)
        seen = seen.heard(MODEL, Support(MODEL, 0.8, 2.0), at).heard(OBJECTS, Support(OBJECTS, 0.6, 1.5), at)
    assert seen.probability(past=MOST) > 0.9
    alone = Evidence().heard(OCCUPANCY, Support(OCCUPANCY, 0.7, 1.0), NOON)
    assert alone.probability() > 0.5 > alone.probability(past=REJECTED)
    assert taken(often, often[0].last_seen + FORGOTTEN) == 0


def test_it_asks_every_ten_minutes_for_the_last_month() -> None:
    asked: list[datetime] = []
    experience = PastSightings()
    experience.follow(NOON)  # where nobody knows anything

    def ask(since: datetime) -> list[PastSighting]:
        asked.append(since)
        return []

    experience.ask = ask
    for minute in range(21):
        experience.follow(NOON + timedelta(minutes=minute))
    assert asked == [NOON + timedelta(minutes=minute) - FORGOTTEN for minute in (0, 10, 20)]
