"""A store that fails for a while costs no candidate and no picture; one that refuses something costs that alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from detector.candidate import Candidate
from detector.places.sighting import Sighting
from detector.reason import Reason
from detector.rules.ruling import Outcome, Ruling
from streams.camera.backoff import Backoff
from streams.frames.handover import MOST_PICTURES, REFUSED, Handover
from streams.watcher import watch
from tests.streams.scripted import START, Notebook, ScriptedSource, frame


class Store(Notebook):
    """A sink that is away while it is told so, and refuses what it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.refuses: frozenset[str] = frozenset()
        self.asked = 0

    def take(self, candidate: Candidate) -> None:
        self.asked += 1
        if self.away or candidate.sighting.key in self.refuses:
            raise ConnectionError("database away")
        super().take(candidate)

    @property
    def took(self) -> list[tuple[str, int]]:
        """Keys, each with the number of the frame that shows it."""
        return [(one.sighting.key, one.evidence.index) for one in self.candidates]


def candidate(key: str, number: int, outcome: Outcome = Outcome.VIOLATION) -> Candidate:
    box, of = (0.0, 0.0, 4.0, 4.0), frame(number)
    sighting = Sighting(key, of.source, "stall", box, 0.9, START, of.captured_at, 1, "model")
    return Candidate(sighting, Ruling(outcome, (Reason("no_registry"),)), of, box)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def handover(store: Store) -> Handover:
    return Handover(store, Backoff(base=0.0))  # the next frame tries again


def test_what_was_not_taken_is_handed_over_when_the_store_is_back(store: Store, handover: Handover) -> None:
    store.away = True
    handover.offer([candidate("a", 0), candidate("b", 0)])
    assert (handover.waiting, handover.taken) == (2, 0)
    assert "database away" in handover.error
    store.away = False
    handover.offer([])  # both have left since: no look finds them any more
    assert sorted(store.took) == [("a", 0), ("b", 0)]
    assert (handover.waiting, handover.taken, handover.error) == (0, 2, "")


def test_a_store_that_is_away_is_not_asked_at_each_frame(store: Store) -> None:
    class Fixed(Backoff):
        def next_pause(self, most: float | None = None) -> float:
            return 60.0

    handover = Handover(store, Fixed())
    store.away = True
    for number in range(20):
        handover.offer([candidate(f"k{number % 3}", number)])
    assert store.asked == 1


def test_a_later_word_of_a_thing_that_waits_keeps_its_picture(store: Store, handover: Handover) -> None:
    store.away = True
    handover.offer([candidate("a", 0, Outcome.UNKNOWN)])
    for number in (1, 2):
        handover.offer([candidate("a", number)])
    handover.offer([replace(candidate("a", 3), evidence_box=(1.0, 1.0, 2.0, 2.0))])
    store.away = False
    handover.offer([])
    assert [(one.ruling.outcome, one.evidence.index, one.evidence_box) for one in store.candidates] == [
        (Outcome.UNKNOWN, 0, (0.0, 0.0, 4.0, 4.0)),
        (Outcome.VIOLATION, 0, (0.0, 0.0, 4.0, 4.0)),
    ]
    assert store.candidates[-1].sighting.last_seen == frame(3).captured_at


def test_what_the_store_refuses_for_good_holds_nobody_up(
    store: Store, handover: Handover, caplog: pytest.LogCaptureFixture
) -> None:
    store.refuses = frozenset({"bad"})
    handover.offer([candidate("bad", 0), candidate("good", 0)])
    for number in range(1, 2 * REFUSED + 2):
        handover.offer([candidate(f"good {number}", number)])
    assert len(store.took) == 2 * REFUSED + 2
    assert handover.waiting == 0
    assert "candidate bad is given up" in caplog.text


def test_pictures_that_wait_are_bounded(store: Store, handover: Handover, caplog: pytest.LogCaptureFixture) -> None:
    store.away = True
    for number in range(MOST_PICTURES + 5):
        handover.offer([candidate(f"k{number}", number)])
    store.away = False
    handover.offer([])
    assert sorted(store.took, key=lambda one: one[1]) == [(f"k{n}", n) for n in range(MOST_PICTURES)]
    assert "wait already" in caplog.text


def watched(store: Store, script: Callable[[int], list[Candidate]], frames: int, handover: Handover) -> list[str]:
    source = ScriptedSource([frame(number) for number in range(frames)], live=False)
    watch(source, lambda seen: script(seen.index), store, handover=handover)
    return [note.state for note in store.notes]


def test_the_other_candidates_of_a_frame_survive_a_failing_store(store: Store, handover: Handover) -> None:
    def look(number: int) -> list[Candidate]:
        store.away = number in (1, 2, 3)
        return [candidate("a", 1), candidate("b", 1), candidate("c", 1)] if number == 1 else []

    assert watched(store, look, 6, handover) == ["failing", "live"]
    assert sorted(key for key, _ in store.took) == ["a", "b", "c"]


def test_a_watch_that_ends_while_the_store_is_away_tries_once_more(store: Store, handover: Handover) -> None:
    def look(number: int) -> list[Candidate]:
        store.away = True
        return [candidate("a", number)]

    watched(store, look, 1, handover)
    assert handover.waiting == 1
    store.away = False
    handover.finish()
    assert store.took == [("a", 0)]
