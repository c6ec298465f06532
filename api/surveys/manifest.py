"""What a drone team announces, made into a survey: hostile names cleaned, doubles and what is no footage set aside."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final
from uuid import UUID, uuid4

from api.errors import ManifestInvalid
from api.surveys.files import FileNote, SurveyFile
from api.surveys.repository import Survey
from api.surveys.tables import FileKind, FileState, SurveyState

LONGEST_NAME: Final = 200
_SUFFIXES: Final = {
    FileKind.VIDEO: (".mp4", ".mov", ".mkv", ".webm", ".avi", ".ts"),
    FileKind.PHOTO: (".jpg", ".jpeg", ".png", ".webp"),
    FileKind.TELEMETRY: (".srt", ".ass", ".vtt", ".klv"),
}
CLUTTER: Final = (
    r"(?:^|/)(?:(?:\.trashes|\.spotlight-v100|\.fseventsd|\.temporaryitems|\.documentrevisions-v100|__macosx"
    r"|\$recycle\.bin|system volume information)/|(?:\.[^/]*|thumbs\.db|ehthumbs\.db|desktop\.ini)$)"
)
"""What macOS and Windows leave on a card: a pattern for Python and JavaScript, upper or lower case."""
_CLUTTER: Final = re.compile(CLUTTER, re.IGNORECASE)
_PREVIEWS: Final = (".lrf", ".lrv", ".thm", ".scr")  # DJI and GoPro keep a small copy of each video


@dataclass(frozen=True, slots=True)
class Announced:
    """One file that will be sent: a path with slashes, bytes, SHA-256 in lower-case hexadecimal."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A survey's name, its files, the street's height above take-off in metres, the model, and the district."""

    name: str
    files: tuple[Announced, ...]
    ground: float | None = None
    model: str | None = None
    district: str | None = None

    @property
    def sha256(self) -> str:
        """Return the manifest's hash: equal for equal files in any order."""
        files = sorted((file.name, file.size, file.sha256) for file in self.files)
        said = [self.name, files, self.ground, self.model]
        printed = json.dumps(said if self.district is None else [*said, self.district])
        return hashlib.sha256(printed.encode()).hexdigest()

    def of_run(self, run: int) -> str:
        """Return what the survey is known by that looks at this footage for the `run`-th time, the first being 1."""
        return self.sha256 if run == 1 else hashlib.sha256(f"{self.sha256} {run}".encode()).hexdigest()


def read_manifest(
    name: str,
    files: Sequence[Announced],
    ground: float | None = None,
    model: str | None = None,
    district: str | None = None,
) -> Manifest:
    """Return a manifest whose names can be shown, stored and told apart. Raises ManifestInvalid."""
    cleaned = tuple(Announced(clean(file.name), file.size, file.sha256) for file in files)
    seen: set[str] = set()
    for number, (given, file) in enumerate(zip(files, cleaned, strict=True)):
        if not file.name:
            raise ManifestInvalid(f"files.{number}.name: {ascii(given.name)[:80]} names nothing")
        if file.name in seen:
            raise ManifestInvalid(f"files.{number}.name: '{file.name}' is announced twice; give each file its own name")
        seen.add(file.name)
    title = clean(name)
    if not title:
        raise ManifestInvalid("name: give the survey a name that can be read")
    return Manifest(title, cleaned, ground, model, clean(district or "") or None)


def plan(
    manifest: Manifest, known: Mapping[str, str], now: datetime, run: int = 1
) -> tuple[Survey, tuple[SurveyFile, ...]]:
    """Return the survey that a manifest makes, in the manifest's order.

    `known` says where contents that we have lie; `run` counts the surveys of this manifest.
    """
    survey = Survey(
        id=uuid4(),
        name=manifest.name,
        manifest=manifest.of_run(run),
        state=SurveyState.UPLOADING,
        created_at=now,
        updated_at=now,
        ground=manifest.ground,
        model=manifest.model,
        district=manifest.district,
    )
    first: dict[str, UUID] = {}
    files: list[SurveyFile] = []
    for announced in manifest.files:
        files.append(_planned(survey.id, announced, known.get(announced.sha256), first.get(announced.sha256)))
        if files[-1].state in (FileState.MISSING, FileState.STORED):
            first.setdefault(announced.sha256, files[-1].id)
    return survey, tuple(files)


def kind_of(name: str) -> FileKind:
    """Return what a file's name says that it is."""
    suffix = PurePosixPath(name).suffix.lower()
    kinds = (kind for kind, suffixes in _SUFFIXES.items() if suffix in suffixes)
    return FileKind.OTHER if is_clutter(name) else next(kinds, FileKind.OTHER)


def is_clutter(name: str) -> bool:
    """Return whether a path is what a computer left on the card: `._DJI_0001.MP4`, `.DS_Store`, `Thumbs.db`."""
    return _CLUTTER.search(name) is not None


def clean(name: str) -> str:
    """Return a name that can be shown and stored: no control characters, no way out of a folder, not too long."""
    text = unicodedata.normalize("NFC", name.replace("\\", "/"))
    shown = "".join(letter for letter in text if not unicodedata.category(letter).startswith("C"))
    parts = [part.strip() for part in shown[-LONGEST_NAME:].split("/")]
    return "/".join(part for part in parts if part not in ("", ".", ".."))


def _planned(survey_id: UUID, file: Announced, path: str | None, twin: UUID | None) -> SurveyFile:
    kind = kind_of(file.name)
    state, note = FileState.STORED if path else FileState.MISSING, None
    if kind is FileKind.OTHER:
        preview = PurePosixPath(file.name).suffix.lower() in _PREVIEWS
        state, note = FileState.SUSPECT, FileNote.PREVIEW if preview else FileNote.NOT_FOOTAGE
    elif file.size == 0:
        state, note = FileState.SUSPECT, FileNote.EMPTY
    elif twin is not None:
        state, note = FileState.DUPLICATE, FileNote.SAME_AS
    stored = state is FileState.STORED
    return SurveyFile(
        id=uuid4(),
        survey_id=survey_id,
        name=file.name,
        kind=kind,
        size=file.size,
        sha256=file.sha256,
        state=state,
        received=file.size if stored else 0,
        path=path if stored else None,
        pair_id=None,
        note=note,
        same_as_id=twin if state is FileState.DUPLICATE else None,
    )
