"""When the networks are run: at a slow beat for each task, and when that can change a ruling.

Things that matter here stay for minutes or years, so one strong look a minute tells more than twelve weak ones. In
between, cheap looks watch for what comes, goes and changes, and ask for a strong look by a reason.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from detector.places.proposal import STALL
from detector.rules.rulebook import Rulebook

SIGN_BEAT = timedelta(minutes=5)
"""A sign hangs for years: how often the networks look for one."""

STALL_BEATS = timedelta(seconds=20), timedelta(minutes=3)
"""Least and most between two looks for stalls."""

CONFIRM_AFTER = timedelta(seconds=5)
"""A thing that was seen once is looked at again after so long, a few times."""

LATELY = timedelta(seconds=20)
"""A strong look this young need not be repeated before a candidate is handed on."""

CREDIT_EVERY = timedelta(seconds=60)
CREDIT_MOST = 4
"""Strong looks beside the beat: one in so long, saved up to so many. A street where everything moves costs no more."""


class LookReason(StrEnum):
    """Why a strong look was taken; `shared_network`: the network ran for another task anyway."""

    FIRST = "first"
    BEAT = "beat"
    NEW = "something_new"
    CONFIRM = "confirm"
    CHANGED = "place_changed"
    HAND_ON = "before_candidate"
    VIEW = "view_or_light_changed"
    SHARED = "shared_network"


class Task(StrEnum):
    """What networks are run for."""

    STALLS = "stalls"
    SIGNS = "signs"


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """How one task is looked after: its beat, the last strong look, and how many there were for each reason."""

    task: Task
    beat: timedelta
    last_at: datetime | None
    last_reason: LookReason | None
    reasons: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class _Schedule:
    beat: timedelta
    last_at: datetime | None = None
    last_reason: LookReason | None = None
    reasons: Counter[str] = field(default_factory=Counter)
    patience: timedelta = LATELY  # how old the last look must be before a change asks for another


class StrongLooks:
    """Decides for each frame which tasks get a strong look. One frame at a time, in order of capture."""

    def __init__(self, rulebook: Rulebook, camera: str) -> None:
        self._tasks = {task: _Schedule(beat) for task, beat in beats(rulebook, camera).items()}
        self._credit = float(CREDIT_MOST)
        self._credited_at: datetime | None = None

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Return the tasks that some rule makes necessary for this camera."""
        return tuple(self._tasks)

    def beat(self, task: Task) -> timedelta:
        """Return the longest between two strong looks for a task."""
        return self._tasks[task].beat

    def age(self, task: Task, at: datetime) -> timedelta | None:
        """Return how long ago the task's last strong look was; None before the first."""
        last = self._tasks[task].last_at
        return None if last is None else at - last

    def due(self, task: Task, at: datetime, wanted: Iterable[LookReason] = ()) -> LookReason | None:
        """Return why this frame gets a strong look for a task, None where it gets none.

        `wanted`: what cheap looks ask for.
        """
        schedule = self._tasks.get(task)
        if schedule is None:
            return None
        self._earn(at)
        if schedule.last_at is None:
            return LookReason.FIRST
        since = at - schedule.last_at
        if since >= schedule.beat or since < timedelta(0):
            return LookReason.BEAT
        asked = next(iter(wanted), None)
        if asked is None or since < CONFIRM_AFTER or (self._credit < 1 and asked is not LookReason.HAND_ON):
            return None
        return asked

    def taken(self, task: Task, at: datetime, reason: LookReason) -> None:
        """Remember that a strong look was taken for a task."""
        schedule = self._tasks.get(task)
        if schedule is None:
            return
        schedule.last_at, schedule.last_reason = at, reason
        schedule.reasons[reason.value] += 1
        if reason not in (LookReason.FIRST, LookReason.BEAT, LookReason.SHARED):
            self._credit = max(0.0, self._credit - 1)

    def patience(self, task: Task) -> timedelta:
        """Return how old a task's last look must be before a change in the picture asks for another."""
        return self._tasks[task].patience

    def learn(self, task: Task, *, new: bool) -> None:
        """Record the result of a look: while changes bring nothing `new`, the wait grows, up to the beat."""
        schedule = self._tasks[task]
        if new:
            schedule.patience = LATELY
        elif schedule.last_reason is LookReason.CHANGED:
            schedule.patience = min(2 * schedule.patience, schedule.beat)

    def restart(self) -> None:
        """Handle a changed view: the next frame gets a strong look for every task."""
        for schedule in self._tasks.values():
            schedule.last_at = None

    def status(self, ahead: timedelta = timedelta(0)) -> tuple[TaskStatus, ...]:
        """Beat, last look and reasons of each task; the clock was set `ahead` since."""
        return tuple(
            TaskStatus(
                task, one.beat, one.last_at and one.last_at + ahead, one.last_reason, tuple(sorted(one.reasons.items()))
            )
            for task, one in self._tasks.items()
        )

    def _earn(self, at: datetime) -> None:
        if self._credited_at is not None and at > self._credited_at:
            self._credit = min(float(CREDIT_MOST), self._credit + (at - self._credited_at) / CREDIT_EVERY)
        self._credited_at = at


def beats(rulebook: Rulebook, camera: str) -> dict[Task, timedelta]:
    """Return the tasks that the rules of a camera need, and how often each is looked after.

    Stalls twice within the shortest dwell, with a margin, signs every few minutes.
    """
    found: dict[Task, timedelta] = {}
    kinds = {zone.kind for zone in rulebook.zones if zone.camera in (None, camera)}
    for rule in rulebook.rules:
        if not kinds.intersection(rule.kinds):
            continue
        if STALL in rule.classes:
            beat = min(max(rule.dwell / 2.5, STALL_BEATS[0]), STALL_BEATS[1])
            found[Task.STALLS] = min(beat, found.get(Task.STALLS, beat))
        if set(rule.classes) - {STALL}:
            found[Task.SIGNS] = SIGN_BEAT
    return found
