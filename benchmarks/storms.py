"""How soon a live camera is served beside 300 that are not: its first picture, and its return after a cut.

    python benchmarks/storms.py clip.mp4 [--kinds dead missing hang wrong] [--count 300]

Each camera is read as the service reads it, in a process of its own once it is known to have the stream. `clip.mp4`: a
short H.264 clip with a key frame a second. Kinds: nobody there, 404, no answer to DESCRIBE, a wrong password.
"""

import argparse
import socket
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from detector.candidate import Candidate
from detector.vision.frame import Frame
from streams.fleet import CameraJob, Fleet
from streams.video.rtp import EncodedClip, read_clip
from tests.streams.rtsp_server import BadCameras, Fault
from tests.streams.scripted import Notebook

KINDS = ("dead", "missing", "hang", "wrong")
PERIOD = timedelta(seconds=1)
CUTS = 3
PATIENCE = 60.0  # seconds


def addresses(kind: str, cameras: BadCameras, clip: EncodedClip, silent: str) -> list[str]:
    """Return the addresses that the cameras of a kind have in turn."""
    if kind == "dead":
        return ["rtsp://127.0.0.1:9/x", silent, "rtsp://camera.invalid/x"]
    if kind == "wrong":
        return [cameras.add("locked", clip, auth="Digest").replace("s3cret", "wrong")]
    return [cameras.add(kind, clip, Fault.MISSING if kind == "missing" else Fault.HANG)]


def waited(come: Callable[[], bool]) -> float:
    """Return the seconds until something is true; infinity after PATIENCE."""
    began = time.monotonic()
    while not come():
        if time.monotonic() - began > PATIENCE:
            return float("inf")
        time.sleep(0.02)
    return time.monotonic() - began


def storm(kind: str, count: int, clip: EncodedClip) -> tuple[float, list[float]]:
    """Return the seconds to the live camera's first picture, and those to its return after each cut."""
    seen: list[float] = []

    def make(camera: str) -> Callable[[Frame], list[Candidate]]:
        def look(_: Frame) -> list[Candidate]:
            if camera == "live":
                seen.append(time.monotonic())
            return []

        return look

    with BadCameras() as cameras, socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        silent = f"rtsp://127.0.0.1:{listener.getsockname()[1]}/x"
        fleet = Fleet(make, Notebook(), processes=True)
        try:
            broken, live = addresses(kind, cameras, clip, silent), cameras.add("live", clip)
            for number in range(count):
                fleet.add(CameraJob(f"broken {number}", broken[number % len(broken)], PERIOD))
            fleet.add(CameraJob("live", live, PERIOD))
            first, backs = waited(lambda: bool(seen)), []
            for _ in range(CUTS):
                time.sleep(3)
                cameras.drop_all()
                cut = time.monotonic()
                backs.append(waited(lambda cut=cut: bool(seen) and seen[-1] > cut + 0.2))  # type: ignore[misc]  # bound now
            return first, backs
        finally:
            fleet.close()


def main() -> None:
    """Print a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--count", type=int, default=300)
    wish = parser.parse_args()
    clip = read_clip(wish.clip)
    print("kind\tfirst picture, s\tback after a cut, s")
    for kind in wish.kinds:
        first, backs = storm(kind, wish.count, clip)
        print(f"{kind}\t{first:.1f}\t{', '.join(f'{back:.1f}' for back in backs)}", flush=True)


if __name__ == "__main__":
    main()
