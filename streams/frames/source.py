"""Where frames come from: the seam that makes everything above testable without a network."""

from collections.abc import Iterator
from typing import Protocol

from detector.vision.frame import Frame


class Source(Protocol):
    """A camera, a file, or a script of frames."""

    @property
    def name(self) -> str:
        """Return the camera's id or the file's name; never holds a password."""
        ...

    @property
    def live(self) -> bool:
        """Return whether the world goes on while we look: a live source's frames may be dropped, a recording's wait."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Frames in order of capture, until the source ends or `stop` is called from another thread."""
        ...

    def stop(self) -> None:
        """Ask `frames` to end soon; legal at any time, any number of times."""
        ...
