"""Schedules: one for each view, and a gentler one for going on from a finished model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import DatasetInvalid
from training.runs.schedule import FEW_PICTURES, SCHEDULES, Schedule, gentle, schedule_for


def test_only_pictures_from_above_are_turned_upside_down() -> None:
    assert schedule_for("above").flip_up_down > 0
    assert schedule_for("street").flip_up_down == 0


def test_the_last_epochs_see_whole_pictures() -> None:
    assert Schedule(epochs=10, image_size=640).whole_picture_epochs == 3
    assert all(schedule.whole_picture_epochs > 0 for schedule in SCHEDULES.values())


def test_an_unknown_view_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DatasetInvalid, match="above, oblique, pole, street"):
        schedule_for("below")


@given(
    st.sampled_from(sorted(SCHEDULES)),
    st.integers(0, 2 * FEW_PICTURES),
)
def test_going_on_is_never_wilder_than_starting(view: str, pictures: int) -> None:
    begun, gone_on = SCHEDULES[view], gentle(SCHEDULES[view], pictures)
    assert 0 < gone_on.learning_rate < begun.learning_rate
    assert 1 <= gone_on.epochs <= begun.epochs
    assert gone_on.frozen_layers >= begun.frozen_layers
    assert gone_on.batch <= begun.batch
    assert gone_on.warmup_epochs <= begun.warmup_epochs
    kept = {"image_size", "input_size", "flip_up_down", "flip_left_right", "scale", "close_mosaic_share"}
    assert {name: getattr(gone_on, name) for name in kept} == {name: getattr(begun, name) for name in kept}


@pytest.mark.parametrize(
    ("pictures", "rate", "epochs", "frozen"),
    [
        (1, 1e-4, 6, 10),
        (FEW_PICTURES - 1, 1e-4, 6, 10),
        (FEW_PICTURES, 5e-4, 12, 0),
        (50_000, 5e-4, 12, 0),
    ],
)
def test_few_pictures_are_the_border_between_a_tenth_and_half_of_the_rate(
    pictures: int, rate: float, epochs: int, frozen: int
) -> None:
    schedule = gentle(SCHEDULES["above"], pictures)
    assert schedule.learning_rate == pytest.approx(rate)
    assert (schedule.epochs, schedule.frozen_layers) == (epochs, frozen)


@pytest.mark.parametrize(("begun", "gone_on"), [(1, 1), (2, 2), (3, 3), (5, 3), (6, 3), (7, 3), (8, 4), (20, 10)])
def test_half_of_the_epochs_but_three_where_there_were_as_many(begun: int, gone_on: int) -> None:
    assert gentle(Schedule(epochs=begun, image_size=640), 10).epochs == gone_on


def test_a_backbone_that_was_frozen_deeper_stays_frozen_as_deep() -> None:
    assert gentle(Schedule(epochs=4, image_size=640, frozen_layers=15), 10).frozen_layers == 15


def test_a_small_batch_stays_small() -> None:
    assert gentle(Schedule(epochs=4, image_size=640, batch=4), 10).batch == 4


@pytest.mark.parametrize("view", sorted(SCHEDULES))
def test_networks_take_sizes_that_their_strides_divide(view: str) -> None:
    schedule = schedule_for(view)
    for side in (schedule.image_size, *(schedule.input_size or ())):
        assert side % 32 == 0


@pytest.mark.parametrize("view", ["", "Above", "above ", "side"])
def test_a_view_is_named_exactly(view: str) -> None:
    with pytest.raises(DatasetInvalid, match="known: above, oblique, pole, street"):
        schedule_for(view)
