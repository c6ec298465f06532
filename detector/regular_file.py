"""Small files that an operator names: read whole, unless they are none."""

import stat
from pathlib import Path


def read_regular(path: Path, most: int) -> bytes:
    """The bytes of a file of at most `most` bytes; raises OSError, and ValueError in words for what is none.

    A device or a pipe has no end, and its size is said to be 0.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("is no regular file")
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"larger than {most // 1_000_000} MB")
    return data
