"""The JSON of surveys: sizes in bytes, times RFC 3339 with offset, hashes SHA-256 in lower-case hexadecimal."""

from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.candidates.schemas import ReasonOut
from api.surveys.files import FileNote, SurveyFile
from api.surveys.manifest import Announced, Manifest, read_manifest
from api.surveys.messages import SURVEY_ERRORS
from api.surveys.repository import Progress, Survey
from api.surveys.tables import FileKind, FileState, SurveyState
from detector.reason import Reason, Translate, say

MAX_FILES: Final = 10_000
MAX_SIZE: Final = 100 * 2**30  # bytes of one file: more than an hour at 200 Mbit/s, the most that drones write


class FileIn(BaseModel):
    """One file that will be sent: its path on the card, with slashes."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=1000)]
    size: Annotated[int, Field(ge=0, le=MAX_SIZE, strict=True)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SurveyIn(BaseModel):
    """What a drone team brings; `ground` is the street's height in metres above the place of take-off.

    `again` asks for a new survey where one over exactly this footage has ended.
    """

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=200)]
    files: Annotated[list[FileIn], Field(min_length=1, max_length=MAX_FILES)]
    ground: Annotated[float | None, Field(strict=True, ge=-1000, le=1000)] = None  # strict: false is not 0
    model: Annotated[str | None, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")] = None
    district: Annotated[str | None, Field(min_length=1, max_length=64)] = None
    again: Annotated[bool, Field(strict=True)] = False

    def manifest(self) -> Manifest:
        """Return what it says, cleaned. Raises ManifestInvalid."""
        files = [Announced(file.name, file.size, file.sha256) for file in self.files]
        return read_manifest(self.name, files, self.ground, self.model, self.district)


class ProgressOut(BaseModel):
    """How much has come: files settled of those announced, bytes of those that are wanted.

    How much has been looked at: chunks (some 30 seconds of a video, or 20 photos) done, and set aside as dead, of those
    known so far. Their number grows while videos are asked how long they are.
    """

    model_config = ConfigDict(from_attributes=True)

    files: int
    files_settled: int
    size: int
    received: int
    chunks: int
    chunks_done: int
    chunks_dead: int


class SurveyOut(BaseModel):
    """One survey: `errors` say what of its footage was set aside, and why.

    While it is uploading they name files that have come whole and that the service cannot store.

    Their `params` hold `file`, `last_file` of several photos, and the seconds of a video from `start` to `end`.
    """

    id: UUID
    name: str
    state: SurveyState
    created_at: datetime
    updated_at: datetime
    ground: float | None
    model: str | None
    district: str | None
    errors: list[ReasonOut]
    progress: ProgressOut

    @classmethod
    def of(cls, survey: Survey, progress: Progress, translate: Translate) -> Self:
        """Return a survey with its errors in the language that `translate` gives."""
        return cls(
            id=survey.id,
            name=survey.name,
            state=survey.state,
            created_at=survey.created_at,
            updated_at=survey.updated_at,
            ground=survey.ground,
            model=survey.model,
            district=survey.district,
            errors=[_error(error, translate) for error in (*survey.errors, *progress.blocked)],
            progress=ProgressOut.model_validate(progress),
        )


def _error(error: Reason, translate: Translate) -> ReasonOut:
    said, file = ReasonOut.of(error, say(error, SURVEY_ERRORS, translate)), error.params.get("file")
    return said.model_copy(update={"text": f"{file}: {said.text}"}) if file else said


class FileOut(BaseModel):
    """One announced file; `upload` is where tus 1.0 takes it, null where nothing of it is wanted.

    `note` says in a word why it was set aside or what it lacks, `same_as_id` which file of the survey has the same
    content; `pair_id` is the telemetry of a video.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    kind: FileKind
    size: int
    sha256: str
    state: FileState
    received: int
    note: FileNote | None
    same_as_id: UUID | None
    pair_id: UUID | None
    upload: str | None = None

    @classmethod
    def of(cls, file: SurveyFile) -> Self:
        wanted = file.state in (FileState.MISSING, FileState.UPLOADING, FileState.CORRUPT)
        return cls.model_validate(file).model_copy(update={"upload": upload_path(file) if wanted else None})


class AnnouncedOut(BaseModel):
    """What the service says to a manifest: the survey, and each file in the manifest's order."""

    survey: SurveyOut
    files: list[FileOut]


def upload_path(file: SurveyFile) -> str:
    """Return where tus 1.0 takes a file."""
    return f"/api/v1/surveys/{file.survey_id}/files/{file.id}"
