import pytest

from streams.camera.state import MOVES, CameraState, check_move
from streams.errors import IllegalMove

FINAL = {CameraState.STOPPED, CameraState.ENDED}


@pytest.mark.parametrize("state", list(CameraState))
def test_a_camera_can_be_stopped_from_every_state(state: CameraState) -> None:
    if state is CameraState.ENDED:
        assert not MOVES[state]
    else:
        check_move(state, CameraState.STOPPED)
        assert state is CameraState.STOPPED or CameraState.STOPPED in MOVES[state]


def test_every_state_has_its_moves_and_can_be_reached() -> None:
    assert set(MOVES) == set(CameraState)
    assert set().union(*MOVES.values()) == set(CameraState) - {CameraState.IDLE}


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_follows_the_end(state: CameraState) -> None:
    with pytest.raises(IllegalMove, match=state.value):
        check_move(state, CameraState.OPENING)


def test_a_camera_does_not_become_live_without_opening() -> None:
    with pytest.raises(IllegalMove):
        check_move(CameraState.WAITING, CameraState.LIVE)
