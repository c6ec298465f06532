"""The names of all commands and one line of help for each; a command's module is imported when the command is used.

`streetwarden cameras key` so starts without the web application, and `--help` without any command at all. A module of a
command holds `app`, a Typer application; its docstrings and the lines here are compared by a test.
"""

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Final

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_group

from api import __version__
from api.console import print_error
from api.errors import ApiError
from detector.errors import DetectorError
from models.errors import ModelError
from streams.errors import StreamError
from training.errors import TrainingError

if TYPE_CHECKING:
    from typer import _click  # its own copy of click; where that lies is nobody's concern at run time

SURVEY_PUSH: Final = "survey push"
EVALUATE_PLACES: Final = "evaluate places"
"""Two words that are one command each, since `survey` takes videos itself, and `evaluate` a model."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is found: `api.cli.<module>`, whose application is the group itself or holds the command."""

    module: str
    about: str
    group: bool = False


COMMANDS: Final = {
    "serve": Entry(
        "serve",
        "Serve the API and the review page, deliver confirmed cases, and work through uploaded surveys.",
    ),
    "demo": Entry("demo", "Run the whole service on its sample footage, ready to review in a browser, until Ctrl-C."),
    "worker": Entry("worker", "Work through uploaded surveys, beside those workers that the service runs itself."),
    "sweep": Entry(
        "sweep",
        "Remove uploads that were given up, and footage and pictures of candidates whose time is over.",
    ),
    "doctor": Entry(
        "doctor",
        "Say in plain words what is wrong with this installation and what to do; exit 1 where work is stopped.",
    ),
    "report": Entry(
        "report",
        "Make the report of the last week, month or quarter that is over; one that was made is kept as it is.",
    ),
    "backup": Entry("backup", "Copy the database, the evidence, models and data sets into a new folder."),
    "restore": Entry("restore", "Put a backup into an empty data folder, each file checked against the backup's list."),
    "watch": Entry("watch", "Watch cameras or files and print what would be put before a reviewer."),
    "detect": Entry(
        "detect",
        "Run one model on pictures. A drone's photo that carries its pose gives each box a position.",
    ),
    "survey": Entry("survey", "Look through one drone flight and print each thing once, with its position."),
    SURVEY_PUSH: Entry(
        "survey_push",
        "Send a folder of drone footage to a service. Killed or cut off, the same command goes on where it was.",
    ),
    "geotag": Entry(
        "geotag",
        "Say where on the ground a pixel lies, with the radius that holds the truth nine times in ten.",
    ),
    "calibrate": Entry(
        "calibrate",
        "Work out a fixed camera from ground control points: at least 4, better 8 or more, spread over the picture.",
    ),
    "rule": Entry("rule", "Ask the rulebook about a thing at a place and an hour, or what a new one would change."),
    "rulebooks": Entry("rulebooks", "Versions of the rulebook.", group=True),
    "telemetry": Entry(
        "telemetry",
        "Say what a sidecar, a photo or a KLV packet tells of the aircraft; what it does not tell is null, never 0.",
    ),
    "train": Entry(
        "train",
        "Fine-tune a model on a data set, and compare it with the model in service on the pictures that are held out.",
    ),
    "evaluate": Entry("train", "Measure a model on the pictures that a data set holds out."),
    EVALUATE_PLACES: Entry(
        "evaluate_places",
        "Measure which known stalls of recorded sequences are put before a reviewer, how late, and what is none.",
    ),
    "models": Entry("models", "The model registry.", group=True),
    "dataset": Entry("dataset", "Data sets to train on and to judge by.", group=True),
    "cameras": Entry("cameras", "The registry of cameras.", group=True),
    "zones": Entry("zones", "Zones: proposed from a recording, or imported from a map.", group=True),
    "db": Entry("db", "The database.", group=True),
    "users": Entry("users", "Users: who may sign in.", group=True),
    "keys": Entry("keys", "API keys of machines.", group=True),
    "audit": Entry("audit", "The audit log.", group=True),
    "evidence": Entry("evidence", "Evidence: packs to hand out, and holds.", group=True),
}


class LazyGroup(TyperGroup):
    """The commands of `COMMANDS`, each imported when it is asked for."""

    def list_commands(self, ctx: "_click.Context") -> list[str]:
        """Return the names of all commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: "_click.Context", cmd_name: str) -> "_click.Command | None":
        """Return the command of that name, imported now; None where there is none."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        app: typer.Typer = import_module(f"api.cli.{entry.module}").app
        group = get_group(app)
        return group if entry.group else group.commands[cmd_name]

    def format_commands(self, ctx: "_click.Context", formatter: "_click.HelpFormatter") -> None:
        """Write what each command is for, without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.about) for name, entry in COMMANDS.items()])


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"streetwarden {__version__}\n")
        raise typer.Exit


app = typer.Typer(
    cls=LazyGroup,
    help="Finds stalls and advertising that break street rules, and hands a person a short, evidenced list.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def run_command(arguments: list[str]) -> int:
    """Run one command line and give its exit code, as `api.cli` says."""
    if " ".join(arguments[:2]) in (SURVEY_PUSH, EVALUATE_PLACES):
        arguments = [" ".join(arguments[:2]), *arguments[2:]]
    try:
        result = app(arguments, prog_name="streetwarden", standalone_mode=False)
    except TyperException as error:
        print_error(f"streetwarden: {error.format_message()}")
        return error.exit_code
    except (ApiError, TrainingError, StreamError, DetectorError, ModelError) as error:
        print_error(f"streetwarden: {error}")
        return 2
    except (KeyboardInterrupt, typer.Abort):
        print_error("streetwarden: interrupted")
        return 130
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        sys.stderr.close()
        return 0
    return result if isinstance(result, int) else 0
