"""The manifest of a data set's version: every picture by its hash, with its boxes, its side and where it comes from.

A version's folder is called `NUMBER-DIGEST`, the digest being that of its manifest: whoever edits the manifest makes
another version, which no card and no later version speaks of.
"""

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from detector.input_faults import in_words
from models.card import DataSource, Sha256
from training.datasets.interchange import Side
from training.datasets.labels import Label
from training.errors import DatasetInvalid

MANIFEST: Final = "manifest.json"
DIGITS: Final = 12  # of the digest, in a version's name
UNKNOWN: Final = "unknown"
"""Licence of pictures of which nobody has said it."""

Text = Annotated[str, Field(max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Box(_Part):
    """A labelled box: index into the manifest's classes, centre and size as shares of the picture."""

    cls: int = Field(ge=0)
    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)

    @property
    def label(self) -> Label:
        """Return the same as a line of a label file holds it."""
        return Label(self.cls, self.x, self.y, self.width, self.height)


class PictureWhere(_Part):
    """Where and when a picture was taken; what nobody has said is None."""

    camera: Text | None = None
    place: Text | None = None
    day: date | None = None


class Picture(_Part):
    """One picture: `file` is its name in the version, `original` the one it came with, `group` what it is parted by.

    Pictures of one group never stand on both sides.
    """

    sha256: Sha256
    file: str = Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,120}$")
    original: str = Field(max_length=4096)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    side: Side
    group: str = Field(max_length=300)
    where: PictureWhere
    origin: Text
    licence: Text
    boxes: tuple[Box, ...]


class DatasetAct(_Part):
    """What somebody did to make this version from the one before."""

    kind: Literal["import", "grow"]
    by: Text
    at: AwareDatetime
    note: Text = ""


class DatasetManifest(_Part):
    """One version of a data set. The val side is frozen: only an act of kind `grow` adds to it, nothing takes away."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    number: int = Field(ge=1)
    parent: str | None = Field(default=None, description="name of the version before")
    view: str = Field(pattern=r"^[a-z]{1,20}$")
    classes: tuple[Text, ...] = Field(min_length=1)
    split_by: str
    acts: tuple[DatasetAct, ...] = Field(min_length=1)
    pictures: tuple[Picture, ...]

    def of(self, side: Side) -> tuple[Picture, ...]:
        """Return the pictures of one side."""
        return tuple(one for one in self.pictures if one.side == side)

    @property
    def text(self) -> str:
        """Return the file's content; its digest is in the version's name."""
        return self.model_dump_json(indent=1) + "\n"

    @property
    def version(self) -> str:
        """Return the version's name, and that of its folder."""
        return f"{self.number}-{hashlib.sha256(self.text.encode()).hexdigest()[:DIGITS]}"

    @property
    def evaluation(self) -> str:
        """Return a digest of the frozen side: figures of versions that share it are of the same pictures and labels."""
        parts = [f"{one.sha256} {self._label_text(one)}" for one in sorted(self.of("val"), key=lambda one: one.sha256)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:DIGITS]

    def sources(self) -> tuple[DataSource, ...]:
        """Where its pictures come from, by side, origin and licence, for the card of a model that is trained on it."""
        kinds = dict.fromkeys((one.side, one.origin, one.licence) for one in self.pictures)
        found, name = [], f"{self.name}/{self.version}"
        for side, origin, licence in kinds:
            of_kind = [one for one in self.pictures if (one.side, one.origin, one.licence) == (side, origin, licence)]
            boxes = sum(len(one.boxes) for one in of_kind)
            found.append(
                DataSource(name=name, role=side, pictures=len(of_kind), boxes=boxes, licence=licence, source=origin)
            )
        return tuple(found)

    def _label_text(self, picture: Picture) -> str:
        names = sorted(f"{self.classes[box.cls]} {box.label.line(0)}" for box in picture.boxes)
        return ";".join(names)


def read_manifest(folder: Path) -> DatasetManifest:
    """Return the manifest of a version's folder.

    Raises:
        DatasetInvalid: there is none, it is damaged, or it was edited: its digest is not the one in the folder's name.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        manifest = DatasetManifest.model_validate_json(content)
    except OSError as error:
        raise DatasetInvalid(f"{path}: cannot be read ({error.strerror}); it is no version of a data set") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the manifest"
        raise DatasetInvalid(f"{path}: {where}: {in_words(first)}") from error
    if content != manifest.text.encode() or folder.name != manifest.version:
        raise DatasetInvalid(f"{path}: was edited; its digest is not the one in the folder's name: restore the file")
    return manifest
