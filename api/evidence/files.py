"""Evidence files, named by their content: what is stored once is never changed, and can prove that it was not."""

import errno
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from api.errors import EvidenceDamaged, EvidenceDiskFull, EvidenceUnwritable
from api.evidence.kinds import CROP_OF, EvidenceKind
from api.evidence.picture_metadata import About, size_of, with_metadata
from api.evidence.repository import EvidenceFile
from detector.candidate import Candidate
from detector.errors import PictureInvalid
from detector.places.pictures import Moment
from detector.regular_file import read_regular
from detector.vision.detections import Box
from detector.vision.frame import Frame, Image
from detector.vision.jpeg import decode
from detector.vision.jpeg import encode as encode_jpeg
from models.files import flush_folder, write_whole
from streams.camera.host_clock import host_clock

CROP_MARGIN = 0.2  # of the box on each side: the surroundings say whether it is a stall or a shop's own step
MOST_BYTES = 128 * 1024 * 1024  # of a stored picture; the largest that is decoded, 120 megapixels, takes 80 MB
KINDS: Final = {
    Moment.FIRST: EvidenceKind.FIRST,
    Moment.NOW: EvidenceKind.LAST,
    Moment.EMPTY: EvidenceKind.EMPTY,
}
BOX_COLOUR = (36, 36, 230)  # BGR
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class EvidenceStore:
    """A folder of JPEG files under `sha256[:2]/sha256[2:4]/sha256.jpg`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Make the folder. Raises EvidenceError."""
        with _named_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)

    def put(self, content: bytes) -> tuple[str, str]:
        """Store some bytes for good; gives their SHA-256 and their path under the folder. Raises EvidenceError.

        The file appears whole or not at all, also when the power fails: it is written aside, flushed, then renamed.
        """
        digest = hashlib.sha256(content).hexdigest()
        path = _path_of(digest)
        target = self.folder / path
        with _named_errors(self.folder):
            if target.is_file():
                return digest, path
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, content, mode=0o640)
            for parent in (target.parent, target.parent.parent, self.folder):
                flush_folder(parent)
        return digest, path

    def read(self, file: EvidenceFile) -> bytes:
        """Return the bytes of a stored file, checked against its hash. Raises EvidenceDamaged."""
        try:
            content = read_regular(self.folder / file.path, MOST_BYTES)
        except OSError as error:
            raise EvidenceDamaged(f"evidence {file.sha256}: cannot be read ({error.strerror})") from error
        except ValueError as error:  # something else lies in its place
            raise EvidenceDamaged(f"evidence {file.sha256}: the file is not what was stored ({error})") from error
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise EvidenceDamaged(f"evidence {file.sha256}: the file was changed after it was stored")
        return content

    def fault(self, files: Sequence[EvidenceFile]) -> str | None:
        """Return what keeps these from being the evidence of a case, in a sentence; None where nothing does."""
        if EvidenceKind.SCENE not in {file.kind for file in files}:
            return "evidence: the picture of the whole scene is missing"
        try:
            for file in files:
                self.read(file)
        except EvidenceDamaged as damage:
            return str(damage)
        return None

    def has(self, digest: str) -> bool:
        """Return whether a file of this hash lies here."""
        return (self.folder / _path_of(digest)).exists()

    def remove(self, path: str) -> int:
        """Remove a file for good, and return its size; 0 where it is gone already. Raises OSError."""
        target = self.folder / path
        size = target.stat().st_size if target.exists() else 0
        target.unlink(missing_ok=True)
        if target.parent.is_dir():
            flush_folder(target.parent)
        return size

    def fault_of(self, digest: str) -> str | None:
        """Return what is wrong with the file of this hash, a line; None where it is what was stored."""
        path = self.folder / _path_of(digest)
        try:
            content = path.read_bytes()
        except OSError as error:
            return f"missing: evidence {digest} ({error.strerror})"
        if hashlib.sha256(content).hexdigest() != digest:
            return f"changed: evidence {digest}"
        return None

    def keep(self, candidate: Candidate) -> tuple[EvidenceFile, ...]:
        """Store what shows a candidate best: the scene untouched, the thing alone, a copy with the box drawn in, and
        the looks in which its finders were surest.

        Raises EvidenceError.
        """
        frame, box = candidate.evidence, candidate.evidence_box
        about = _about(candidate, EvidenceKind.SCENE, frame.captured_at, frame.lag)
        scene = self._keep(EvidenceKind.SCENE, frame.jpeg or encode(frame.image), about, frame.captured_at, box)
        copies = ((EvidenceKind.CROP, crop(frame.image, box)), (EvidenceKind.BOXED, boxed(frame.image, box)))
        looks = (
            EvidenceFile(EvidenceKind(f"by_{one.finder}"), *self.put(one.jpeg), one.captured_at, one.width, one.height)
            for one in candidate.finder_pictures
        )
        return (scene, *(self._copy(scene, kind, image, about) for kind, image in copies), *looks)

    def keep_moments(self, candidate: Candidate) -> tuple[EvidenceFile, ...]:
        """Store the pictures of the other moments: whole, and the thing alone; the one of now is the last so far.

        Raises EvidenceError.
        """
        kept: list[EvidenceFile] = []
        for picture in candidate.pictures:
            kind = KINDS[picture.moment]
            about = _about(candidate, kind, picture.captured_at, picture.lag)
            scene = self._keep(kind, picture.jpeg, about, picture.captured_at, picture.box)
            cut = crop(decode(picture.jpeg), picture.box)
            kept += (scene, self._copy(scene, CROP_OF[kind], cut, about))
        return tuple(kept)

    def keep_frame(self, frame: Frame) -> EvidenceFile:
        """Store a whole frame, untouched. Raises EvidenceError."""
        about = About(EvidenceKind.SCENE, frame.source, frame.captured_at if frame.timed else None, lag=frame.lag)
        return self._keep(EvidenceKind.SCENE, encode(frame.image), about, frame.captured_at)

    def _copy(self, scene: EvidenceFile, kind: EvidenceKind, image: Image, about: About) -> EvidenceFile:
        about = replace(about, shows=kind, cut_from=scene.sha256)
        return self._keep(kind, encode(image), about, scene.captured_at)

    def _keep(
        self, kind: EvidenceKind, jpeg: bytes, about: About, captured_at: datetime, box: Box | None = None
    ) -> EvidenceFile:
        height, width = size_of(jpeg)
        digest, path = self.put(with_metadata(jpeg, about))
        return EvidenceFile(kind, digest, path, captured_at, width, height, box=box, lag=about.lag)


def _about(candidate: Candidate, kind: EvidenceKind, captured_at: datetime, lag: float) -> About:
    recording, timed = candidate.recording, candidate.sighting.timed
    host = host_clock() if recording is not None and recording.clock == "machine" else None
    return About(
        shows="learned empty scene, computed" if kind is EvidenceKind.EMPTY else "scene",
        camera=candidate.origin.camera_id or candidate.sighting.source,
        captured_at=captured_at if timed else None,
        clock=None if recording is None else recording.clock,
        synchronised=None if host is None else host.synchronised,
        lag=lag,
    )


def encode(image: Image) -> bytes:
    """Return a picture as the JPEG that is kept of it. Raises EvidenceUnwritable."""
    try:
        return encode_jpeg(image)
    except PictureInvalid as error:
        raise EvidenceUnwritable(f"evidence: {error}") from error


def file_of(kind: EvidenceKind, content: bytes, captured_at: datetime, width: int, height: int) -> EvidenceFile:
    """Return what some bytes will be called when they are stored."""
    digest = hashlib.sha256(content).hexdigest()
    return EvidenceFile(kind, digest, _path_of(digest), captured_at, width, height)


def file_at(path: str, sha256: str, at: datetime) -> EvidenceFile:
    """Return a whole picture that another domain keeps here, to be read or masked; its size is not known."""
    return EvidenceFile(EvidenceKind.SCENE, sha256, path, at, 0, 0)


def _path_of(digest: str) -> str:
    return f"{digest[:2]}/{digest[2:4]}/{digest}.jpg"


def crop(image: Image, box: Box) -> Image:
    """Return the thing and a margin around it, at least one pixel, inside the picture."""
    height, width = image.shape[:2]
    margin_x, margin_y = (box[2] - box[0]) * CROP_MARGIN, (box[3] - box[1]) * CROP_MARGIN
    left = min(max(int(box[0] - margin_x), 0), width - 1)
    top = min(max(int(box[1] - margin_y), 0), height - 1)
    right = min(max(int(np.ceil(box[2] + margin_x)), left + 1), width)
    bottom = min(max(int(np.ceil(box[3] + margin_y)), top + 1), height)
    return np.ascontiguousarray(image[top:bottom, left:right])


def boxed(image: Image, box: Box) -> Image:
    """Return a copy with the box drawn in; the original stays as it came."""
    copy = image.copy()
    thickness = max(2, round(max(image.shape[:2]) / 500))
    cv2.rectangle(copy, (round(box[0]), round(box[1])), (round(box[2]), round(box[3])), BOX_COLOUR, thickness)
    return copy


@contextmanager
def _named_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise EvidenceDiskFull(
                f"evidence: no room left in {folder} ({error.strerror}): free some and go on"
            ) from error
        raise EvidenceUnwritable(f"evidence: {folder} cannot be written ({error.strerror})") from error
