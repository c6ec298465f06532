"""`streetwarden survey push`: a card full of footage sent to a service."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Annotated, Final, Self
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from api.cli.commands import SURVEY_PUSH
from api.console import AsJson, errors_console, print_error, print_json
from api.errors import PushFailed
from api.surveys.files import FileNote
from api.surveys.schemas import FileOut, SurveyOut
from api.surveys.tables import SurveyState
from api.upload_client.card import cache_folder, open_book, read_card
from api.upload_client.client import Patience, SurveyService
from api.upload_client.upload import push as push_card

KEY: Final = "STREETWARDEN_API_KEY"
KEY_FILE: Final = "STREETWARDEN_API_KEY_FILE"
NOTES: Final = {
    FileNote.EMPTY: "is empty",
    FileNote.NOT_FOOTAGE: "is no footage; left out",
    FileNote.PREVIEW: "is a small copy of a video; left out",
    FileNote.SAME_AS: "has the same content as",
    FileNote.MISLABELLED: "is not what its name says; set aside",
    FileNote.DAMAGED: "arrived damaged each time it was sent",
    FileNote.NO_TELEMETRY: "has no telemetry file",
    FileNote.NO_VIDEO: "belongs to no video",
    FileNote.REMOVED: "was removed from the service since its survey ended",
    FileNote.NO_ROOM: "has arrived, but the service has no disk space left to store it",
    FileNote.NOT_STORED: "has arrived, but the service cannot store it",
}

app = typer.Typer(rich_markup_mode=None)


class Bar:
    """A bar on standard error: hashing first, then sending."""

    def __init__(self) -> None:
        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._progress = Progress(TextColumn("{task.description}"), *columns, console=errors_console())
        self._hash = self._progress.add_task("hash", total=None)
        self._send = self._progress.add_task("send", total=None, start=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._progress.stop()

    def say(self, line: str) -> None:
        """Print a line above the progress bar."""
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def hashing(self, done: int, total: int) -> None:
        """So many bytes of the card are hashed."""
        self._progress.update(self._hash, completed=done, total=total)

    def sending(self, done: int, total: int) -> None:
        """Show how many bytes the service has."""
        self._progress.start_task(self._send)
        self._progress.update(self._send, completed=done, total=total)


@app.command(SURVEY_PUSH)
def push(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A card, or any folder of footage.", exists=True, file_okay=False)
    ],
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The service, e.g. https://streets.example.org.")],
    name: Annotated[str | None, typer.Option(help="What to call the survey; else the folder's name.")] = None,
    ground: Annotated[
        float | None, typer.Option(help="The street's height above the place of take-off, in metres.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The model that shall look; else the service's.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Look at footage once more whose survey has ended, with today's models.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Send a folder of drone footage to a service. Killed or cut off, the same command goes on where it was.

    The service's API key is read from STREETWARDEN_API_KEY, or from the file that STREETWARDEN_API_KEY_FILE names.

    Example: streetwarden survey push /media/card/DCIM --to https://streets.example.org
    """
    base = _address(to)
    files = read_card(folder, lambda line: print_error(f"streetwarden: {line}"))
    title = name or folder.absolute().name or "card"
    timeout = httpx.Timeout(30.0, read=120.0, write=120.0)
    with (
        open_book(cache_folder()) as book,
        httpx.Client(base_url=base, timeout=timeout, follow_redirects=False, headers=_signed()) as http,
        Bar() as bar,
    ):
        service = SurveyService(http, Patience(bar.say))
        survey, found = push_card(files, title, book, service, bar, ground=ground, model=model, again=again)
    names = {file.id: file.name for file in found}
    for file in found:
        print_json({"file": file.model_dump(mode="json", exclude={"upload"})}, _line(file, names), as_json)
    print_json({"survey": survey.model_dump(mode="json")}, _summary(survey, to), as_json)
    if survey.state is SurveyState.UPLOADING:
        print_error("streetwarden: some files arrived damaged: check the card, then type the same command again")
        return 1
    return 0


def _signed() -> dict[str, str]:
    """Return the header that carries the API key, which is never taken from an argument: every process could read it.

    Raises PushFailed.
    """
    key, file = os.environ.get(KEY, ""), os.environ.get(KEY_FILE)
    if file and not key:
        try:
            key = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PushFailed(f"{KEY_FILE}: {file} cannot be read") from error
    if not key.strip().isascii():
        raise PushFailed(f"{KEY}: this is no API key; 'streetwarden keys add' makes one")
    return {"Authorization": f"Bearer {key.strip()}"} if key.strip() else {}


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named:
        raise PushFailed("--to: write the service's address like https://streets.example.org")
    return url.rstrip("/")


def _line(file: FileOut, names: Mapping[UUID, str]) -> str:
    other = names.get(file.same_as_id, "") if file.same_as_id else ""
    note = f"{file.name} {NOTES.get(file.note, file.note)} {other}".rstrip() if file.note else file.name
    return f"{file.state.value:10} {note}"


def _summary(survey: SurveyOut, to: str) -> str:
    progress = survey.progress
    return (
        f"survey {survey.id} '{survey.name}' is {survey.state.value.replace('_', ' ')}: "
        f"{progress.files_settled} of {progress.files} files settled at {urlsplit(to).hostname}"
    )
