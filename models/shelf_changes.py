"""What changes the shelf: a version is added, put in service, or taken back.

Each change is one rename, so a kill or a full disk leaves what was there before. `added`, `promote` and `roll_back` of
one model exclude each other (an advisory lock, which the kernel releases when its process ends).
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from pydantic import BaseModel

from models.card import ModelCard, read_card
from models.durable import copy_file, exclusive, sync_folder, write_text
from models.errors import (
    CardInvalid,
    ModelUnsafe,
    NothingBefore,
    ShelfBusy,
    ShelfUnwritable,
    VersionTaken,
    VersionUnknown,
)
from models.registry import list_models, sha256_of, verify
from models.shelf import ADDED, NAME_PATTERN, SHIPPED, VERSION_PATTERN, Added, Pointer, Shelf, card_sha256

LARGEST_CARD: Final = 2**20  # bytes; the shipped ones have 10 kB
LARGEST_NETWORK: Final = 512 * 2**20  # bytes; the shipped ones have up to 20 MB
_LOCK: Final = ".lock"
_STAGED: Final = ".new-"


def add(shelf: Shelf, source: Path) -> ModelCard:
    """Copy a model from anywhere onto the shelf, checked; it does not serve by that. Adding it again changes nothing.

    Args:
        source: a folder that holds one card (`*.json`) and the ONNX file it names, or the card itself.

    Raises:
        ModelUnsafe: links, a file that is too large, a name or version that cannot be a folder's.
        VersionTaken: another model has that name and version.
        ModelError: the card or network is not what it should be (`models.registry.verify`).
        ShelfBusy, ShelfUnwritable: nothing was added.
    """
    card = read_card(_plain_file(_card_file(source), LARGEST_CARD))
    _check_names(shelf, card)
    _plain_file(source_network := card.folder / card.file, LARGEST_NETWORK)
    target = shelf.folder / card.name / card.version
    with locked(shelf, card.name), _writing(shelf.folder):
        for left in target.parent.glob(f"{_STAGED}*"):  # of a process that was killed
            shutil.rmtree(left)
        if target.exists():
            there = shelf.card(card.name, card.version)
            if there.model_copy(update={"folder": card.folder, "file": card.file}) == card:
                return there
            raise VersionTaken(f"{target}: is another model of that name and version; give this one another version")
        staged = target.parent / f"{_STAGED}{uuid4().hex[:8]}"
        staged.mkdir()
        try:
            _stage(card, source_network, staged)
            staged.rename(target)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        sync_folder(target.parent)
    return shelf.card(card.name, card.version)


def promote(shelf: Shelf, name: str, version: str) -> Pointer:
    """Put a version in service, whoever has judged it; returns what is written. Call it under `locked`.

    Running services take it up within one look each.

    Raises:
        ModelError: the version or its network is not what was added; nothing was changed.
        ShelfUnwritable: nothing was changed.
    """
    card = shelf.card(name, version)
    verify(card)
    pointer = shelf.pointer(name)
    serving = shelf.serving_version(name) if shelf.has(name) else None
    if serving == version and pointer is not None:
        return pointer
    before = pointer.before if pointer else ()
    earlier = (*(one for one in before if one != version), *([serving] if serving not in (None, version) else []))
    return _point(shelf, card, version, earlier)


def roll_back(shelf: Shelf, name: str) -> Pointer:
    """Put the version in service that served before this one. Call it under `locked`.

    Raises:
        NothingBefore: no other version served before.
        ModelError: the version before is not what was added; nothing was changed.
        ShelfUnwritable: nothing was changed.
    """
    pointer = shelf.pointer(name)
    if pointer is None or not pointer.before:
        raise NothingBefore(f"no version of {name} served before {shelf.serving_version(name)!r}; nothing was changed")
    version = pointer.before[-1]
    card = shelf.card(name, version)
    verify(card)
    return _point(shelf, card, version, pointer.before[:-1])


@contextmanager
def locked(shelf: Shelf, name: str) -> Iterator[None]:
    """While it lasts, no other process changes this model. Raises ShelfBusy, ShelfUnwritable or VersionUnknown."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise VersionUnknown(f"{name!r} cannot be a model's name: small letters, digits and hyphens")
    with ExitStack() as stack:
        with _writing(shelf.folder):
            (shelf.folder / name).mkdir(parents=True, exist_ok=True)
            try:
                stack.enter_context(exclusive(shelf.folder / name / _LOCK))
            except BlockingIOError as error:
                raise ShelfBusy(f"model {name} is being changed by another process; try again later") from error
        yield


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        raise ShelfUnwritable(f"{where}: cannot be used ({error.strerror or error}); nothing was changed") from error


def _card_file(source: Path) -> Path:
    if not source.is_dir():
        return source
    cards = sorted(path for path in source.glob("*.json") if path.name != ADDED)
    if len(cards) != 1:
        raise CardInvalid(f"{source}: holds {len(cards)} cards (*.json); give the one to add")
    return cards[0]


def _plain_file(path: Path, largest: int) -> Path:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ModelUnsafe(f"{path}: is no plain file; copy the model's own files into a folder and add that")
    if path.is_file() and path.stat().st_size > largest:
        raise ModelUnsafe(f"{path}: is larger than {largest // 2**20} MiB, which no model of this product is")
    return path


def _check_names(shelf: Shelf, card: ModelCard) -> None:
    if not re.fullmatch(NAME_PATTERN, card.name) or not re.fullmatch(VERSION_PATTERN, card.version):
        raise ModelUnsafe(f"{card.name!r} {card.version!r}: a name and version of up to 64 letters, digits, . _ and -")
    shipped = next((one for one in list_models(shelf.shipped) if one.name == card.name), None)
    if card.version == SHIPPED or (shipped is not None and card.version == shipped.version):
        raise VersionTaken(
            f"version {card.version!r} of {card.name} is the one that comes with the product; give this one another"
        )


def _stage(card: ModelCard, network: Path, staged: Path) -> None:
    """Copy card and network, then check the copies: the source may change under our hands."""
    ours = card.model_copy(update={"folder": staged, "file": f"{card.name}.onnx"})
    if network.is_file():
        copy_file(network, staged / ours.file)
    verify(ours)
    _write(ours, staged / f"{card.name}.json")
    record = Added(card_sha256=card_sha256(ours), onnx_sha256=sha256_of(staged / ours.file), added=datetime.now(UTC))
    _write(record, staged / ADDED)


def _point(shelf: Shelf, card: ModelCard, version: str, before: tuple[str, ...]) -> Pointer:
    digest = None if version == SHIPPED else card_sha256(card)
    pointer = Pointer(version=version, card_sha256=digest, before=before, since=datetime.now(UTC))
    path = shelf.pointer_path(card.name)
    half = path.with_name(f".{path.name}-{uuid4().hex[:8]}")
    with _writing(shelf.folder):
        try:
            _write(pointer, half)
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
        sync_folder(path.parent)
    return pointer


def _write(value: BaseModel, path: Path) -> None:
    write_text(value.model_dump_json(indent=2) + "\n", path)
