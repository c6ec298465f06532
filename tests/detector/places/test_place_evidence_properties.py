"""Evidence adds up alike in any order, and each finder moves it only as far as it may."""

from datetime import UTC, datetime, timedelta
from math import exp, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.places.place_evidence import (
    FICKLE,
    GROWTH,
    MODEL,
    MOST,
    OBJECTS,
    OCCUPANCY,
    PRIOR,
    SILENCE,
    SILENT_AT_MOST,
    STOOD,
    Evidence,
    Support,
    log_odds_of,
)

FEW = settings(max_examples=50, deadline=None)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FINDERS = (MODEL, OBJECTS, OCCUPANCY)
Said = tuple[str, float | None]

said = st.tuples(st.sampled_from(FINDERS), st.none() | st.floats(-2, 3))


def heard(looks: list[Said], start: Evidence | None = None) -> Evidence:
    evidence = start or Evidence()
    for minute, (finder, odds) in enumerate(looks):
        support = None if odds is None else Support(finder, 0.5, odds)
        evidence = evidence.heard(finder, support, NOON + timedelta(minutes=minute))
    return evidence


def share(log_odds: float) -> float:
    return 1 / (1 + exp(-log_odds))


@FEW
@given(st.lists(said, max_size=12), st.data())
def test_the_order_of_looks_does_not_matter(looks: list[Said], data: st.DataObject) -> None:
    turned = data.draw(st.permutations(looks))
    assert heard(turned).probability(300) == pytest.approx(heard(looks).probability(300))
    for finder in FINDERS:
        one, other = heard(turned).of(finder), heard(looks).of(finder)
        assert (one.looks, one.seen, one.best) == (other.looks, other.seen, other.best)


@FEW
@given(st.lists(said, max_size=12), st.sampled_from(FINDERS), st.floats(-2, 3))
def test_no_look_speaks_for_another_finder(looks: list[Said], finder: str, odds: float) -> None:
    before, after = heard(looks), heard([(finder, odds)], heard(looks))
    for other in FINDERS:
        if other != finder:
            assert after.of(other) == before.of(other)
    assert after.of(finder).looks == before.of(finder).looks + 1
    assert len({record.finder for record in after.records}) == len(after.records)


@FEW
@given(st.lists(said, max_size=12), st.sampled_from(FINDERS), st.floats(-2, 3), st.floats(0, 2))
def test_a_surer_word_never_counts_for_less(looks: list[Said], finder: str, odds: float, more: float) -> None:
    less, surer = (heard([*looks, (finder, one)]).probability() for one in (odds, odds + more))
    assert surer >= less - 1e-12


@FEW
@given(st.lists(said, max_size=40))
def test_each_finder_stays_within_what_it_may_say(looks: list[Said]) -> None:
    for record in heard(looks).records:
        assert SILENT_AT_MOST[record.finder] <= record.weight <= MOST
        assert 0 <= record.seen <= record.looks
        assert record.first is None or record.last is None or record.first <= record.last


@FEW
@given(st.lists(said, max_size=12), st.sampled_from((MODEL, OBJECTS)))
def test_a_silent_look_never_raises_what_it_has_not_seen(looks: list[Said], finder: str) -> None:
    unseen = [look for look in looks if look[0] != finder]
    assert heard([*unseen, (finder, None)]).probability() <= heard(unseen).probability()


@pytest.mark.parametrize(
    ("looks", "total"),
    [
        ([], 0.0),
        ([(MODEL, 1.0)], 1.0),
        ([(MODEL, None)], -0.6),  # its silence is bounded
        ([(OBJECTS, None)], SILENCE[OBJECTS]),
        ([(OCCUPANCY, None)], 0.0),
        ([(OBJECTS, 1.0), (OBJECTS, 2.0)], 1.5 * (1 + log(2))),
        ([(MODEL, 1.0), (MODEL, None)], max(-0.6, (1.0 + FICKLE) / 2 * (1 + GROWTH[MODEL] * log(2)))),
        ([(OCCUPANCY, 2.0)] * 9, 2.0),
        ([(OBJECTS, 3.0)] * 9, MOST),
        ([(OBJECTS, 3.0)] * 9 + [(MODEL, None)], MOST - 0.6),
        ([(MODEL, 1.0), (OBJECTS, 0.5), (OCCUPANCY, 0.25)], 1.75),
    ],
)
def test_what_looks_come_to_by_hand(looks: list[Said], total: float) -> None:
    assert heard(looks).probability() == pytest.approx(share(PRIOR + total))


@pytest.mark.parametrize(("stood", "part"), [(0, 0.0), (300, 0.5), (600, 1.0), (86_400, 1.0)])
def test_standing_counts_up_to_ten_minutes(stood: float, part: float) -> None:
    assert heard([(OCCUPANCY, 1.0)]).probability(stood) == pytest.approx(share(PRIOR + 1.0 + STOOD * part))
    assert heard([(OCCUPANCY, None)]).probability(stood) == pytest.approx(share(PRIOR)), "it never saw the thing"


def test_the_record_keeps_the_mean_the_best_and_the_first_and_last_look_that_saw_it() -> None:
    evidence = Evidence()
    for minute, score in enumerate((None, 0.2, 0.8, None, 0.5, None)):
        support = None if score is None else Support(MODEL, score, 1.0)
        evidence = evidence.heard(MODEL, support, NOON + timedelta(minutes=minute))
    record = evidence.of(MODEL)
    assert (record.looks, record.seen, record.best) == (6, 3, 0.8)
    assert record.mean_score == pytest.approx(0.5)
    assert (record.first, record.last) == (NOON + timedelta(minutes=1), NOON + timedelta(minutes=4))
    assert evidence.of(OBJECTS).mean_score == 0.0


@FEW
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.99))
def test_log_odds_grow_with_the_score_and_change_sign_at_the_even_one(a: float, b: float, even: float) -> None:
    low, high = sorted((a, b))
    assert log_odds_of(low, even, -9, 9) <= log_odds_of(high, even, -9, 9)
    assert (log_odds_of(a, even, -9, 9) > 0) == (a > even and log_odds_of(a, even, -9, 9) != 0)
