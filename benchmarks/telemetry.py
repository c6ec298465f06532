"""What the parsers make of a folder of telemetry: one line a file, one line a dialect.

    python benchmarks/telemetry.py FOLDER

Counted are records, those with a position, a height and a camera that points somewhere, those that need a person
(`ambiguous`), and blocks that were skipped. A position of 0, 0, one beyond the map, or half a position is a defect and
ends with 1.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from streams.errors import TelemetryUnreadable
from streams.telemetry.read import read_telemetry
from streams.telemetry.record import Record

NAMES = ("records", "position", "height", "pointing", "ambiguous")
PATTERNS = ("*.srt", "*.SRT", "*.jpg", "*.JPG", "*.bin", "*.klv", "*.ts", "*.mp4", "*.MP4", "*.mov", "*.MOV")


def counts(records: Iterable[Record]) -> Counter[str]:
    """Return how many records say what, and how many say something that cannot be."""
    found: Counter[str] = Counter()
    for one in records:
        found["records"] += 1
        found["position"] += one.lat is not None
        found["height"] += one.height is not None
        found["pointing"] += one.yaw is not None and one.pitch is not None
        found["ambiguous"] += one.ambiguous is not None
        found["defects"] += not sound(one)
    return found


def sound(one: Record) -> bool:
    """Return whether a record's position is a place on the map, or none."""
    if one.lat is None or one.lon is None:
        return one.lat is None and one.lon is None
    return abs(one.lat) <= 90 and abs(one.lon) <= 180 and (one.lat, one.lon) != (0, 0)


def first_place(records: Iterable[Record]) -> str:
    """Return the first position and height, to hold against what a person reads in the file."""
    for one in records:
        if one.lat is not None and one.lon is not None:
            height = "no height" if one.height is None else f"{one.height:g} m"
            return f"{one.lat:.6f}, {one.lon:.6f}, {height}"
    return "no position"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    files = sorted({path for pattern in PATTERNS for path in folder.rglob(pattern)})
    by_dialect: dict[str, Counter[str]] = defaultdict(Counter)
    print(f"{'file':32s} {'dialect':28s} " + " ".join(f"{name:>9s}" for name in (*NAMES, "skipped")) + "  first place")
    for path in files:
        try:
            said = read_telemetry(path)
        except TelemetryUnreadable as error:
            print(f"{path.name:32s} unreadable: {error}")
            continue
        dialects = sorted({one.dialect for one in said.records})
        for dialect in dialects:
            mine = counts(one for one in said.records if one.dialect == dialect)
            by_dialect[dialect].update(mine + Counter(files=1))
        found = counts(said.records)
        figures = " ".join(f"{found[name]:9d}" for name in NAMES)
        named = " + ".join(dialects) or "none"
        print(f"{path.name:32s} {named:28s} {figures} {len(said.skipped):9d}  {first_place(said.records)}")
    print(f"\n{'dialect':16s} {'files':>9s} " + " ".join(f"{name:>9s}" for name in NAMES))
    for dialect, found in sorted(by_dialect.items()):
        print(f"{dialect:16s} {found['files']:9d} " + " ".join(f"{found[name]:9d}" for name in NAMES))
    defects = sum(found["defects"] for found in by_dialect.values())
    print(f"{len(files)} files; positions at 0, 0, beyond the map or half said: {defects}")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
