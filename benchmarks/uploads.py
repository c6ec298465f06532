"""A card is sent while the service is killed at random moments: is every file there once, and whole?

    python benchmarks/uploads.py --kills 20

Prints where in the transfer each kill came, then what is wrong with what lies on the disk and in the database;
ends with 1 where anything is.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.api.upload_client.killing import KillableService, make_card, push_while_killing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--videos", type=int, default=4)
    parser.add_argument("--megabytes", type=int, default=60, help="of each video")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="streetwarden-uploads-") as folder:
        work = Path(folder)
        card = make_card(work / "card", asked.seed, asked.videos, asked.megabytes)
        total = sum(file.size for file in card)
        began = time.monotonic()
        service = KillableService(work / "var")
        outcome = push_while_killing(service, card, asked.kills, asked.seed, work / "book")
        seconds = time.monotonic() - began
        faults = outcome.faults(card)
    print(f"{len(card)} files, {total / 2**20:.1f} MiB, {len(outcome.kills)} kills in {seconds:.0f} s")
    print("killed when this much had come, in MiB:", " ".join(f"{moment / 2**20:.1f}" for moment in outcome.kills))
    print(f"times that the client had to wait and ask again: {outcome.waits}")
    print(f"files stored: {len(outcome.stored)}; survey: {outcome.survey.state}")
    for fault in faults:
        print("WRONG:", fault)
    print("nothing is missing, damaged or there twice" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
