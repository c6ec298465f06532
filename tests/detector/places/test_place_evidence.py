"""What finders say adds up: agreement raises, silence lowers, and no single finder can shout the others down."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.places.place_evidence import MODEL, OBJECTS, OCCUPANCY, Evidence, Support, log_odds_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def heard(*said: tuple[str, float | None]) -> Evidence:
    evidence = Evidence()
    for minute, (finder, odds) in enumerate(said):
        support = None if odds is None else Support(finder, 0.5, odds)
        evidence = evidence.heard(finder, support, NOON + timedelta(minutes=minute))
    return evidence


def test_looks_that_agree_raise_the_probability_ever_more_slowly() -> None:
    steps = [heard(*[(MODEL, 0.8)] * count).probability() for count in range(1, 6)]
    assert steps == sorted(steps)
    rises = [later - earlier for earlier, later in pairwise(steps)]
    assert rises == sorted(rises, reverse=True)


def test_silence_lowers_it_but_a_blind_network_cannot_bury_what_another_finder_sees() -> None:
    seen = heard(*[(OBJECTS, 2.0)] * 4)
    doubted = heard(*[(OBJECTS, 2.0)] * 4, *[(MODEL, None)] * 50)
    assert doubted.probability() < seen.probability()
    assert doubted.probability() > 0.8
    assert heard((OCCUPANCY, 1.0), *[(MODEL, None)] * 3, *[(OBJECTS, None)] * 3).probability() < 0.5


def test_one_faint_look_is_not_enough_and_the_same_faint_thing_seen_every_time_is() -> None:
    faint = log_odds_of(0.2, even=0.1, low=-1, high=2.5)
    assert heard((OBJECTS, faint), (OBJECTS, None), (OBJECTS, None), (OBJECTS, None)).probability() < 0.4
    assert heard(*[(OBJECTS, faint)] * 4).probability() > 0.6


def test_standing_for_minutes_counts_for_what_occupancy_sees_and_for_nothing_else() -> None:
    assert heard((OCCUPANCY, 1.0)).probability(600) > heard((OCCUPANCY, 1.0)).probability(60)
    assert heard((MODEL, 1.0)).probability(600) == heard((MODEL, 1.0)).probability(60)


def test_the_record_says_which_finder_saw_it_in_which_looks() -> None:
    record = heard((MODEL, 1.0), (MODEL, None), (MODEL, 1.0), (OBJECTS, None)).of(MODEL)
    assert (record.looks, record.seen, record.mean_score, record.best) == (3, 2, 0.5, 0.5)
    assert (record.first, record.last) == (NOON, NOON + timedelta(minutes=2))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([MODEL, OBJECTS, OCCUPANCY]), st.one_of(st.none(), st.floats(-2, 3, allow_nan=False))
        ),
        max_size=60,
    ),
    st.floats(0, 1e6),
)
def test_it_is_always_a_probability(said: list[tuple[str, float | None]], stood: float) -> None:
    assert 0 < heard(*said).probability(stood) < 1


@pytest.mark.parametrize("score", [0.0, 1e-9, 0.3, 1.0])
def test_log_odds_stay_within_their_bounds_and_are_nothing_at_the_even_score(score: float) -> None:
    assert -1 <= log_odds_of(score, 0.3, -1, 2) <= 2
    assert log_odds_of(0.3, 0.3, -1, 2) == pytest.approx(0)
