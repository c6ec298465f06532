import json
import re
from pathlib import Path

import pytest

from tests.training.sets import save_picture
from training.datasets.labels import Label, LabelledPicture, check_set, open_set, read_pictures, refuse_twins
from training.datasets.recipes import RECIPES, build, hold_out, leave_out, without_twins
from training.errors import DatasetInvalid

WINDOW = "0 0.5 0.5 0.2 0.2"  # facade_ads' own order: 0 is a window, 3 a signboard
SIGNBOARD = "3 0.5 0.5 0.4 0.2"


def pictures(*names: str) -> tuple[LabelledPicture, ...]:
    return tuple(LabelledPicture(Path(f"{name}.jpg"), (Label(0, 0.5, 0.5, 0.1, 0.1),)) for name in names)


def test_a_fifth_of_the_tiles_is_held_out_with_all_their_copies() -> None:
    every = pictures(*(f"chip_{tile}_png.rf.{copy}" for tile in range(100) for copy in "ab"))
    split = hold_out(every)
    assert len(split.val) == 40
    assert len(split.train) == 160
    refuse_twins(split.train, split.val)


def test_the_split_does_not_depend_on_the_order_and_does_on_the_seed() -> None:
    every = pictures(*(f"img_{n}" for n in range(50)))
    assert set(hold_out(every).val) == set(hold_out(every[::-1]).val)
    assert set(hold_out(every, seed=2).val) != set(hold_out(every, seed=1).val)


def test_twins_of_measured_tiles_leave_the_training_side() -> None:
    split = without_twins(pictures("a.rf.1", "a.rf.2", "b.rf.1", "ab"), pictures("a.rf.3", "c"))
    assert [picture.path.name for picture in split.train] == ["b.rf.1.jpg", "ab.jpg"]
    assert [picture.path.name for picture in split.dropped] == ["a.rf.1.jpg", "a.rf.2.jpg"]


def test_a_place_is_left_out_with_all_its_copies_and_measured_on_once() -> None:
    train = pictures("here_1.rf.a", "here_1.rf.b", "there_1.rf.a", "there_1.rf.b", "there_2.rf.a")
    split = leave_out(train, pictures("here_2.rf.a", "there_3.rf.a"), "here*")
    assert [picture.path.stem for picture in split.train] == ["there_1.rf.a", "there_1.rf.b", "there_2.rf.a"]
    assert [picture.path.stem for picture in split.val] == ["here_2.rf.a", "here_1.rf.a"]


@pytest.mark.parametrize(("pattern", "said"), [("nowhere*", "is the name of no tile"), ("*", "of every tile")])
def test_a_pattern_that_parts_nothing_is_refused(facades: Path, tmp_path: Path, pattern: str, said: str) -> None:
    with pytest.raises(DatasetInvalid, match=rf"--without '{re.escape(pattern)}': .*{said[3:]}"):
        build("street-ads", facades, tmp_path / "out", pattern)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def facades(tmp_path: Path) -> Path:
    for n in range(20):
        save_picture(tmp_path / "shared/data/facade_ads/train", f"img_{n}", [WINDOW, SIGNBOARD])
    return tmp_path / "shared"


def test_a_built_set_is_in_the_models_order_of_classes(facades: Path, tmp_path: Path) -> None:
    split = build("street-ads", facades, tmp_path / "out")
    described = open_set(tmp_path / "out")
    assert described.names == RECIPES["street-ads"].classes
    assert described.train is not None
    train, val = read_pictures(described.train, 6), read_pictures(described.val, 6)
    assert (len(train), len(val)) == (len(split.train), len(split.val)) == (16, 4)
    assert [described.names[label.cls] for label in val[0].labels] == ["window", "signboard"]
    sources = json.loads((tmp_path / "out/sources.json").read_text())
    assert [(source["role"], source["pictures"], source["boxes"]) for source in sources] == [
        ("train", 16, 32),
        ("val", 4, 8),
    ]


def test_a_set_can_be_built_again_but_never_over_something_else(facades: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build("street-ads", facades, out)
    first = sorted(path.name for path in (out / "val/images").iterdir())
    build("street-ads", facades, out)
    assert sorted(path.name for path in (out / "val/images").iterdir()) == first
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    with pytest.raises(DatasetInvalid, match="something else"):
        build("street-ads", facades, tmp_path / "mine")
    assert (tmp_path / "mine/thesis.txt").is_file()


def test_a_bad_label_stops_the_building_before_anything_is_written(facades: Path, tmp_path: Path) -> None:
    (facades / "data/facade_ads/train/labels/img_3.txt").write_text("9 0.5 0.5 0.1 0.1\n")
    with pytest.raises(DatasetInvalid, match=r"img_3\.txt:1: class 9"):
        build("street-ads", facades, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_set_too_small_to_split_is_refused(tmp_path: Path) -> None:
    save_picture(tmp_path / "data/facade_ads/train", "img_1", [WINDOW])
    with pytest.raises(DatasetInvalid, match="too small"):
        build("street-ads", tmp_path, tmp_path / "out")


def test_a_set_to_measure_on_has_no_side_to_train_on(tmp_path: Path) -> None:
    save_picture(tmp_path / "data/shop_signs/train", "shop_1", ["0 0.5 0.5 0.4 0.2"])
    split = build("shop-signs", tmp_path, tmp_path / "out")
    assert (len(split.train), len(split.val)) == (0, 1)
    described = open_set(tmp_path / "out")
    assert described.train is None
    assert len(read_pictures(described.val, 1)) == 1
    with pytest.raises(DatasetInvalid, match="measuring alone"):
        check_set(described)


def test_an_unknown_recipe_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match="aerial-stalls, shop-signs, street-ads"):
        build("cats", tmp_path, tmp_path / "out")


def test_the_real_sets_have_no_twins_across_their_split(shared: Path, tmp_path: Path) -> None:
    aerial = build("aerial-stalls", shared, tmp_path / "aerial")
    assert (len(aerial.train), len(aerial.val), len(aerial.dropped)) == (598, 79, 0)
    street = build("street-ads", shared, tmp_path / "street")
    assert (len(street.train), len(street.val)) == (449, 112)
    for split in (aerial, street):
        refuse_twins(split.train, split.val)
