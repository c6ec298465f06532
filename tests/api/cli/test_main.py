import subprocess
import sys

import pytest

from tests.api.cli.conftest import Typed
from tests.conftest import REPO


def test_an_unknown_command_is_one_line_and_exit_2(streetwarden: Typed) -> None:
    printed = streetwarden("survay")
    assert printed.code == 2
    assert printed.err.count("\n") == 1
    assert "survay" in printed.err


@pytest.mark.parametrize("words", [("audit", "verify"), ("audit", "verify", "--now")])
def test_what_is_not_there_yet_says_so(streetwarden: Typed, words: tuple[str, ...]) -> None:
    printed = streetwarden(*words)
    assert printed.code == 2
    assert "not there yet" in printed.err
    assert printed.out == ""


def test_every_command_has_help_with_an_example(streetwarden: Typed) -> None:
    for command in (
        "demo",
        "serve",
        "watch",
        "detect",
        "geotag",
        "calibrate",
        "rule",
        "telemetry",
        "train",
        "evaluate",
    ):
        printed = streetwarden(command, "--help")
        assert printed.code == 0
        assert f"streetwarden {command}" in printed.out.split("Example:")[1]


def test_the_service_does_not_import_torch() -> None:
    """A fresh process: this one may have trained a model a moment ago."""
    code = (
        "import sys; sys.modules['torch'] = None; sys.modules['ultralytics'] = None\n"
        "from api.cli import run; sys.exit(run(['models', 'list']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_process_that_a_command_starts_does_not_import_the_service_anew() -> None:
    """multiprocessing gives each child the main module: the script that pip makes, which imports `api.cli`."""
    code = "import sys, api.cli; print(sorted({'cv2', 'numpy', 'fastapi', 'sqlalchemy', 'typer'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_reader_that_leaves_early_is_no_failure() -> None:
    command = f"{sys.executable} -c \"import time; time.sleep(1); from api.cli import main; main(['models', 'list'])\""
    script = f"set -o pipefail; {command} | true"
    done = subprocess.run(["bash", "-c", script], cwd=REPO, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_database_address_that_cannot_be_read_is_not_shown(
    streetwarden: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in ("nonsense-secret", "oracle://u:secret@h/x", "postgresql+psycopg://u:secret@h:abc/x"):
        monkeypatch.setenv("STREETWARDEN_DATABASE_URL", address)
        monkeypatch.setenv("STREETWARDEN_PORT", "0")
        printed = streetwarden("serve", "--for", "1s")
        assert printed.code == 2
        assert printed.err.count("\n") == 1
        assert "secret" not in printed.err
