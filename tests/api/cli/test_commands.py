"""The command line as a whole: every command is found, none is imported before it is used, errors are one line."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import typer
from typer.main import get_group

from api.bootstrap import sole_service
from api.cli.commands import COMMANDS, LazyGroup
from tests.api.cli.conftest import Typed
from tests.conftest import REPO


def test_an_unknown_command_is_one_line_and_exit_2(streetwarden: Typed) -> None:
    printed = streetwarden("survay")
    assert printed.code == 2
    assert printed.err.count("\n") == 1
    assert "survay" in printed.err


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


def test_the_help_says_of_each_command_what_the_command_says_itself(streetwarden: Typed) -> None:
    """The list of commands imports none, so its lines stand in a table of their own."""
    group = LazyGroup(name="streetwarden")
    context = typer.Context(group)
    for name, entry in COMMANDS.items():
        command = group.get_command(context, name)
        assert command is not None
        assert command.help is not None
        assert " ".join(command.help.split("\n\n")[0].split()) == entry.about
    printed = streetwarden("--help")
    assert printed.code == 0
    assert all(f"\n  {name} " in printed.out for name in COMMANDS)


def test_a_group_has_every_command_of_its_file(streetwarden: Typed) -> None:
    for name in ("cameras", "models", "db", "users", "keys", "audit"):
        app = __import__(f"api.cli.{COMMANDS[name].module}", fromlist=["app"]).app
        out = streetwarden(name, "--help").out
        assert all(f"\n  {command} " in out for command in get_group(app).commands)


def test_the_version_is_that_of_the_package(streetwarden: Typed) -> None:
    printed = streetwarden("--version")
    assert (printed.code, printed.out, printed.err) == (0, f"streetwarden {version('streetwarden')}\n", "")


HEAVY = ("fastapi", "starlette", "onnxruntime", "openvino", "cv2", "sqlalchemy", "alembic", "jinja2", "torch")
RULE = ["rule", "--rulebook", "samples/rulebook.yaml", "--class", "stall", "--at", "2026-11-20T10:00:00+08:00"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        ["cameras", "key"],
        RULE,
        ["telemetry", "samples/flights/nadir-60m/flight.srt"],
        ["models", "list"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_light_command_imports_neither_the_web_application_nor_a_network(arguments: list[str]) -> None:
    assert imported_by(arguments, HEAVY) == []


def test_a_key_is_made_without_the_settings() -> None:
    assert imported_by(["cameras", "key"], ("pydantic_settings", "shapely", "numpy", "api.settings")) == []


def test_sweeping_and_the_list_of_cameras_need_no_web_application() -> None:
    """They find no database here, and say so; what they imported is the same."""
    for arguments in (["sweep"], ["cameras", "list"], ["worker"]):
        assert imported_by(arguments, ("fastapi", "jinja2", "alembic", "torch"), code=2) == []


def test_a_survey_worker_does_not_import_the_pages() -> None:
    code = (
        "import json, sys, api.surveys.jobs.worker_process\n"
        "print(json.dumps(sorted({'fastapi', 'starlette', 'jinja2', 'babel', 'torch', 'training', 'api.pages.base'}"
        " & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def imported_by(arguments: list[str], names: tuple[str, ...], code: int = 0) -> list[str]:
    """Those of the modules that a command has imported by its end; it runs in a fresh process."""
    script = (
        "import json, sys\nfrom api.cli import run\n"
        "code = run(json.loads(sys.argv[1]))\n"
        "found = [name for name in json.loads(sys.argv[2]) if name in sys.modules]\n"
        "sys.stderr.write('\\n' + json.dumps([code, found]))"
    )
    command = [sys.executable, "-c", script, json.dumps(arguments), json.dumps(names)]
    with TemporaryDirectory() as folder:
        environment = {"PATH": "/usr/bin:/bin", "STREETWARDEN_DATA_DIR": f"{folder}/var", "PYTHONPATH": str(REPO)}
        done = subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, check=True)
    ended, found = json.loads(done.stderr.splitlines()[-1])
    assert ended == code, done.stderr
    assert isinstance(found, list)
    return found


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


def test_a_second_service_on_one_data_folder_says_so(
    streetwarden: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("STREETWARDEN_PORT", "0")
    with sole_service(tmp_path / "var"):
        printed = streetwarden("serve", "--for", "1s")
    assert printed.code == 2
    assert f"another service (process {os.getpid()}) works on this data folder" in printed.err
    assert printed.err.count("\n") == 1
    with sole_service(tmp_path / "var"):  # the lock went with its holder
        pass
