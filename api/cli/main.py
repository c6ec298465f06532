"""All commands put together, and errors turned into one clear line."""

import sys

import typer
from typer.exceptions import TyperException

from api.cli import cameras, dataset, ground, shelf
from api.cli import detect as look
from api.cli import engines as agreeing
from api.cli import models as registry
from api.cli import planned as later
from api.cli import serve as service
from api.cli import survey_push as push
from api.cli import train as teaching
from api.cli import watch as watching
from api.cli import worker as jobs
from api.console import print_error
from api.errors import ApiError
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
shelf.register(registry.app)
dataset.register(app)
app.add_typer(registry.app, name="models")
for group in (service, jobs, watching, look, push, ground, teaching):
    group.register(app)
app.add_typer(cameras.app, name="cameras")
later.register(app)


def run(arguments: list[str]) -> int:
    """Run one command line and give its exit code, as `api.cli` says."""
    if arguments[:2] == push.NAME.split():
        arguments = [push.NAME, *arguments[2:]]
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
