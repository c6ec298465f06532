import os
import threading
import time
from pathlib import Path

import pytest

from streams.video.capture import Deadlines, open_file, open_rtsp, rtsp_options
from tests.streams.conftest import Clips
from tests.streams.rtsp_server import BadCameras, Fault


def test_a_hanging_camera_does_not_hold_up_the_others(bad_cameras: BadCameras, clips: Clips) -> None:
    options, deadlines = rtsp_options(transport="tcp", key_frames=True), Deadlines(2.0, 2.0)
    opened: dict[str, float] = {}

    def open_camera(url: str) -> None:
        began = time.monotonic()
        capture = open_rtsp(url, options, deadlines)
        opened[url] = time.monotonic() - began if capture.isOpened() else -1.0
        capture.release()

    hanging = bad_cameras.add("hanging", clips["small"], Fault.HANG)
    well = [bad_cameras.add(f"well{number}", clips["small"]) for number in range(4)]
    threads = [threading.Thread(target=open_camera, args=(url,)) for url in [hanging, *well]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened[hanging] == -1.0
    assert all(0 < opened[url] < 1.5 for url in well)


def test_openings_with_other_options_wait_and_get_their_own(bad_cameras: BadCameras, clips: Clips) -> None:
    """A file opened while a camera opens must neither inherit key-frame decoding nor give up its list of formats."""
    url = bad_cameras.add("hanging", clips["small"], Fault.HANG)
    options = rtsp_options(transport="tcp", key_frames=True)
    camera = threading.Thread(target=open_rtsp, args=(url, options, Deadlines(1.0, 1.0)))
    camera.start()
    time.sleep(0.2)
    capture = open_file(clips.path("small"))
    assert "avdiscard" not in os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"]
    frames = 0
    while capture.grab():
        frames += 1
    assert frames == 75
    camera.join()


def test_raw_packets_and_key_frame_decoding_are_never_asked_for_together() -> None:
    with pytest.raises(ValueError, match="crash"):
        open_rtsp("rtsp://127.0.0.1:9/", rtsp_options(transport="tcp", key_frames=True), Deadlines(), raw=True)


def test_a_playlist_is_not_followed_even_unsniffed(tmp_path: Path, clips: Clips) -> None:
    path = tmp_path / "list.mp4"
    path.write_text(f"#EXTM3U\n#EXTINF:3,\n{clips.path('small')}\n")
    assert not open_file(path).isOpened()
