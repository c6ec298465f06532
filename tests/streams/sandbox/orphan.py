"""`python -m tests.streams.sandbox.orphan`: starts a decoding process that would live for an hour, says its number."""

import sys
import time
from collections.abc import Mapping

from streams.sandbox.channel import ChildChannel
from streams.sandbox.start import Program, start

SLEEPER = Program("tests.streams.sandbox.orphan", "sleep", ("detector", "models", "streams", "tests"))


def sleep(channel: int, pixels: int, held: Mapping[str, object]) -> None:
    """Say that the sandbox is up, and stay."""
    ChildChannel(channel).say("up")
    time.sleep(3600)


if __name__ == "__main__":
    with start(SLEEPER) as child:
        if child.channel.hear(60) == b"up":
            print(child.process.pid, flush=True)  # noqa: T201
        time.sleep(60)
        sys.exit(1)
