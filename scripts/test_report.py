"""Print, for each package, its lines, its tests' lines and the line coverage of the last run: the end of `make test`.

Coverage is read from the files that `coverage run` left. Ends with 1 if the tests have become fewer than the floor.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import coverage

PACKAGES = ("api", "streams", "detector", "models", "training")
WANTED = 0.70  # lines of tests for each line of code
FLOOR = 0.7  # what is there; it is raised with the tests, never lowered


def lines_by_package(tracked: list[str]) -> tuple[Counter[str], Counter[str]]:
    """Return the lines of code and of tests by package, of the Python files among `tracked` (paths from the root).

    Tests of no package, such as `tests/conftest.py`, count under their own name.
    """
    code: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for path in tracked:
        top, _, rest = path.partition("/")
        inside = rest.partition("/")[0] if top == "tests" else top
        if not path.endswith(".py") or (top != "tests" and top not in PACKAGES):
            continue
        lines = Path(path).read_text(encoding="utf-8").count("\n")
        (tests if top == "tests" else code)[inside] += lines
    return code, tests


def coverage_by_package() -> tuple[Counter[str], Counter[str]]:
    """Return statements and executed statements by package; both are empty where nothing was measured."""
    statements: Counter[str] = Counter()
    executed: Counter[str] = Counter()
    measured = coverage.Coverage()
    try:
        measured.combine()
        measured.save()
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "coverage.json"
            measured.json_report(outfile=str(out))
            files = json.loads(out.read_bytes())["files"]
    except coverage.exceptions.NoDataError:
        return statements, executed
    for path, file in files.items():
        package = path.partition("/")[0]
        statements[package] += file["summary"]["num_statements"]
        executed[package] += file["summary"]["covered_lines"]
    return statements, executed


def main() -> int:
    """Print the table and return the exit code."""
    listed = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout.splitlines()
    code, tests = lines_by_package([path for path in listed if Path(path).is_file()])
    statements, executed = coverage_by_package()
    print(f"{'package':10} {'lines':>7} {'tests':>7} {'ratio':>6} {'coverage':>9}")
    for name in (*PACKAGES, "all"):
        counts = (code, tests, statements, executed)
        mine, theirs, known, run = (count.total() if name == "all" else count[name] for count in counts)
        share = f"{100 * run / known:8.1f}%" if known else "        -"
        print(f"{name:10} {mine:7} {theirs:7} {theirs / mine:6.2f} {share:>9}")
    ratio = tests.total() / code.total()
    if ratio < FLOOR:
        print(f"{ratio:.3f} lines of tests for each line of code; {FLOOR} is the least", file=sys.stderr)
        return 1
    if ratio < WANTED:
        print(f"{WANTED:.2f} lines of tests for each line of code are wanted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
