"""Uploaded footage on disk: what is coming under `incoming/`, what has come under the name of its content.

A file's size under `incoming/` is the one truth about how much of it has come: bytes are only ever written at the place
where they belong, so a process that is killed at any moment leaves a beginning of the file and nothing else.
"""

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from api.errors import FootageUnwritable, NoRoom, UploadBusy
from models.files import flush_folder

PIECE: Final = 4 * 1024 * 1024  # bytes read at a time when a file is checked
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Partial:
    """A file that is coming, held by us alone while it is open."""

    def __init__(self, handle: int, path: Path) -> None:
        self._handle = handle
        self._path = path

    @property
    def size(self) -> int:
        """Bytes that have come."""
        return os.fstat(self._handle).st_size

    def write(self, content: bytes, offset: int) -> None:
        """Put bytes where they belong. Raises NoRoom; what fitted stays, and counts."""
        view = memoryview(content)
        with named_errors("incoming"):
            while view:
                done = os.pwrite(self._handle, view, offset)
                view, offset = view[done:], offset + done

    def truncate(self, size: int) -> None:
        """Forget what came after so many bytes."""
        os.ftruncate(self._handle, size)

    def untouched(self, since: datetime) -> bool:
        """Return whether nothing has come since a moment."""
        return os.fstat(self._handle).st_mtime < since.timestamp()

    def discard(self) -> None:
        """Forget all that has come."""
        self._path.unlink(missing_ok=True)

    def flush(self) -> None:
        """Flush to disk: what was received survives a power cut from now on."""
        with named_errors("incoming"):
            os.fsync(self._handle)


class FootageStore:
    """A folder of uploaded files; paths in it are `ab/cd/<sha256>`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._incoming = folder / "incoming"

    def prepare(self) -> None:
        """Make the folder. Raises FootageUnwritable or NoRoom."""
        with named_errors(self.folder):
            self._incoming.mkdir(parents=True, exist_ok=True)

    def free(self) -> int:
        """Bytes that may still be written here."""
        with named_errors(self.folder):
            return shutil.disk_usage(self.folder).free

    def received(self, file_id: UUID) -> int:
        """Return how many bytes of a file have come and wait for the rest."""
        try:
            return (self._incoming / str(file_id)).stat().st_size
        except FileNotFoundError:
            return 0

    def path_of(self, path: str) -> Path:
        """Return where a stored file lies."""
        return self.folder / path

    def has(self, path: str | None) -> bool:
        """Return whether a content is still stored."""
        return path is not None and self.path_of(path).is_file()

    @contextmanager
    def coming(self, file_id: UUID, *, make: bool = True) -> Iterator[Partial]:
        """Open the partial file for writing. Raises UploadBusy while another request or process writes it.

        Without `make` a file of which nothing has come raises FileNotFoundError.
        """
        path = self._incoming / str(file_id)
        with named_errors(self.folder):
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_CREAT if make else 0), 0o640)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UploadBusy("another request is sending this file; try again in a moment") from None
            if not _is_at(handle, path):
                raise UploadBusy("this file has just been stored; ask again")
            yield Partial(handle, path)
        finally:
            os.close(handle)

    def discard(self, file_id: UUID) -> None:
        """Forget what has come of a file. Raises UploadBusy."""
        with suppress(FileNotFoundError), self.coming(file_id, make=False) as partial:
            partial.discard()

    def untouched(self, since: datetime) -> list[UUID]:
        """Files that are coming, of which nothing has come since a moment."""
        found = []
        for path in self._incoming.iterdir():
            with suppress(FileNotFoundError, ValueError):  # it has just got its place; a name that we never gave
                if path.stat().st_mtime < since.timestamp():
                    found.append(UUID(path.name))
        return found

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Block the removal of stored content while a caller relies on it."""
        with self._hold(fcntl.LOCK_SH):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Block callers from relying on stored content while some is removed. Raises UploadBusy where one does."""
        with self._hold(fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield

    @contextmanager
    def _hold(self, how: int) -> Iterator[None]:
        with named_errors(self.folder):
            handle = os.open(self.folder / ".lock", os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_CREAT, 0o640)
        try:
            try:
                fcntl.flock(handle, how)
            except BlockingIOError:
                raise UploadBusy("footage is being announced or settled") from None
            yield
        finally:
            os.close(handle)

    def keep(self, file_id: UUID, sha256: str) -> str | None:
        """Check a file that has come whole and give it its place; its path, or None where its content is another.

        The file appears in its place whole or not at all, however often this is tried. A content that lies there
        already is not written again. Raises UploadBusy, and FileNotFoundError where nothing has come.
        """
        path = f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
        target, source = self.path_of(path), self._incoming / str(file_id)
        with self.coming(file_id, make=False) as partial:
            if not target.is_file():
                if hash_of(source) != sha256:
                    source.unlink()
                    return None
                with named_errors(self.folder):
                    partial.flush()
                    target.parent.mkdir(parents=True, exist_ok=True)
                    source.rename(target)
                    for parent in (target.parent, target.parent.parent, self.folder, self._incoming):
                        flush_folder(parent)
            source.unlink(missing_ok=True)
        return path


def hash_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _is_at(handle: int, path: Path) -> bool:
    """Return whether an open file still has its name: it may have been renamed while we waited for it."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def named_errors(where: Path | str) -> Iterator[None]:
    """Translate the system's errors of a full or broken disk into named errors."""
    try:
        yield
    except (FileNotFoundError, BlockingIOError):
        raise
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise NoRoom(
                "no disk space is left for footage; what was received is kept, go on when there is space"
            ) from error
        raise FootageUnwritable(f"footage: {where} cannot be written ({error.strerror})") from error
