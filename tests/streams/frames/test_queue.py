"""A few frames between two threads: a camera's oldest goes, a recording's reader waits, an end is told."""

import threading
import time

from streams.frames.queue import FrameQueue
from tests.streams.street import Street

FRAMES = [Street().frame(moment) for moment in range(6)]


def indices(queue: FrameQueue) -> list[int]:
    """What is left in a queue, oldest first."""
    found = []
    while (frame := queue.get(0.0)) is not None:
        found.append(frame.index)
    return found


def test_of_a_camera_the_newest_are_kept_and_the_others_counted() -> None:
    queue = FrameQueue(2, drop=True)
    for frame in FRAMES:
        queue.put(frame)
    assert queue.dropped == 4
    assert indices(queue) == [4, 5]


def test_a_recordings_reader_waits_for_room_and_loses_nothing() -> None:
    queue, put = FrameQueue(2, drop=False), list[int]()

    def read() -> None:
        for frame in FRAMES:
            queue.put(frame)
            put.append(frame.index)
        queue.close()

    reader = threading.Thread(target=read)
    reader.start()
    deadline = time.monotonic() + 5
    while len(put) < 2 and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(0.03)
    assert put == [0, 1]
    taken = []
    while not queue.finished:
        frame = queue.get(1.0)
        taken += [frame.index] if frame else []
    reader.join(5)
    assert (taken, queue.dropped) == ([0, 1, 2, 3, 4, 5], 0)


def test_closing_frees_a_reader_that_waits_for_room_and_what_it_had_is_not_added() -> None:
    queue = FrameQueue(1, drop=False)
    queue.put(FRAMES[0])
    reader = threading.Thread(target=queue.put, args=(FRAMES[1],))
    reader.start()
    queue.close()
    reader.join(5)
    assert not reader.is_alive()
    assert indices(queue) == [0]


def test_closing_frees_whoever_waits_for_a_frame() -> None:
    queue, got = FrameQueue(1, drop=True), list[object]()
    taker = threading.Thread(target=lambda: got.append(queue.get(60.0)))
    taker.start()
    queue.close()
    taker.join(5)
    assert got == [None]


def test_a_queue_is_finished_when_it_is_closed_and_empty() -> None:
    queue = FrameQueue(3, drop=True)
    assert not queue.finished
    queue.put(FRAMES[0])
    queue.close()
    assert not queue.finished
    queue.put(FRAMES[1])
    assert indices(queue) == [0]
    assert queue.finished


def test_the_first_error_is_the_one_that_is_kept() -> None:
    queue, first = FrameQueue(1, drop=True), ValueError("first")
    queue.close(first)
    queue.close(OSError("second"))
    queue.close()
    assert queue.error is first


def test_a_wait_ends_in_time() -> None:
    began = time.monotonic()
    assert FrameQueue(1, drop=True).get(0.05) is None
    assert 0.04 < time.monotonic() - began < 2.0
