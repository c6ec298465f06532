"""No place on both sides, whatever the pictures."""

from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.datasets.group_split import Unparted, group_of, split, tile_of
from training.datasets.interchange import Side
from training.datasets.manifest import PictureWhere


def picture(
    name: str, *classes: str, place: str = "", camera: str = "", day: str = "", side: Side | None = None
) -> Unparted:
    where = PictureWhere(camera=camera or None, place=place or None, day=date.fromisoformat(day) if day else None)
    return Unparted(name, where, frozenset(classes), side)


@pytest.mark.parametrize(
    ("name", "tile"),
    [
        ("train/images/img_1_jpg.rf.0a1b2c.jpg", "img_1_jpg"),
        ("valid/images/img_1_jpg.rf.ffff.jpg", "img_1_jpg"),
        ("cam1/0001.jpg", "cam1/0001.jpg"),  # and cam2/0001.jpg is another
        ("a.rf.b.c.jpg", "a.rf.b.c.jpg"),
    ],
)
def test_copies_of_a_tile_are_known_by_their_names(name: str, tile: str) -> None:
    assert tile_of(name) == tile


def test_places_are_kept_whole_and_about_a_fifth_is_held_out() -> None:
    pictures = [picture(f"{n}.jpg", "stall", place=f"p{n % 10}") for n in range(100)]
    parted = split(pictures)
    assert parted.by == "place"
    assert parted.sides.count("val") == 20
    assert parted.notes == ()


def test_cameras_part_where_places_are_not_known_and_days_where_there_is_one_camera() -> None:
    cameras = [picture(f"{n}.jpg", camera=f"c{n % 5}", day="2026-11-20") for n in range(20)]
    assert split(cameras).by == "camera"
    days = [picture(f"{n}.jpg", camera="c", place="p", day=f"2026-11-{1 + n % 5:02}") for n in range(20)]
    assert split(days).by == "day"


def test_a_picture_without_a_place_is_its_own_group() -> None:
    pictures = [picture("a.jpg", place="p"), picture("b.jpg", place="q"), picture("c.jpg")]
    assert split(pictures).groups == ("place p", "place q", "tile c.jpg")


def test_sides_of_an_export_stand_but_for_twins() -> None:
    pictures = [
        picture("train/a.rf.1.jpg", side="train"),
        picture("valid/a.rf.2.jpg", side="val"),
        picture("valid/b.jpg", side="val"),
    ]
    parted = split(pictures)
    assert (parted.by, parted.sides) == ("export", ("train", "train", "val"))
    assert "tile a: copies of it stand on both sides" in parted.notes[0]


def test_without_anything_the_last_names_are_held_out_and_that_is_said() -> None:
    pictures = [picture(f"{n:02}.jpg") for n in range(10)]
    parted = split(pictures)
    assert parted.by == "name"
    assert [one.name for one, side in zip(pictures, parted.sides, strict=True) if side == "val"] == ["08.jpg", "09.jpg"]
    assert "give --pictures to part by place" in parted.notes[0]


def test_one_picture_cannot_be_parted() -> None:
    assert split([picture("a.jpg")]).sides == ("train",)


def test_a_rare_class_is_on_both_sides_where_two_places_show_it() -> None:
    pictures = [picture(f"{n}.jpg", "stall", place=f"p{n}") for n in range(20)]
    pictures += [picture(f"r{n}.jpg", "stall", "river_litter", place=f"r{n}") for n in range(2)]
    parted = split(pictures)
    rare = {side for one, side in zip(pictures, parted.sides, strict=True) if "river_litter" in one.classes}
    assert rare == {"train", "val"}


def test_a_class_of_one_place_is_trained_on() -> None:
    pictures = [picture(f"{n}.jpg", "stall", place=f"p{n}") for n in range(6)]
    pictures.append(picture("only.jpg", "river_litter", place="river"))
    assert split(pictures).sides[-1] == "train"


places = st.sampled_from(["", "a", "b", "c", "d", "e"])
unparted = st.builds(
    lambda name, place, camera, day, classes, side: picture(
        name, *classes, place=place, camera=camera, day=day, side=side
    ),
    st.text("ab0123/", min_size=1, max_size=6).map(lambda text: f"{text}x.jpg"),
    places,
    places,
    st.sampled_from(["", "2026-11-20", "2026-11-21"]),
    st.sets(st.sampled_from(["stall", "sign", "banner"])),
    st.sampled_from([None, "train", "val"]),
)


@given(pictures=st.lists(unparted, min_size=1, max_size=40, unique_by=lambda one: one.name))
@settings(max_examples=200, deadline=None)
def test_no_group_is_ever_on_both_sides(pictures: list[Unparted]) -> None:
    parted = split(pictures)
    assert len(parted.sides) == len(parted.groups) == len(pictures)
    sides = defaultdict(set)
    for group, side in zip(parted.groups, parted.sides, strict=True):
        sides[group].add(side)
    assert all(len(one) == 1 for one in sides.values())
    assert "train" in parted.sides  # never everything held out
    assert parted.groups == tuple(group_of(one, parted.by) for one in pictures)  # as a later import will see it
    if parted.by in ("place", "camera", "day"):
        assert "val" in parted.sides
        for side in ("train", "val"):
            known = {
                getattr(one.where, parted.by) for one, own in zip(pictures, parted.sides, strict=True) if own == side
            }
            others = {
                getattr(one.where, parted.by) for one, own in zip(pictures, parted.sides, strict=True) if own != side
            }
            assert not (known & others) - {None}
    assert split(pictures) == parted  # and the same again
