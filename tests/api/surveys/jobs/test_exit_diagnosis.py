"""What a worker's end proves against the chunk that it held."""

import signal
from pathlib import Path

import pytest

from api.surveys.jobs import exit_diagnosis
from api.surveys.jobs.exit_diagnosis import CANNOT_WORK, MemoryWatch, diagnose_exit, oom_kills
from detector.reason import Reason


@pytest.mark.parametrize(
    ("exitcode", "memory_ran_out", "fault"),
    [
        (0, False, None),
        (1, False, Reason("worker_exited", {"exit_code": 1})),
        (CANNOT_WORK, False, None),
        (-signal.SIGSEGV, False, Reason("worker_crashed", {"signal": "SIGSEGV"})),
        (-signal.SIGABRT, False, Reason("worker_crashed", {"signal": "SIGABRT"})),
        (-signal.SIGBUS, False, Reason("worker_crashed", {"signal": "SIGBUS"})),
        (-signal.SIGILL, False, Reason("worker_crashed", {"signal": "SIGILL"})),
        (-signal.SIGFPE, False, Reason("worker_crashed", {"signal": "SIGFPE"})),
        (-signal.SIGKILL, False, None),
        (-signal.SIGKILL, True, Reason("worker_out_of_memory")),
        (-signal.SIGTERM, True, None),
        (-signal.SIGHUP, False, None),
    ],
)
def test_only_what_is_proved_is_a_fault(exitcode: int, memory_ran_out: bool, fault: Reason | None) -> None:
    assert diagnose_exit(exitcode, memory_ran_out=memory_ran_out) == fault


def test_the_first_counter_of_the_kernel_that_is_there_counts(tmp_path: Path) -> None:
    group, machine = tmp_path / "memory.events", tmp_path / "vmstat"
    assert oom_kills([group, machine]) == 0
    machine.write_text("nr_free_pages 12\noom_kill 5\n")
    assert oom_kills([group, machine]) == 5
    group.write_text("low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n")
    assert oom_kills([group, machine]) == 1
    assert oom_kills() >= 0


def test_memory_that_ran_out_long_ago_ended_nobody_now(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 3
    monkeypatch.setattr(exit_diagnosis, "oom_kills", lambda: count)
    memory = MemoryWatch()
    memory.look()
    assert not memory.ran_out()
    count = 4
    assert memory.ran_out()
    for _ in range(18):
        memory.look()
    assert memory.ran_out()  # the process that was ended needs a while to go
    for _ in range(5):
        memory.look()
    assert not memory.ran_out()
