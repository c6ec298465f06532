"""Versions of a data set on disk: whole or not there, whatever happens while one is written."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults import Killed, contents, disk_full, dying_at, killed
from tests.training.datasets.exports import yolo
from training.datasets.importing import ImportWish, import_export
from training.datasets.manifest import DatasetManifest
from training.datasets.version_store import (
    latest,
    names,
    picture_files,
    verify_version,
    versions,
    write_version,
)
from training.errors import DatasetInvalid

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def source(tmp_path: Path) -> tuple[DatasetManifest, Mapping[str, Path]]:
    """A manifest of three pictures and the files that hold them."""
    boxes = {f"{n}.jpg": [("stall", 10, 10, 30, 30)] for n in range(3)}
    wish = ImportWish("river", "A. Reviewer")
    result = import_export(yolo(tmp_path / "export", {"train": boxes}), tmp_path / "first", wish, AT)
    return result.manifest, picture_files(result.folder, result.manifest)


@pytest.mark.parametrize("error", [killed, disk_full])
def test_at_any_step_a_version_is_whole_or_not_there(
    tmp_path: Path, source: tuple[DatasetManifest, Mapping[str, Path]], error: type[BaseException]
) -> None:
    manifest, pictures = source
    outcomes, said = set(), set()
    for step in range(200):
        root = tmp_path / str(step)
        (root / "river").mkdir(parents=True)
        done = False
        with dying_at(step, error):
            try:
                write_version(root, manifest, pictures)
                done = True
            except Killed:
                pass
            except DatasetInvalid as refused:
                said.add(str(refused).partition("cannot be written (")[2])
        found = versions(root, "river")
        outcomes.add(len(found))
        if found:
            assert verify_version(found[0]) == manifest
        else:
            assert contents(root) == {}
        write_version(root, manifest, pictures)  # and the same again works, over what was left
        assert [path.name for path in (root / "river").iterdir()] == [manifest.version]
        if done:
            break
    assert done
    assert outcomes == {0, 1}
    assert said == (set() if error is killed else {"No space left on device); no version was made"})


def test_versions_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("10-0123456789ab", "9-0123456789ab", "1-ffffffffffff", "0-0123456789ab", "x-0123456789ab", "2-short"):
        (tmp_path / "river" / name).mkdir(parents=True)
    (tmp_path / "river/.new-01234567").mkdir()
    (tmp_path / "Not a name").mkdir()
    assert [path.name for path in versions(tmp_path, "river")] == [
        "1-ffffffffffff",
        "9-0123456789ab",
        "10-0123456789ab",
    ]
    assert latest(tmp_path, "river").name == "10-0123456789ab"
    assert names(tmp_path) == ["river"]
    assert names(tmp_path / "none") == []


def test_writing_a_version_again_changes_nothing(
    tmp_path: Path, source: tuple[DatasetManifest, Mapping[str, Path]]
) -> None:
    manifest, pictures = source
    folder = write_version(tmp_path / "second", manifest, pictures)
    before = contents(folder)
    assert write_version(tmp_path / "second", manifest, {}) == folder
    assert contents(folder) == before


def test_a_file_system_without_hard_links_takes_copies(
    tmp_path: Path, source: tuple[DatasetManifest, Mapping[str, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, _ = source
    root = tmp_path / "first"
    more = yolo(tmp_path / "more", {"train": {"new.jpg": [("stall", 1, 1, 9, 9)]}})

    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", no_links)
    second = import_export(more, root, ImportWish("river", "A. Reviewer"), AT)
    assert second.manifest.parent == manifest.version
    verify_version(second.folder)


def test_what_ultralytics_leaves_beside_the_labels_is_no_change(
    tmp_path: Path, source: tuple[DatasetManifest, Mapping[str, Path]]
) -> None:
    manifest, pictures = source
    folder = write_version(tmp_path / "second", manifest, pictures)
    (folder / "train/labels.cache").write_bytes(b"x")
    assert verify_version(folder) == manifest
