"""torch and ultralytics as we want them: few threads, offline, nothing on standard output, pickles restricted."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_torch(threads: int) -> Iterator[None]:
    """ultralytics restricted and offline, its bars on standard error; to be entered before it is imported."""
    os.environ["ULTRALYTICS_SAFE_LOAD"] = "1"
    os.environ["YOLO_OFFLINE"] = "true"
    os.environ["OMP_NUM_THREADS"] = str(threads)
    with contextlib.redirect_stdout(sys.stderr):
        import torch

        torch.set_num_threads(threads)
        yield
