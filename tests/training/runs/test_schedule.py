import pytest

from training.errors import DatasetInvalid
from training.runs.schedule import SCHEDULES, Schedule, schedule_for


def test_only_pictures_from_above_are_turned_upside_down() -> None:
    assert schedule_for("above").flip_up_down > 0
    assert schedule_for("street").flip_up_down == 0


def test_the_last_epochs_see_whole_pictures() -> None:
    assert Schedule(epochs=10, image_size=640).whole_picture_epochs == 3
    assert all(schedule.whole_picture_epochs > 0 for schedule in SCHEDULES.values())


def test_an_unknown_view_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DatasetInvalid, match="above, oblique, pole, street"):
        schedule_for("below")
