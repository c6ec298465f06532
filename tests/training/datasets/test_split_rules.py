"""What a split promises: about a fifth, never all of a class, and notes on what could not be parted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.datasets.group_split import HELD_OUT, Unparted, group_of, split, tile_of
from training.datasets.interchange import Side
from training.datasets.manifest import PictureWhere


def picture(name: str, *classes: str, place: str | None = None, side: Side | None = None) -> Unparted:
    return Unparted(name, PictureWhere(place=place), frozenset(classes), side)


@given(st.integers(2, 60))
def test_of_places_with_one_picture_each_about_a_fifth_is_held_out(count: int) -> None:
    parted = split([picture(f"{n}.jpg", "stall", place=f"p{n}") for n in range(count)])
    held = parted.sides.count("val")
    assert 1 <= held < count
    assert abs(held - HELD_OUT * count) <= 1


@given(st.integers(2, 12), st.integers(2, 6), st.data())
@settings(max_examples=50, deadline=None)
def test_no_class_is_measured_that_was_not_trained_on(places: int, classes: int, data: st.DataObject) -> None:
    shows = [
        data.draw(st.sets(st.integers(0, classes - 1), min_size=1)) for _ in range(places)
    ]  # fmt: skip
    parted = split([picture(f"{n}.jpg", *map(str, shown), place=f"p{n}") for n, shown in enumerate(shows)])
    trained = {c for shown, side in zip(shows, parted.sides, strict=True) if side == "train" for c in shown}
    held = {c for shown, side in zip(shows, parted.sides, strict=True) if side == "val" for c in shown}
    once = {c for c in range(classes) if sum(c in shown for shown in shows) == 1}
    if all(shown & once for shown in shows):
        return  # each place shows something that no other has: one of them is held out all the same
    assert not held - trained


def test_a_huge_place_is_not_held_out_beside_others() -> None:
    pictures = [picture(f"a{n}.jpg", "stall", place="market") for n in range(80)]
    pictures += [picture(f"b{n}.jpg", "stall", place=f"p{n}") for n in range(20)]
    parted = split(pictures)
    assert set(parted.sides[:80]) == {"train"}
    assert 10 <= parted.sides.count("val") <= 21


def test_two_places_are_parted_whatever_their_sizes() -> None:
    parted = split([picture(f"{n}.jpg", "stall", place="a" if n < 9 else "b") for n in range(10)])
    assert parted.sides == ("train",) * 9 + ("val",), "the smaller one is measured on"


def test_the_order_of_the_pictures_does_not_change_their_sides() -> None:
    pictures = [picture(f"{n}.jpg", "stall", place=f"p{n % 9}") for n in range(50)]
    forth, back = split(pictures), split(pictures[::-1])
    assert forth.sides == back.sides[::-1]


def test_a_set_without_labels_is_parted_too() -> None:
    parted = split([picture(f"{n}.jpg", place=f"p{n}") for n in range(10)])
    assert parted.sides.count("val") == 2


@pytest.mark.parametrize(("count", "held"), [(1, 0), (2, 1), (5, 1), (7, 1), (8, 2), (10, 2), (100, 20)])
def test_without_places_the_last_fifth_of_the_names_is_held_out(count: int, held: int) -> None:
    parted = split([picture(f"{n:03d}.jpg", "stall") for n in range(count)])
    assert parted.by == "name"
    assert parted.sides == ("train",) * (count - held) + ("val",) * held
    assert len(parted.notes) == 1


@pytest.mark.parametrize("sides", [("train", "train"), ("val", "val"), (None, None), ("train", None)])
def test_an_export_of_one_side_is_parted_by_names(sides: tuple[Side | None, Side | None]) -> None:
    parted = split([picture(f"{n}.jpg", side=side) for n, side in enumerate(sides)])
    assert (parted.by, parted.sides) == ("name", ("train", "val"))


def test_what_an_export_calls_neither_is_trained_on() -> None:
    parted = split([picture("a.jpg", side="val"), picture("b.jpg"), picture("c.jpg", side="train")])
    assert (parted.by, parted.sides, parted.notes) == ("export", ("val", "train", "train"), ())


def test_each_twin_of_an_export_is_noted_once() -> None:
    names = [(f"{side}/x.rf.{n}.jpg", side) for n, side in enumerate(("train", "val", "val", "train"))]
    sides: dict[str, Side] = {"train": "train", "val": "val"}
    parted = split([*(picture(name, side=sides[side]) for name, side in names), picture("val/y.jpg", side="val")])
    assert parted.sides == ("train",) * 4 + ("val",)
    assert parted.notes == ("tile x: copies of it stand on both sides of the export; all are trained on",)


@given(st.text(min_size=1, max_size=20))
def test_whatever_the_name_a_picture_has_a_tile(name: str) -> None:
    assert tile_of(name)
    assert group_of(picture(name), "place") == group_of(picture(name), "name") == f"tile {tile_of(name)}"
