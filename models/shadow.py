"""A version that looks beside the one in service without being believed: its shadow."""

from datetime import UTC, datetime
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from models.durable import write_text
from models.errors import ShelfUnwritable, VersionServes
from models.registry import verify
from models.shelf import Shelf, Version

SHADOW: Final = "shadow"


class Shadow(BaseModel):
    """Which version looks beside, and at which share of the frames (0 to 1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Version
    share: float = Field(gt=0, le=1)
    since: AwareDatetime


def shadow_of(shelf: Shelf, name: str) -> Shadow | None:
    """Return the shadow of a model; None where it has none, or where the file that says so is damaged."""
    try:
        return Shadow.model_validate_json((shelf.folder / name / SHADOW).read_bytes())
    except (OSError, ValidationError):
        return None


def set_shadow(shelf: Shelf, name: str, version: str, share: float) -> Shadow:
    """Let a version look beside the one in service, from the next frame on. Call it under `shelf_changes.locked`.

    Raises:
        VersionServes: it is the one in service.
        ModelError: there is no such version, or it is not what was added.
        ShelfUnwritable: nothing was changed.
    """
    verify(shelf.card(name, version))
    if shelf.serving_version(name) == version:
        raise VersionServes(f"{name} {version} is in service; a shadow is another version")
    shadow = Shadow(version=version, share=share, since=datetime.now(UTC))
    path = shelf.folder / name / SHADOW
    half = path.with_name(f".{SHADOW}-new")
    try:
        write_text(shadow.model_dump_json() + "\n", half)
        half.replace(path)
    except OSError as error:
        raise ShelfUnwritable(f"{path}: cannot be written ({error.strerror}); nothing was changed") from error
    return shadow


def end_shadow(shelf: Shelf, name: str) -> None:
    """Let no version look beside any more. Raises ShelfUnwritable."""
    path = shelf.folder / name / SHADOW
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ShelfUnwritable(f"{path}: cannot be removed ({error.strerror}); nothing was changed") from error
