"""`python -m tests.streams.sandbox.reading URL [CALL]`: reads a camera in a process of its own until two frames have
come, with one system call forbidden as a container may forbid it, and prints what came.
"""

import json
import os
import sys
import threading
from datetime import timedelta

from streams.camera.backoff import Backoff, OpeningBudget
from streams.camera.job import CameraJob
from streams.camera.process_source import ProcessSource
from streams.sandbox.kernel import what_holds
from tests.streams.sandbox.degraded import forbid
from tests.streams.scripted import Notebook


def main(url: str) -> None:
    sink = Notebook()
    job = CameraJob("gate", url, timedelta(seconds=0.5))
    source = ProcessSource(job, OpeningBudget(50), sink.note, backoff=Backoff(0.1, 0.2))
    timer = threading.Timer(30, source.stop)
    timer.start()
    shapes = []
    for frame in source.frames():
        shapes.append(frame.image.shape)
        if len(shapes) == 2:
            source.stop()
    timer.cancel()
    said = {"user": os.getuid(), "shapes": shapes, "supervised": what_holds().supervised, "replaced": source.replaced}
    json.dump(said | {"reasons": [note.reason for note in sink.notes if note.reason]}, sys.stdout)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        forbid(sys.argv[2])
    main(sys.argv[1])
