import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from detector.candidate import Candidate
from detector.places.sighting import Sighting
from detector.reason import Reason
from detector.rules.ruling import Outcome, Ruling
from detector.vision.frame import Frame
from streams.errors import NotAVideo
from streams.watcher import watch
from tests.streams.scripted import START, Notebook, ScriptedSource, frame


def candidate(of: Frame) -> Candidate:
    box = (0.0, 0.0, 4.0, 4.0)
    sighting = Sighting("k", of.source, "stall", box, 0.9, START, of.captured_at, 1, "model")
    return Candidate(sighting, Ruling(Outcome.VIOLATION, (Reason("no_registry"),)), of, box)


def test_what_a_look_finds_reaches_the_sink() -> None:
    sink = Notebook()
    counts = watch(ScriptedSource([frame(0), frame(1)], live=False), lambda seen: [candidate(seen)], sink)
    assert [found.evidence.index for found in sink.candidates] == [0, 1]
    assert (counts.looked, counts.candidates, counts.dropped) == (2, 2, 0)


def test_only_one_frame_a_period_is_looked_at() -> None:
    seen: list[int] = []

    def look(of: Frame) -> Sequence[Candidate]:
        seen.append(of.index)
        return ()

    script = [frame(number, number * 0.5) for number in range(41)]
    watch(ScriptedSource(script, live=False), look, Notebook(), every=timedelta(seconds=5))
    assert seen == [0, 10, 20, 30, 40]


def test_a_recording_waits_for_a_slow_look() -> None:
    slow = threading.Event()

    def look(of: Frame) -> Sequence[Candidate]:
        slow.wait(0.01)
        return ()

    counts = watch(ScriptedSource([frame(number) for number in range(30)], live=False), look, Notebook())
    assert (counts.looked, counts.dropped) == (30, 0)


def test_a_live_source_drops_the_oldest_and_counts_it() -> None:
    looking, all_given = threading.Event(), threading.Event()
    seen: list[int] = []

    class Camera(ScriptedSource):
        def frames(self) -> Iterator[Frame]:
            for one in super().frames():
                yield one
                looking.wait(10)
            all_given.set()

    def look(of: Frame) -> Sequence[Candidate]:
        looking.set()
        all_given.wait(10)  # the first look lasts until everything else has come
        seen.append(of.index)
        return ()

    counts = watch(Camera([frame(number) for number in range(21)]), look, Notebook())
    assert seen == [0, 19, 20]
    assert counts.dropped == 18


def test_a_look_that_fails_is_noted_once_and_the_watch_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    sink = Notebook()

    def look(of: Frame) -> Sequence[Candidate]:
        if of.index in (1, 2):
            raise RuntimeError("out of memory")
        return [candidate(of)]

    counts = watch(ScriptedSource([frame(number) for number in range(5)], live=False), look, sink)
    assert (counts.looked, counts.errors, counts.candidates, counts.blind) == (5, 2, 3, False)
    assert [(note.state, note.reason) for note in sink.notes] == [
        ("failing", "RuntimeError: out of memory"),
        ("live", "looking works again"),
    ]
    assert len(caplog.records) == 1


def test_a_source_that_ends_badly_is_heard_of() -> None:
    source = ScriptedSource([frame(0), NotAVideo("x.mp4: holds no picture")], live=False)
    with pytest.raises(NotAVideo, match=r"x\.mp4"):
        watch(source, lambda seen: (), sink := Notebook())
    assert sink.candidates == []


def test_stop_ends_the_watch_and_the_source() -> None:
    stop = threading.Event()
    source = ScriptedSource([frame(number) for number in range(100_000)], live=False)

    def look(of: Frame) -> Sequence[Candidate]:
        if of.index == 5:
            stop.set()
        return ()

    counts = watch(source, look, Notebook(), stop=stop)
    assert counts.looked == 6
    assert source.stopped.is_set()
