"""`.ci/run` ends with what it began."""

import os
import shutil
import subprocess
import time
from pathlib import Path

RUN = Path(__file__).resolve().parent.parent / ".ci" / "run"
# In the place of make: the installation goes on for long, and the linters find a fault once it has begun.
MAKE = """#!/bin/sh
case "$1" in
  .venv/.installed) echo $$ > begun.new && mv begun.new begun; exec sleep 60 ;;
  lint) while [ ! -s begun ]; do sleep 0.05; done; exit 1 ;;
esac
"""


def test_where_the_linters_fail_no_installation_goes_on_behind_them(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(RUN, tmp_path / ".ci" / "run")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "make").write_text(MAKE)
    (tmp_path / "bin" / "make").chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    ended = subprocess.run([tmp_path / ".ci" / "run"], env={"PATH": path}, capture_output=True, timeout=30, check=False)
    assert ended.returncode == 1
    installation = int((tmp_path / "begun").read_text())
    until = time.monotonic() + 10
    while (alive := _is_alive(installation)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive


def _is_alive(process: int) -> bool:
    """Return whether a process runs; one that ended and that nobody has waited for is not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
