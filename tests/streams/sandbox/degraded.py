"""`python -m tests.streams.sandbox.degraded CALL`: forbids one system call, as a container may, then says what the
sandbox lacks, whether it still reads a photo, and which attempts succeed.
"""

import ctypes
import errno
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

from streams.sandbox import seccomp
from streams.sandbox.kernel import what_holds
from streams.sandbox.read import Footage, read_frames
from tests.streams.sandbox.driver import loot, sandboxed

CALLS = {  # x86_64, aarch64
    "unshare": (272, 97),
    "landlock_create_ruleset": (444, 444),
    "seccomp": (317, 277),
    "pidfd_getfd": (438, 438),
}


def main() -> None:
    """Forbid, try, print."""
    forbid(sys.argv[1])
    with tempfile.TemporaryDirectory() as made:
        photo = Path(made, "0.png")
        cv2.imwrite(str(photo), np.zeros((8, 8, 3), np.uint8))
        frames = len(list(read_frames([Footage("0.png", photo)], lambda _: None)))
    with loot() as told:
        outcomes = sandboxed({**told, "camera": False})
    won = sorted(name for name, text in outcomes.items() if text == "SUCCEEDED")
    said = {"user": os.getuid(), "lacks": what_holds().lacks(), "frames": frames, "won": won}
    print(json.dumps(said))  # noqa: T201


def forbid(call: str) -> None:
    """Forbid one of CALLS from now on."""
    _forbid(CALLS[call][platform.machine() == "aarch64"])


def _forbid(number: int) -> None:
    """Answer EPERM to a call from now on, here and in every process that this one starts."""
    no_new_privileges = 38
    ctypes.CDLL(None).prctl(no_new_privileges, 1, 0, 0, 0)
    program = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x50000 | errno.EPERM), (0x06, 0, 0, 0x7FFF0000)]
    assert seccomp._load_filter(program, 0) == 0


if __name__ == "__main__":
    main()
