"""The states of a camera, and which may follow which."""

from enum import StrEnum

from streams.errors import IllegalMove


class CameraState(StrEnum):
    """What a camera is doing. `stopped` and `ended` are final."""

    IDLE = "idle"  # made, not started
    OPENING = "opening"  # waiting for its turn to open, or for the camera's answer
    LIVE = "live"  # frames arrive
    FAILING = "failing"  # frames arrive but looking at them fails
    UNHEALTHY = "unhealthy"  # frames arrive but something is wrong with the picture (health): nothing is looked at
    WAITING = "waiting"  # failed; tries again after a pause
    PAUSED = "paused"  # a person has switched it off for now
    ENDED = "ended"  # a recording came to its end
    STOPPED = "stopped"  # told to stop


_S = CameraState
MOVES: dict[CameraState, frozenset[CameraState]] = {
    _S.IDLE: frozenset({_S.OPENING, _S.PAUSED, _S.STOPPED}),
    _S.OPENING: frozenset({_S.LIVE, _S.WAITING, _S.PAUSED, _S.STOPPED}),
    _S.LIVE: frozenset({_S.FAILING, _S.UNHEALTHY, _S.OPENING, _S.WAITING, _S.PAUSED, _S.ENDED, _S.STOPPED}),
    _S.FAILING: frozenset({_S.LIVE, _S.UNHEALTHY, _S.OPENING, _S.WAITING, _S.PAUSED, _S.ENDED, _S.STOPPED}),
    _S.UNHEALTHY: frozenset({_S.LIVE, _S.FAILING, _S.OPENING, _S.WAITING, _S.PAUSED, _S.ENDED, _S.STOPPED}),
    _S.WAITING: frozenset({_S.OPENING, _S.PAUSED, _S.STOPPED}),
    _S.PAUSED: frozenset({_S.OPENING, _S.STOPPED}),
    _S.ENDED: frozenset(),
    _S.STOPPED: frozenset(),
}


def check_move(old: CameraState, new: CameraState) -> None:
    """Raise IllegalMove unless `new` may follow `old`; staying is always legal."""
    if new is not old and new not in MOVES[old]:
        raise IllegalMove(f"a camera that is {old.value} cannot become {new.value}")
