"""The shelf: versions of models that lie outside the package, and which version of each is in service.

    data_dir/models/NAME/VERSION/   NAME.json, NAME.onnx, added.json    whole, or not there
    data_dir/models/NAME/current    which version serves; a small file that is replaced, never written in place

Version `0` of a model is the one that comes with the product. A name without a `current` file serves version 0.
This module reads; `models.shelf_changes` adds, promotes and rolls back.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from models.card import ModelCard, Sha256, read_card
from models.errors import CardChanged, PointerDamaged, UnknownModel, VersionUnknown
from models.registry import WEIGHTS, find_model, list_models

SHIPPED: Final = "0"
"""The version under which the model that comes with the product stands on the shelf."""

NAME_PATTERN: Final = r"[a-z0-9][a-z0-9-]{0,63}"
VERSION_PATTERN: Final = r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}"
POINTER: Final = "current"
ADDED: Final = "added.json"

Version = Annotated[str, Field(pattern=f"^{VERSION_PATTERN}$")]


class Pointer(BaseModel):
    """Which version of a model serves; `card_sha256` is that of its card file, None for the shipped one.

    `before`: the versions that served earlier and can be gone back to, the latest last.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Version
    card_sha256: Sha256 | None
    before: tuple[Version, ...] = ()
    since: AwareDatetime


class Added(BaseModel):
    """What a version was when it was added: a card or network that differs from it was changed by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    card_sha256: Sha256
    onnx_sha256: Sha256
    added: AwareDatetime


@dataclass(frozen=True, slots=True)
class OnShelf:
    """One version: the name it has on the shelf (`0` for the shipped one), its card, and whether it serves."""

    version: str
    card: ModelCard
    serves: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """The models under `folder` (`data_dir/models`), beside those that come with the product in `shipped`."""

    folder: Path
    shipped: Path = WEIGHTS

    def names(self) -> list[str]:
        """Return every model that serves or has a version, by name."""
        ours = [path.name for path in self.folder.iterdir()] if self.folder.is_dir() else []
        ours = [name for name in ours if re.fullmatch(NAME_PATTERN, name) and self.versions(name)]
        return sorted({*(card.name for card in list_models(self.shipped)), *ours})

    def has(self, name: str) -> bool:
        """Return whether a model of that name serves."""
        return self.pointer(name) is not None or any(card.name == name for card in list_models(self.shipped))

    def versions(self, name: str) -> list[str]:
        """Return the versions of a model, the shipped one first, then the others in the order they were added."""
        shipped = [SHIPPED] if any(card.name == name for card in list_models(self.shipped)) else []
        added = sorted(self.folder.glob(f"{name}/[0-9A-Za-z]*/{ADDED}"), key=lambda path: path.stat().st_mtime_ns)
        return shipped + [path.parent.name for path in added]

    def of(self, name: str) -> list[OnShelf]:
        """Return every version of a model. Raises ModelError where one is not what it was when it was added."""
        serving = self.serving_version(name)
        return [OnShelf(version, self.card(name, version), version == serving) for version in self.versions(name)]

    def card(self, name: str, version: str) -> ModelCard:
        """Return the card of a version.

        Raises:
            VersionUnknown: there is none; the message lists those there are.
            CardInvalid: it cannot be read.
            CardChanged: it is not the card that was added.
        """
        if version == SHIPPED:
            return find_model(name, self.shipped)
        path = self.folder / name / version / f"{name}.json"
        if version not in self.versions(name):
            known = ", ".join(self.versions(name)) or "none"
            raise VersionUnknown(f"model {name!r} has no version {version!r} on the shelf; it has: {known}")
        card, record = read_card(path), self.added(name, version)
        if _sha256(path) != record.card_sha256:
            raise CardChanged(f"{path}: was changed after it was added; restore it, or add it as another version")
        if (card.name, card.version, card.sha256) != (name, version, record.onnx_sha256):
            raise CardChanged(f"{path}: speaks of another model than its folder; remove the folder and add it anew")
        return card

    def added(self, name: str, version: str) -> Added:
        """Return what a version was when it was added. Raises CardChanged where that cannot be read."""
        path = self.folder / name / version / ADDED
        try:
            return Added.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise CardChanged(f"{path}: cannot be read; remove the folder and add this version anew") from error

    def pointer(self, name: str) -> Pointer | None:
        """Return which version serves, as written; None where nothing was ever promoted. Raises PointerDamaged."""
        path = self.pointer_path(name)
        try:
            return Pointer.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise PointerDamaged(
                f"{path}: does not say which version of {name} serves; remove it to serve the shipped one, then promote"
            ) from error

    def serving_version(self, name: str) -> str:
        """Return the version that serves. Raises UnknownModel where none does."""
        pointer = self.pointer(name)
        if pointer is not None:
            return pointer.version
        if not self.has(name):
            known = ", ".join(card.name for card in list_models(self.shipped)) or "none"
            raise UnknownModel(f"no model named {name!r} serves; shipped: {known}")
        return SHIPPED

    def in_service(self, name: str) -> ModelCard:
        """Return the card of the version that serves.

        Raises:
            ModelError: none serves, or its card is not the one that was promoted.
        """
        version, pointer = self.serving_version(name), self.pointer(name)
        card = self.card(name, version)
        if pointer is not None and version != SHIPPED and card_sha256(card) != pointer.card_sha256:
            raise CardChanged(
                f"{card.folder / card.name}.json: is not the card that was promoted; restore it, "
                f"or go back with: streetwarden models rollback {name}"
            )
        return card

    def pointer_path(self, name: str) -> Path:
        """Return where the file lies that says which version serves; it need not exist."""
        return self.folder / name / POINTER

    def pointer_mark(self, name: str) -> tuple[int, int, int] | None:
        """Return what changes whenever another version is put in service: cheap enough to ask before each frame."""
        try:
            found = self.pointer_path(name).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def card_sha256(card: ModelCard) -> str:
    """Return the SHA-256 of the file that a card was read from."""
    return _sha256(card.folder / f"{card.name}.json")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
