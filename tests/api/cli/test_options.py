"""Options that several commands share: each refused in one line that says how to write it."""

from datetime import timedelta
from pathlib import Path

import pytest
import typer
from shapely.geometry import Point

from api.cli.options import area_from, duration_from, terrain_from, zone_from


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("5m", 300), ("366d", 366 * 86400)])
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert duration_from("--every", text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["0s", "367d", "-5s", "five", "", "1e9d"])
def test_lengths_that_are_none_name_their_option(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"^--every") as caught:
        duration_from("--every", text)
    assert "\n" not in str(caught.value)


def test_a_zone_by_its_name() -> None:
    assert str(zone_from("Asia/Shanghai")) == "Asia/Shanghai"


@pytest.mark.parametrize("name", ["Asia/Nowhere", "", "../../etc/passwd", "/etc/passwd", "a\0b", "x" * 5000, "Asia"])
def test_a_zone_that_is_none_is_refused_and_no_file_is_opened(name: str) -> None:
    with pytest.raises(typer.BadParameter, match="write it like Asia/Shanghai"):
        zone_from(name)


def test_a_place_of_take_off_needs_a_terrain_model() -> None:
    assert terrain_from(None, None) is None
    with pytest.raises(typer.BadParameter, match="--dem"):
        terrain_from(None, "34.7,113.6")


def test_an_area_is_around_the_place_that_was_typed_else_the_operators(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STREETWARDEN_NEAR", raising=False)
    assert area_from(None) is None
    monkeypatch.setenv("STREETWARDEN_NEAR", "36.6,-6.1")
    theirs, typed = area_from(None), area_from("34.7,113.6")
    assert theirs is not None
    assert typed is not None
    assert theirs.contains(Point(-6.1, 36.6))
    assert typed.contains(Point(113.6, 34.7))
    assert not typed.contains(Point(-6.1, 36.6))


@pytest.mark.parametrize("near", ["113.6,34.7", "34.7", "x,y"])
def test_a_place_that_is_none_names_its_option(near: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"^--near"):
        area_from(near)
