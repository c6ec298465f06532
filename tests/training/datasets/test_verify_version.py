"""A version on disk against its manifest: the first file that was changed, is missing or new is named."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults import contents
from tests.training.datasets.exports import yolo
from training.datasets.export_formats import export_version
from training.datasets.importing import ImportWish, import_export
from training.datasets.version_store import latest, locked, picture_files, verify_version, write_version
from training.errors import DatasetInvalid

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def version(tmp_path: Path) -> Path:
    boxes = {f"{n}.jpg": [("stall", 10, 10, 30, 30)] for n in range(3)}
    export = yolo(tmp_path / "export", {"train": boxes})
    return import_export(export, tmp_path / "sets", ImportWish("river", "A. Reviewer"), AT).folder


def a_picture(version: Path) -> Path:
    return next(iter(sorted((version / "train/images").iterdir())))


def swap(version: Path) -> None:
    one, two = sorted((version / "train/images").iterdir())[:2]
    content = one.read_bytes()
    one.unlink()  # pictures may be hard links
    two_content = two.read_bytes()
    two.unlink()
    one.write_bytes(two_content)
    two.write_bytes(content)


def rewrite(name: str, text: str) -> Callable[[Path], None]:
    return lambda version: void((version / name).write_text(text))


def void(_: object) -> None:
    """Throw a value away."""


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda v: a_picture(v).unlink(), r"is not the picture that was imported; restore it, or go back a version"),
        (swap, r"is not the picture that was imported"),
        (lambda v: void(next((v / "train/labels").iterdir()).write_text("")), r"train/labels/.*\.txt: was changed"),
        (lambda v: next((v / "val/labels").iterdir()).unlink(), r"val/labels/.*\.txt: was changed after"),
        (rewrite("data.yaml", "names: [stall]\n"), r"data\.yaml: was changed"),
        (rewrite("sources.json", "[]\n"), r"sources\.json: was changed"),
        (lambda v: (v / "sources.json").unlink(), r"sources\.json: was changed"),
        (rewrite("train/labels/extra.txt", ""), r"train/labels/extra\.txt: was added after this version was made"),
        (rewrite("train/images/extra.jpg", ""), r"train/images/extra\.jpg: was added"),
        (rewrite(".hidden", ""), r"\.hidden: was added"),
    ],
)
def test_every_change_is_named_by_its_file(version: Path, spoil: Callable[[Path], None], said: str) -> None:
    verify_version(version)
    spoil(version)
    with pytest.raises(DatasetInvalid, match=said):
        verify_version(version)


def test_pictures_are_found_by_their_content(version: Path) -> None:
    manifest = verify_version(version)
    files = picture_files(version, manifest)
    assert len(files) == 3
    assert all(path.is_file() for path in files.values())


def test_a_version_copied_to_another_root_is_the_same(tmp_path: Path, version: Path) -> None:
    manifest = verify_version(version)
    (tmp_path / "other/river").mkdir(parents=True)
    copy = write_version(tmp_path / "other", manifest, picture_files(version, manifest))
    assert contents(copy) == contents(version)


def test_an_unknown_set_is_answered_with_those_there_are(version: Path) -> None:
    root = version.parent.parent
    for name in ("lake", "../sets/river", "River", "", "river/"):
        with pytest.raises(DatasetInvalid, match=r"it has: river$"):
            latest(root, name)
    with pytest.raises(DatasetInvalid, match=r"it has: none$"):
        latest(root / "empty", "river")


@pytest.mark.parametrize("name", ["", "-a", "A", "a/b", "..", "a" * 65, "a\n", "街"])
def test_a_name_that_cannot_be_a_folder_is_not_locked(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetInvalid, match="cannot be a data set's name"), locked(tmp_path, name):
        pytest.fail("entered")
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_given_back_whatever_happens(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locked(tmp_path, "river"):
        raise KeyError
    with locked(tmp_path, "river"):
        with pytest.raises(DatasetInvalid, match="being changed by another process"), locked(tmp_path, "river"):
            pytest.fail("entered twice")
        with locked(tmp_path, "lake"):
            pass


@pytest.mark.parametrize("wanted", ["yolo", "coco"])
def test_an_export_never_writes_into_what_is_there(tmp_path: Path, version: Path, wanted: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(DatasetInvalid, match=r"out: exists; give a folder that does not"):
        export_version(version, out, "yolo" if wanted == "yolo" else "coco")
    assert contents(out) == {"mine.txt": b"mine"}


def test_a_changed_version_is_not_exported(tmp_path: Path, version: Path) -> None:
    (version / "data.yaml").write_text("")
    with pytest.raises(DatasetInvalid, match="was changed"):
        export_version(version, tmp_path / "out", "coco")
    assert not (tmp_path / "out").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".out")]
