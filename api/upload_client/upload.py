"""A card is hashed, announced, sent and waited for."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

from pydantic import ValidationError

from api.errors import PushFailed
from api.surveys.schemas import MAX_FILES, AnnouncedOut, FileIn, FileOut, SurveyIn, SurveyOut
from api.surveys.tables import FileState, SurveyState
from api.upload_client.card import CardFile, HashBook
from api.upload_client.client import SurveyService
from detector.input_faults import in_words

ROUNDS: Final = 3  # a file may come damaged so often; then something is wrong with the card or the line
POLL: Final = 0.5  # seconds
CHECKING: Final = 30 * 60.0  # seconds in which no file is checked: the largest takes less, so nobody is at it


class Shown(Protocol):
    """What draws the progress: bytes hashed, then bytes that the service has."""

    def hashing(self, done: int, total: int) -> None: ...

    def sending(self, done: int, total: int) -> None: ...


def push(
    files: Sequence[CardFile],
    name: str,
    book: HashBook,
    service: SurveyService,
    shown: Shown,
    *,
    ground: float | None = None,
    model: str | None = None,
    again: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[SurveyOut, list[FileOut]]:
    """Bring the files; the survey and its files as they are when nothing is under way any more.

    `again` asks for a new survey where one of exactly these files has ended. Raises CardUnreadable and PushFailed.
    """
    manifest = _manifest(name, files, _hashes(files, book, shown), ground, model).model_copy(update={"again": again})
    for _ in range(ROUNDS):
        answer = service.announce(manifest)
        _send_all(answer, files, service, shown)
        survey = _checked(service, answer, sleep)
        if survey.state is not SurveyState.UPLOADING:
            break
    return survey, service.files(answer)


def _checked(service: SurveyService, answer: AnnouncedOut, sleep: Callable[[float], None]) -> SurveyOut:
    """Return the survey once every hash is checked: it has left `uploading`, or something has to be sent again.

    Raises PushFailed where the service cannot store what has come, or checks nothing.
    """
    settled, since = -1, time.monotonic()
    while True:
        survey = service.survey(answer)
        come = survey.progress
        if survey.state is not SurveyState.UPLOADING or come.received < come.size:
            return survey
        if survey.errors:
            said = "; ".join(error.text for error in survey.errors[:3])
            raise PushFailed(f"{said}. The service goes on trying; type the same command again to see how far it is")
        if come.files_settled != settled:
            settled, since = come.files_settled, time.monotonic()
        elif time.monotonic() - since > CHECKING:
            raise PushFailed(
                f"all has arrived, but the service has checked no file for {CHECKING / 60:.0f} min: {settled} of "
                f"{come.files} are done. Its log says why; type the same command again to see how far it is"
            )
        sleep(POLL)


def _hashes(files: Sequence[CardFile], book: HashBook, shown: Shown) -> list[str]:
    total, done, hashes = sum(file.size for file in files), 0, []
    for file in files:
        hashes.append(book.of(file))
        done += file.size
        shown.hashing(done, total)
    return hashes


def _manifest(
    name: str, files: Sequence[CardFile], hashes: Sequence[str], ground: float | None, model: str | None
) -> SurveyIn:
    if len(files) > MAX_FILES:
        raise PushFailed(f"{len(files)} files are too many for one survey (at most {MAX_FILES}); push folder by folder")
    try:
        announced = [
            FileIn(name=file.name, size=file.size, sha256=sha256) for file, sha256 in zip(files, hashes, strict=True)
        ]
        return SurveyIn(name=name, files=announced, ground=ground, model=model)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        raise PushFailed(f"{'.'.join(str(part) for part in fault['loc'])}: {in_words(fault)}") from None


def _send_all(answer: AnnouncedOut, files: Sequence[CardFile], service: SurveyService, shown: Shown) -> None:
    aside = (FileState.SUSPECT, FileState.DUPLICATE)
    total = sum(file.size for file in answer.files if file.state not in aside)
    before = sum(file.size for file in answer.files if file.state is FileState.STORED)
    shown.sending(before, total)
    for file, mine in zip(answer.files, files, strict=True):  # in the manifest's order, which is ours
        if file.upload is not None:
            service.send(mine, file.upload, partial(_shift, shown, before, total))
            before += file.size


def _shift(shown: Shown, before: int, total: int, ends: int) -> None:
    shown.sending(before + ends, total)
