"""The pixels of one frame in memory that both processes see: a pipe would cost four times as much CPU."""

import fcntl
import mmap
import os
from typing import Final

import numpy as np

from detector.vision.frame import Image

LARGEST: Final = 120_000_000  # pixels of the largest picture; see detector/__init__.py


class Pixels:
    """Memory for one BGR picture, of a sealed size: a memory that shrinks kills its reader (SIGBUS).

    Pages that no frame has touched take no memory, so the size may be that of the largest picture there is.
    """

    def __init__(self) -> None:
        self.fd = os.memfd_create("frame", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.fd, LARGEST * 3)
        fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        self._map = mmap.mmap(self.fd, LARGEST * 3)

    def read(self, height: int, width: int) -> Image:
        """Return a copy of the picture of that size; raises ValueError where none can be so large."""
        if height * width > LARGEST:
            raise ValueError(f"{width} x {height}: more than {LARGEST} pixels")
        return np.frombuffer(self._map, np.uint8, height * width * 3).reshape(height, width, 3).copy()

    def close(self) -> None:
        """Give the memory back; the other process keeps its own."""
        self._map.close()
        os.close(self.fd)


class PixelsOut:
    """The other end: where a decoding process puts a picture."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, LARGEST * 3)

    def write(self, image: Image) -> None:
        """Put a picture there; it takes the place of the one before."""
        if image.size > LARGEST * 3:
            raise ValueError(f"a picture of {image.shape[1]} x {image.shape[0]} pixels is too large")
        np.copyto(np.frombuffer(self._map, np.uint8, image.size).reshape(image.shape), image)
