"""How a camera is read, from what was measured of it; and how long its silence is excused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from streams.camera.probe import LARGEST, LONGEST, Mode, StreamFacts, check_size, choose_mode, deadlines_for
from streams.errors import PictureTooLarge
from streams.video.capture import Deadlines

USUAL = Deadlines(5.0, 5.0)
H264 = StreamFacts("H.264", 1920, 1080, fps=25.0, gop=2.0, whole=True)
MJPEG = StreamFacts("MJPEG", 1920, 1080, fps=10.0, gop=0.1, whole=True)


@pytest.mark.parametrize(
    ("facts", "seconds", "mode"),
    [
        (H264, 2.0, Mode.KEY),
        (H264, 2.9, Mode.KEY),
        (H264, 3.0, Mode.PACKETS),  # 1.5 key-frame distances
        (H264, 1.7, Mode.KEY),  # a fifth of a period early is still in time
        (H264, 1.6, Mode.FULL),
        (replace(H264, gop=None), 60.0, Mode.FULL),
        (replace(H264, alone=False), 60.0, Mode.FULL),
        (replace(H264, whole=False), 0.1, Mode.PACKETS),
        (replace(H264, whole=False, alone=False), 5.0, Mode.FULL),
        (replace(H264, reordered=True), 2.0, Mode.PACKETS),
        (replace(H264, codec="H.265"), 5.0, Mode.PACKETS),
        (MJPEG, 5.0, Mode.PACKETS),
        (replace(H264, codec="vp8"), 60.0, Mode.KEY),  # whose packets nobody looks into
        (replace(H264, codec="vp8", whole=False, reordered=True), 60.0, Mode.KEY),
    ],
)
def test_the_cheapest_way_to_a_whole_picture_a_period(facts: StreamFacts, seconds: float, mode: Mode) -> None:
    assert choose_mode(facts, timedelta(seconds=seconds)) is mode


def test_silence_before_anything_is_known() -> None:
    found = deadlines_for(USUAL, None, timedelta(seconds=5), key_frames=True, patient=False)
    assert (found.open, found.read) == (7.5, 12.5)
    short = deadlines_for(USUAL, None, timedelta(seconds=1), key_frames=True, patient=False)
    assert short == USUAL
    long = deadlines_for(USUAL, None, timedelta(hours=1), key_frames=True, patient=False)
    assert (long.open, long.read) == (LONGEST, LONGEST)


def test_silence_of_a_stream_that_was_measured() -> None:
    slow = replace(H264, fps=0.1, gop=30.0)
    every = timedelta(seconds=1)
    assert deadlines_for(USUAL, H264, every, key_frames=True, patient=False) == USUAL
    assert deadlines_for(USUAL, slow, every, key_frames=False, patient=False).read == pytest.approx(30.0)
    assert deadlines_for(USUAL, slow, every, key_frames=True, patient=False).read == pytest.approx(61.0)
    still = replace(H264, fps=0.0, gop=None)
    assert deadlines_for(USUAL, still, every, key_frames=True, patient=False) == USUAL


def test_patience_is_four_times_the_usual_and_never_shortens() -> None:
    found = deadlines_for(USUAL, H264, timedelta(seconds=1), key_frames=True, patient=True)
    assert (found.open, found.read) == (20.0, 20.0)
    waiting = deadlines_for(USUAL, None, timedelta(seconds=20), key_frames=True, patient=True)
    assert (waiting.open, waiting.read) == (30.0, 50.0)


def test_a_picture_that_is_too_large_is_named_with_its_camera() -> None:
    check_size(8000, 5000, "gate")
    assert LARGEST == 8000 * 5000
    with pytest.raises(PictureTooLarge, match=r"gate: pictures of 8000 x 5001; at most 40 megapixels"):
        check_size(8000, 5001, "gate")
