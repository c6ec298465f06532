"""The manifest: what it says comes back, and no change of it goes unnoticed."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from training.datasets.interchange import Side
from training.datasets.manifest import Box, DatasetAct, DatasetManifest, Picture, PictureWhere, read_manifest
from training.errors import DatasetInvalid

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
share = st.floats(0.001, 0.999).map(lambda value: round(value, 6))
words = st.text("abc 街-_.", min_size=1, max_size=12)
boxes = st.builds(Box, cls=st.integers(0, 1), x=share, y=share, width=share, height=share)
places = st.builds(
    PictureWhere,
    camera=st.none() | words,
    place=st.none() | words,
    day=st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)),
)
pictures = st.builds(
    Picture,
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    file=st.text("abc012", min_size=1, max_size=10).map(lambda text: f"{text}.jpg"),
    original=words,
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    side=st.sampled_from(["train", "val"]),
    group=words,
    where=places,
    origin=words,
    licence=st.sampled_from(["ours", "CC BY 4.0"]),
    boxes=st.lists(boxes, max_size=3).map(tuple),
)
manifests = st.builds(
    DatasetManifest,
    name=st.just("river"),
    number=st.integers(1, 99),
    parent=st.none() | words,
    view=st.just("above"),
    classes=st.just(("stall", "sign")),
    split_by=st.just("place"),
    acts=st.lists(
        st.builds(DatasetAct, kind=st.just("import"), by=words, at=st.just(AT), note=words), min_size=1, max_size=2
    ).map(tuple),
    pictures=st.lists(pictures, max_size=5, unique_by=lambda one: one.sha256).map(tuple),
)


def written(folder: Path, manifest: DatasetManifest) -> Path:
    version = folder / manifest.version
    version.mkdir(exist_ok=True)
    (version / "manifest.json").write_text(manifest.text, encoding="utf-8")
    return version


@given(manifest=manifests)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path, manifest: DatasetManifest) -> None:
    assert read_manifest(written(tmp_path, manifest)) == manifest


@given(manifest=manifests, at=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_flipped_bit_is_noticed(tmp_path: Path, manifest: DatasetManifest, at: int, bit: int) -> None:
    path = written(tmp_path, manifest) / "manifest.json"
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1 << bit
    path.write_bytes(content)
    with pytest.raises(DatasetInvalid, match=r"manifest\.json: "):
        read_manifest(path.parent)


@given(manifest=manifests, extra=pictures)
@settings(max_examples=60, deadline=None)
def test_figures_are_comparable_as_long_as_the_frozen_side_is_the_same(
    manifest: DatasetManifest, extra: Picture
) -> None:
    trained = extra.model_copy(update={"side": "train"})
    held = extra.model_copy(update={"side": "val"})
    more = manifest.model_copy(update={"pictures": (*manifest.pictures, trained), "number": manifest.number + 1})
    grown = manifest.model_copy(update={"pictures": (*manifest.pictures, held)})
    assert more.evaluation == manifest.evaluation
    assert grown.evaluation != manifest.evaluation
    assert more.version != manifest.version
    turned = manifest.model_copy(update={"pictures": manifest.pictures[::-1]})
    assert turned.evaluation == manifest.evaluation  # the order is no content


def picture(side: Side, licence: str, *found: Box) -> Picture:
    return Picture(
        sha256=f"{len(found)}{side}{licence}".encode().hex().ljust(64, "0")[:64],
        file="a.jpg",
        original="a.jpg",
        width=10,
        height=10,
        side=side,
        group="g",
        where=PictureWhere(),
        origin="city",
        licence=licence,
        boxes=found,
    )


def of(*found: Picture, **changes: object) -> DatasetManifest:
    values: dict[str, object] = {
        "name": "river",
        "number": 1,
        "view": "above",
        "classes": ("stall", "sign"),
        "split_by": "place",
        "acts": (DatasetAct(kind="import", by="A. Reviewer", at=AT),),
        "pictures": found,
        **changes,
    }
    return DatasetManifest.model_validate(values)


def test_a_card_gets_each_side_origin_and_licence_with_its_counts() -> None:
    box = Box(cls=0, x=0.5, y=0.5, width=0.1, height=0.1)
    manifest = of(picture("train", "ours", box), picture("train", "CC0"), picture("val", "ours", box, box))
    assert [(one.role, one.licence, one.pictures, one.boxes) for one in manifest.sources()] == [
        ("train", "ours", 1, 1),
        ("train", "CC0", 1, 0),
        ("val", "ours", 1, 2),
    ]
    assert {one.name for one in manifest.sources()} == {f"river/{manifest.version}"}


def test_labels_of_the_frozen_side_are_part_of_what_is_compared() -> None:
    one, other = Box(cls=0, x=0.5, y=0.5, width=0.1, height=0.1), Box(cls=1, x=0.5, y=0.5, width=0.1, height=0.1)
    first, second = picture("val", "ours", one), picture("val", "ours", other)
    assert of(first).evaluation != of(second).evaluation
    # the same class under another number, as a set has it that got its classes in another order
    assert of(first).evaluation == of(second, classes=("sign", "stall")).evaluation


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../river"},
        {"number": 0},
        {"classes": ()},
        {"acts": ()},
        {"view": "../x"},
        {"colour": "red"},
        {"pictures": ({"file": "../../etc/passwd"},)},
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        of(**changes)


@pytest.mark.parametrize("name", ["../a.jpg", "/a.jpg", ".hidden.jpg", "a/b.jpg", "", "-x.jpg", "a\0.jpg"])
def test_a_picture_cannot_be_named_out_of_its_folder(name: str) -> None:
    with pytest.raises(ValidationError):
        Picture.model_validate({**picture("val", "ours").model_dump(), "file": name})


def empty(path: Path) -> None:
    path.write_text("")


def missing(path: Path) -> None:
    path.unlink()


def other_json(path: Path) -> None:
    path.write_text("[]")


def spaced(path: Path) -> None:
    path.write_text(path.read_text() + " ")


@pytest.mark.parametrize("spoil", [empty, missing, other_json, spaced])
def test_a_damaged_manifest_is_one_line(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = written(tmp_path, of(picture("val", "ours"))) / "manifest.json"
    spoil(path)
    with pytest.raises(DatasetInvalid) as caught:
        read_manifest(path.parent)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
