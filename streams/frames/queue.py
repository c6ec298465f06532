"""A few frames between the thread that reads a source and the thread that looks at them."""

import threading
from collections import deque

from detector.vision.frame import Frame


class FrameQueue:
    """Holds at most `size` frames. When it is full and `drop` is set, the oldest goes and is counted; without `drop`
    (recordings) the reader waits until there is room.
    """

    def __init__(self, size: int, *, drop: bool) -> None:
        self._size = size
        self._drop = drop
        self._frames: deque[Frame] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self.dropped = 0
        self.error: BaseException | None = None  # what ended the source, when it did not end well

    def put(self, frame: Frame) -> None:
        """Add a frame; do nothing once the queue is closed."""
        with self._changed:
            while self._drop and len(self._frames) >= self._size:
                self._frames.popleft()
                self.dropped += 1
            self._changed.wait_for(lambda: self._closed or len(self._frames) < self._size)
            if not self._closed:
                self._frames.append(frame)
                self._changed.notify_all()

    def get(self, timeout: float) -> Frame | None:
        """Return the oldest frame; None when none comes within `timeout` seconds or the queue is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._frames) or self._closed, timeout)
            if not self._frames:
                return None
            frame = self._frames.popleft()
            self._changed.notify_all()
            return frame

    def close(self, error: BaseException | None = None) -> None:
        """No frames will be added any more; those that are in the queue can still be taken."""
        with self._changed:
            self._closed = True
            self.error = self.error or error
            self._changed.notify_all()

    @property
    def finished(self) -> bool:
        """Closed and empty."""
        with self._changed:
            return self._closed and not self._frames
