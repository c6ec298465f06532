"""Background work goes on whatever a step raises, tells of it once, and is named where it is dead or late."""

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import httpx
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api import background
from api.background import BackgroundLoop
from api.errors import DatabaseUnavailable
from tests.api.conftest import Service

SOON = timedelta(seconds=0.01)


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@contextmanager
def running(loop: BackgroundLoop) -> Iterator[BackgroundLoop]:
    loop.start()
    try:
        yield loop
    finally:
        loop.stop(timedelta(seconds=5))
    assert loop.fault not in background.faults()


class Steps:
    """A step that raises what it is told to, and counts its rounds."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.rounds = 0

    def reached(self, rounds: int) -> bool:
        return self.rounds >= rounds

    def __call__(self) -> bool:
        self.rounds += 1
        if self.errors:
            raise self.errors.pop(0)
        return False


ERRORS = (
    ValueError("a fault of ours"),
    MemoryError(),
    OSError(errno.EMFILE, "Too many open files"),
    PoolTimeout("QueuePool limit reached"),
    DatabaseUnavailable("the database is away"),
    RecursionError(),
    SystemExit(1),
    KeyboardInterrupt(),
    GeneratorExit(),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_loop_outlives_whatever_a_step_raises(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    steps = Steps(*[error] * 3)
    with caplog.at_level(logging.INFO), running(BackgroundLoop("the work", steps, pause=SOON, longest_retry=0.01)):
        until(lambda: steps.rounds >= 6)
        assert background.faults() == ()
    told = [record for record in caplog.records if record.name == "api.background"]
    assert [record.levelno for record in told] == [logging.ERROR, logging.INFO]
    assert "the work failed" in told[0].getMessage()
    assert told[1].getMessage() == "the work works again"


def test_an_error_with_a_name_is_one_line_and_any_other_comes_with_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    steps = Steps(DatabaseUnavailable("the database is away"), ValueError("a fault of ours"))
    with running(BackgroundLoop("the work", steps, pause=SOON, longest_retry=0.01)):
        until(lambda: steps.rounds >= 3)
    named, unexpected = caplog.records
    assert (named.getMessage(), named.exc_info) == (
        "the work failed and is retried: the database is away",
        None,
    )
    assert unexpected.exc_info is not None
    assert "a fault of ours" in caplog.text


def test_a_log_that_fails_as_well_does_not_end_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(background.log, "error", no_memory)
    steps = Steps(ValueError(), ValueError())
    with running(BackgroundLoop("the work", steps, pause=SOON, longest_retry=0.01)):
        until(lambda: steps.rounds >= 4)


def test_failures_are_tried_again_with_pauses_that_grow() -> None:
    steps = Steps(*[ValueError()] * 1000)
    with running(BackgroundLoop("the work", steps, pause=SOON, longest_retry=60)):
        time.sleep(0.5)
    assert steps.rounds < 20


def test_a_round_with_more_to_do_is_followed_at_once_and_wake_ends_a_pause() -> None:
    rounds: list[float] = []

    def step() -> bool:
        rounds.append(time.monotonic())
        return len(rounds) < 50

    with running(BackgroundLoop("the work", step, pause=timedelta(hours=1))) as loop:
        until(lambda: len(rounds) == 50)
        time.sleep(0.05)
        assert len(rounds) == 50
        loop.wake()
        until(lambda: len(rounds) == 51)
        assert loop.fault is None


def test_the_first_round_waits() -> None:
    steps = Steps()
    with running(BackgroundLoop("the work", steps, pause=SOON, first_pause=timedelta(hours=1))):
        time.sleep(0.05)
        assert background.faults() == ()
    assert steps.rounds == 0


def test_a_step_may_end_its_own_loop() -> None:
    loops: list[BackgroundLoop] = []

    def step() -> bool:
        loops[0].finish()
        return True

    loops.append(BackgroundLoop("the work", step, pause=SOON))
    loops[0].start()
    until(lambda: not loops[0].alive)
    assert background.faults() == ()


def test_a_loop_that_hangs_is_late_until_it_beats(service: Service) -> None:
    hang = threading.Event()
    limit = timedelta(seconds=0.1)
    with running(BackgroundLoop("the work", hang.wait, pause=SOON, late_after=limit)) as loop:
        until(background.faults)
        refused = service.http.get("/readyz")
        loop.beat(longer=60)
        well = service.http.get("/readyz")
        hang.set()
    assert refused.status_code == 503
    assert "the work is late: no heartbeat for" in refused.json()["detail"]
    assert well.status_code == 200


def test_a_loop_whose_thread_is_dead_is_named(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BackgroundLoop, "_run", lambda loop: None)
    with running(BackgroundLoop("the work", Steps(), pause=SOON)):
        until(background.faults)
        refused: httpx.Response = service.http.get("/readyz")
    assert refused.status_code == 503
    assert refused.json()["detail"] == "background work: the work has ended"
    assert service.http.get("/readyz").status_code == 200


def test_a_wake_during_a_round_adds_one() -> None:
    """What comes while a round is under way may have come too late for it."""
    rounds = 0

    def step() -> bool:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            loop.wake()
        return False

    loop = BackgroundLoop("the work", step, pause=timedelta(hours=1))
    with running(loop):
        until(lambda: rounds == 2)
        time.sleep(0.03)
    assert rounds == 2


def test_a_stopped_loop_can_be_started_again_and_is_told_of_only_while_it_should_run() -> None:
    steps = Steps()
    loop = BackgroundLoop("the work", steps, pause=timedelta(hours=1))

    def state() -> tuple[bool, bool]:
        return loop.alive, loop.stopping

    assert (state(), loop.fault, background.faults()) == ((False, False), "the work has ended", ())
    for count in (1, 2):
        with running(loop):
            until(partial(steps.reached, count))
            assert state() == (True, False)
        assert state() == (False, True)
    assert steps.rounds == 2


def test_a_pause_is_no_silence_and_neither_is_the_first() -> None:
    limit = timedelta(seconds=0.02)
    loop = BackgroundLoop(
        "the work", Steps(), pause=timedelta(hours=1), first_pause=timedelta(seconds=0.05), late_after=limit
    )
    with running(loop):
        time.sleep(0.08)
        assert loop.fault is None
        loop.wake()
        time.sleep(0.08)
        assert loop.fault is None


def test_a_loop_that_waits_to_try_again_is_not_late() -> None:
    steps = Steps(*[ValueError()] * 100)
    with running(BackgroundLoop("the work", steps, pause=SOON, late_after=timedelta(seconds=0.5), longest_retry=0.3)):
        until(lambda: steps.rounds >= 3)
        assert background.faults() == ()


def test_another_kind_of_failure_is_told_as_well(caplog: pytest.LogCaptureFixture) -> None:
    steps = Steps(ValueError("a"), ValueError("b"), OSError("c"), ValueError("d"))
    with running(BackgroundLoop("the work", steps, pause=SOON, longest_retry=0.01)):
        until(lambda: steps.rounds >= 5)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert told == [
        "the work failed unexpectedly and is retried",
        "the work failed and is retried: c",
        "the work failed unexpectedly and is retried",
    ]


def test_a_step_that_hangs_is_left_alone_after_the_time_given() -> None:
    hang = threading.Event()
    loop = BackgroundLoop("the work", hang.wait, pause=SOON)
    loop.start()
    began = time.monotonic()
    loop.stop(timedelta(seconds=0.05))
    assert time.monotonic() - began < 2.0
    assert loop.alive
    assert background.faults() == ()
    hang.set()
    until(lambda: not loop.alive)
