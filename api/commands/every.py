"""All commands put together, and errors turned into one clear line."""

import sys

import typer
from typer.exceptions import TyperException

from api.commands import (
    agreeing,
    cameras,
    evaluate_places,
    ground,
    jobs,
    later,
    look,
    push,
    registry,
    service,
    teaching,
    watching,
)
from api.errors import ApiError
from api.printing import tell
from detector.errors import DetectorError
from models.errors import ModelError
from streams.errors import StreamError
from training.errors import TrainingError

app = typer.Typer(
    help="Finds stalls and advertising that break street rules, and hands a person a short, evidenced list.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
agreeing.register(registry.app)
app.add_typer(registry.app, name="models")
for group in (service, jobs, watching, look, push, ground, teaching, evaluate_places):
    group.register(app)
app.add_typer(cameras.app, name="cameras")
later.register(app, registry.app)


def run(arguments: list[str]) -> int:
    """Run one command line and give its exit code, as `api.cli` says."""
    for name in (push.NAME, evaluate_places.NAME):
        if arguments[:2] == name.split():
            arguments = [name, *arguments[2:]]
    try:
        result = app(arguments, prog_name="streetwarden", standalone_mode=False)
    except TyperException as error:
        tell(f"streetwarden: {error.format_message()}")
        return error.exit_code
    except (ApiError, TrainingError, StreamError, DetectorError, ModelError) as error:
        tell(f"streetwarden: {error}")
        return 2
    except (KeyboardInterrupt, typer.Abort):
        tell("streetwarden: interrupted")
        return 130
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        sys.stderr.close()
        return 0
    return result if isinstance(result, int) else 0
