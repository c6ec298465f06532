"""Files that appear whole or not at all, also when the power fails."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file aside, flush it, give it its permissions and rename it over what may be there.

    To be sure of the name itself after a power failure, flush the folder too. Raises OSError; then nothing is left.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        aside.chmod(mode)
        aside.rename(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def flush_folder(folder: Path) -> None:
    """Make the names in a folder outlast a power failure. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
