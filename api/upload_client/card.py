"""What lies on a card: every file with its size and hash. Hashes are kept, since a card is read for minutes."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.errors import CardUnreadable
from api.surveys.manifest import is_clutter
from api.surveys.upload.storage import hash_of

Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class CardFile:
    """One file: where it lies, what it is called on the card (with slashes), its bytes, when it was changed (ns)."""

    path: Path
    name: str
    size: int
    changed: int

    def is_unchanged(self) -> bool:
        """Return whether it still is as it was when it was found. Raises CardUnreadable."""
        status = _status(self.path)
        return (status.st_size, status.st_mtime_ns) == (self.size, self.changed)


def read_card(folder: Path, skipped: Callable[[str], None]) -> list[CardFile]:
    """Return every regular file under a folder, by name, but for what macOS and Windows leave on a card.

    `skipped` is told of what is left out. Raises CardUnreadable.
    """
    found, clutter = [], 0
    for parent, folders, names in os.walk(folder, onerror=_raise):
        kept = sorted(name for name in folders if not is_clutter(f"{name}/"))  # some of the others nobody may read
        clutter += len(folders) - len(kept)
        folders[:] = kept
        for name in sorted(names):
            path = Path(parent) / name
            if is_clutter(name):
                clutter += 1
                continue
            if path.is_symlink() or not path.is_file():
                skipped(f"{path}: a link or no file; left out")
                continue
            status = _status(path)
            relative = path.relative_to(folder).as_posix().encode("utf-8", "replace").decode()
            found.append(CardFile(path, relative, status.st_size, status.st_mtime_ns))
    if clutter:
        skipped(f"{folder}: {clutter} hidden files of macOS or Windows (._*, .DS_Store, Thumbs.db); left out")
    if not found:
        raise CardUnreadable(f"{folder}: there is no file in this folder")
    return found


class HashBook:
    """SHA-256 by place, size and time of change, kept in a file."""

    def __init__(self, book: sqlite3.Connection) -> None:
        self._book = book

    def of(self, file: CardFile) -> str:
        """Return the hash of a file, read anew where it has changed. Raises CardUnreadable."""
        key: Key = (str(file.path.absolute()), file.size, file.changed)
        asked = "SELECT sha256 FROM hashes WHERE path = ? AND size = ? AND changed = ?"
        row = self._book.execute(asked, key).fetchone()
        if row is not None:
            return str(row[0])
        try:
            sha256 = hash_of(file.path)
        except OSError as error:
            raise CardUnreadable(f"{file.path}: cannot be read ({error.strerror}); is the card damaged?") from error
        self._book.execute("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?)", (*key, sha256))
        return sha256


@contextmanager
def open_book(folder: Path) -> Iterator[HashBook]:
    """Open the store of known hashes, in `hashes.sqlite3` of this folder. Raises CardUnreadable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        book = sqlite3.connect(folder / "hashes.sqlite3", isolation_level=None, timeout=30)
        book.execute("CREATE TABLE IF NOT EXISTS hashes (path TEXT PRIMARY KEY, size INT, changed INT, sha256 TEXT)")
    except (OSError, sqlite3.Error) as error:
        raise CardUnreadable(f"{folder}: the hashes cannot be kept there ({error})") from error
    try:
        yield HashBook(book)
    finally:
        book.close()


def cache_folder() -> Path:
    """Return where this user's programs keep what they can make again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streetwarden"


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise CardUnreadable(f"{path}: cannot be read ({error.strerror}); is the card still there?") from error


def _raise(error: OSError) -> None:
    raise CardUnreadable(f"{error.filename}: cannot be read ({error.strerror})") from error
