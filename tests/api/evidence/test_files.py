"""Evidence appears whole or not at all, and can prove that nobody touched it."""

import hashlib
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.errors import EvidenceDamaged, EvidenceDiskFull, EvidenceUnwritable
from api.evidence.files import EvidenceStore, boxed, crop
from api.evidence.repository import EvidenceKind
from detector.vision.detections import Box
from tests.api.samples import STALL, a_candidate, street


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """The kernel refuses to let any file of this process grow beyond `size` bytes: as good as a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def stored_files(store: EvidenceStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


def test_a_file_is_named_by_its_content(files: EvidenceStore) -> None:
    digest, path = files.put(b"a picture")
    assert digest == hashlib.sha256(b"a picture").hexdigest()
    assert path == f"{digest[:2]}/{digest[2:4]}/{digest}.jpg"
    assert (files.folder / path).read_bytes() == b"a picture"
    assert files.put(b"a picture") == (digest, path)
    assert len(stored_files(files)) == 1


def test_a_candidate_is_kept_as_scene_crop_and_boxed_copy(files: EvidenceStore) -> None:
    candidate = a_candidate()
    kept = {file.kind: file for file in files.keep(candidate)}
    scene = cv2.imdecode(np.frombuffer(files.read(kept[EvidenceKind.SCENE]), np.uint8), cv2.IMREAD_COLOR)
    assert scene is not None
    assert np.abs(scene.astype(int) - candidate.evidence.image).mean() < 2.0
    assert (kept[EvidenceKind.SCENE].width, kept[EvidenceKind.SCENE].height) == (640, 360)
    assert kept[EvidenceKind.CROP].width == 154
    assert kept[EvidenceKind.BOXED].sha256 != kept[EvidenceKind.SCENE].sha256
    assert {file.captured_at for file in kept.values()} == {candidate.evidence.captured_at}


def test_drawing_the_box_leaves_the_original_alone() -> None:
    image = street()
    before = image.copy()
    assert not np.array_equal(boxed(image, STALL), image)
    assert np.array_equal(image, before)


def test_a_full_disk_is_named_and_leaves_nothing_behind(files: EvidenceStore) -> None:
    with no_room_beyond(1000), pytest.raises(EvidenceDiskFull, match=r"no room left in .*evidence"):
        files.put(bytes(50_000))
    assert stored_files(files) == []
    files.put(bytes(50_000))
    assert len(stored_files(files)) == 1


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("a file where the folder should be")
    with pytest.raises(EvidenceUnwritable, match="evidence"):
        EvidenceStore(tmp_path / "evidence").prepare()


@pytest.mark.parametrize("harm", ["change", "remove"])
def test_a_damaged_file_is_not_shown_as_evidence(files: EvidenceStore, harm: str) -> None:
    file = files.keep(a_candidate())[0]
    path = files.folder / file.path
    if harm == "change":
        path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    else:
        path.unlink()
    with pytest.raises(EvidenceDamaged, match=file.sha256):
        files.read(file)


sides = st.floats(-400, 900, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(box=st.tuples(sides, sides, sides, sides))
def test_a_crop_lies_inside_the_picture_whatever_the_box(box: Box) -> None:
    x1, x2 = sorted((box[0], box[2]))
    y1, y2 = sorted((box[1], box[3]))
    cut = crop(street(), (x1, y1, x2, y2))
    assert 1 <= cut.shape[0] <= 360
    assert 1 <= cut.shape[1] <= 640


def test_a_huge_file_in_the_place_of_evidence_is_not_read_whole(files: EvidenceStore) -> None:
    file = files.keep(a_candidate())[0]
    with (files.folder / file.path).open("r+b") as swapped:
        swapped.truncate(3 * 2**30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(EvidenceDamaged, match="larger than"):
        files.read(file)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # kB
