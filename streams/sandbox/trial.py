"""A process that says which layers of its sandbox hold, and ends."""

import json
from collections.abc import Mapping

from streams.sandbox.channel import ChildChannel


def main(channel: int, pixels: int, held: Mapping[str, object]) -> None:
    """Print which layers of the sandbox work."""
    ChildChannel(channel).say(json.dumps({"kind": "held", **held}))
