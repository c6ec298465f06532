"""Running a module of the tests as another user of this machine."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NOBODY = "65534"
_PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin", "/sbin", "/bin"))


def run_as(user: str, module: str, *arguments: str) -> dict[str, object]:
    """The JSON object that a module prints, run by `root` or `nobody`; skips where it cannot be run so."""
    command = [*_command(user), "-m", module, *arguments]
    done = subprocess.run(
        command, cwd="/", env=_environment(), check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    assert isinstance(said, dict)
    return said


def start_as(user: str, module: str, *arguments: str) -> subprocess.Popen[str]:
    """The module as a process with its standard output open; skips where it cannot be run so."""
    command = [*_command(user), "-m", module, *arguments]
    return subprocess.Popen(command, cwd="/", env=_environment(), stdout=subprocess.PIPE, text=True)


def _environment() -> dict[str, str]:
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    found = [path for path in sys.path if path in installed or path.endswith(("site-packages", "dist-packages"))]
    return {"PYTHONPATH": os.pathsep.join([str(ROOT), *found]), "PATH": _PLACES, "PYTHONDONTWRITEBYTECODE": "1"}


def _command(user: str) -> list[str]:
    if user == "root":
        if os.getuid() != 0:
            pytest.skip("as root: these tests are not run by root")
        return [sys.executable]
    if os.getuid() != 0:
        return [sys.executable]  # whoever this is, it is not root
    command, why = _as_nobody()
    if not command:
        pytest.skip(f"as nobody: {why}")
    return list(command)


@cache
def _as_nobody() -> tuple[tuple[str, ...], str]:
    """A command that runs Python as nobody, or why there is none."""
    setpriv, runuser = (shutil.which(tool, path=_PLACES) for tool in ("setpriv", "runuser"))
    if setpriv:
        change = (setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    elif runuser:
        change = (runuser, "-u", "nobody", "--")
    else:
        return (), "there is neither setpriv nor runuser"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    works = "import subprocess, sys, cv2, pydantic, streams; subprocess.run([sys.executable, '-c', ''], check=True)"
    for python in (sys.executable, shutil.which(version, path="/usr/bin:/usr/local/bin:/bin")):
        # A Python that only root can reach, as pyenv's below /root, is of no use to nobody.
        trial = [*change, python or "", "-c", works]
        try:
            done = subprocess.run(
                trial, cwd="/", env=_environment(), check=False, capture_output=True, text=True, timeout=60
            )
        except OSError:
            continue
        if done.returncode == 0:
            return (*change, python or ""), ""
    return (), f"no {version} that nobody may run has the packages that are needed"
