"""Evidence files, named by their content: what is stored once is never changed, and can prove that it was not."""

import errno
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from api.errors import EvidenceDamaged, EvidenceDiskFull, EvidenceUnwritable
from api.evidence.repository import EvidenceFile, EvidenceKind
from detector.candidate import Candidate
from detector.regular_file import read_regular
from detector.vision.detections import Box
from detector.vision.frame import Frame, Image
from models.files import flush_folder, write_whole

JPEG_QUALITY = 95
CROP_MARGIN = 0.2  # of the box on each side: the surroundings say whether it is a stall or a shop's own step
MOST_BYTES = 128 * 1024 * 1024  # of a stored picture; the largest that is decoded, 120 megapixels, takes 80 MB
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
        """Store what shows a candidate: the scene untouched, the thing alone, a copy with the box drawn in, and the
        looks in which its finders were surest."""
        frame, box = candidate.evidence, candidate.evidence_box
        pictures = (
            (EvidenceKind.SCENE, frame.image),
            (EvidenceKind.CROP, crop(frame.image, box)),
            (EvidenceKind.BOXED, boxed(frame.image, box)),
        )
        kept = [self._keep(kind, image, frame.captured_at) for kind, image in pictures]
        for one in candidate.finder_pictures:
            kind = EvidenceKind(f"by_{one.finder}")
            kept.append(EvidenceFile(kind, *self.put(one.jpeg), one.captured_at, one.width, one.height))
        return tuple(kept)

    def keep_frame(self, frame: Frame) -> EvidenceFile:
        """Store a whole frame, untouched. Raises EvidenceError."""
        return self._keep(EvidenceKind.SCENE, frame.image, frame.captured_at)

    def _keep(self, kind: EvidenceKind, image: Image, captured_at: datetime) -> EvidenceFile:
        digest, path = self.put(encode(image))
        return EvidenceFile(kind, digest, path, captured_at, int(image.shape[1]), int(image.shape[0]))


def encode(image: Image) -> bytes:
    """Return a picture as the JPEG that is kept of it. Raises EvidenceUnwritable."""
    done, encoded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    if not done:
        raise EvidenceUnwritable(f"evidence: a picture of {image.shape[1]}x{image.shape[0]} cannot be encoded as JPEG")
    return encoded.tobytes()


def file_of(kind: EvidenceKind, content: bytes, captured_at: datetime, width: int, height: int) -> EvidenceFile:
    """Return what some bytes will be called when they are stored."""
    digest = hashlib.sha256(content).hexdigest()
    return EvidenceFile(kind, digest, _path_of(digest), captured_at, width, height)


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
