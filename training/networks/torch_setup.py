"""torch and ultralytics as we want them: few threads, offline, nothing on standard output, pickles restricted."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_torch(threads: int) -> Iterator[None]:
    """ultralytics restricted and offline, its bars on standard error; best entered before it is imported."""
    os.environ["ULTRALYTICS_SAFE_LOAD"] = "1"
    os.environ["YOLO_OFFLINE"] = "true"
    os.environ["OMP_NUM_THREADS"] = str(threads)
    with contextlib.redirect_stdout(sys.stderr):
        import torch
        from ultralytics.nn import tasks

        # It read the variable when it was imported: somebody may have done so before, and pickles would run their code.
        tasks.SAFE_LOAD = True  # type: ignore[attr-defined]  # a module global of theirs
        torch.set_num_threads(threads)
        yield
