"""Versions of data sets on disk: `data_dir/datasets/NAME/NUMBER-DIGEST/`, whole or not there.

A version is a YOLO folder like any other (`data.yaml`, `train/`, `val/`, `sources.json`), beside the manifest that it
was written from. Pictures that a version shares with the one before are hard links: they take no room twice.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import yaml
from pydantic import TypeAdapter

from models.card import DataSource
from models.durable import copy_file, exclusive, sync_folder, write_text
from training.datasets.manifest import MANIFEST, DatasetManifest, Picture, read_manifest
from training.errors import DatasetInvalid

NAME_PATTERN: Final = r"[a-z0-9][a-z0-9-]{0,63}"
_VERSION: Final = re.compile(r"([1-9][0-9]{0,8})-[0-9a-f]{12}")
_STAGED: Final = ".new-"
_SOURCES: Final = TypeAdapter(tuple[DataSource, ...])


def names(root: Path) -> list[str]:
    """Return the data sets that have a version."""
    found = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    return [name for name in found if re.fullmatch(NAME_PATTERN, name) and versions(root, name)]


def versions(root: Path, name: str) -> list[Path]:
    """Return the folders of a data set's versions, oldest first."""
    numbered = [(found, path) for path in (root / name).glob("*-*") if (found := _VERSION.fullmatch(path.name))]
    return [path for _, path in sorted((int(found[1]), path) for found, path in numbered)]


def latest(root: Path, name: str) -> Path:
    """Return the newest version of a data set. Raises DatasetInvalid where there is none."""
    if not re.fullmatch(NAME_PATTERN, name) or not (found := versions(root, name)):
        known = ", ".join(names(root)) or "none"
        raise DatasetInvalid(f"{root}: holds no data set {name!r}; it has: {known}")
    return found[-1]


@contextmanager
def locked(root: Path, name: str) -> Iterator[None]:
    """While it lasts, no other process adds a version to this data set. Raises DatasetInvalid."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise DatasetInvalid(f"{name!r} cannot be a data set's name: small letters, digits and hyphens, at most 64")
    try:
        (root / name).mkdir(parents=True, exist_ok=True)
        with exclusive(root / name / ".lock"):
            yield
    except BlockingIOError as error:
        raise DatasetInvalid(f"data set {name} is being changed by another process; try again later") from error


def write_version(root: Path, manifest: DatasetManifest, pictures: Mapping[str, Path]) -> Path:
    """Write a version and return its folder; call it under `locked`.

    Args:
        pictures: for each picture's SHA-256 a file that holds it.

    Raises:
        DatasetInvalid: a picture changed meanwhile, or the disk is full or cannot be written; nothing is left behind.
    """
    target = root / manifest.name / manifest.version
    staged = target.parent / f"{_STAGED}{uuid4().hex[:8]}"
    try:
        for left in target.parent.glob(f"{_STAGED}*"):  # of a process that was killed
            shutil.rmtree(left)
        if target.exists():
            return target
        for side in ("train", "val"):
            for part in ("images", "labels"):
                (staged / side / part).mkdir(parents=True)
        for one in manifest.pictures:
            _place(one, pictures[one.sha256], root / manifest.name, staged)
        for path, text in _texts(manifest).items():
            write_text(text, staged / path)
        staged.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise DatasetInvalid(
            f"{error.filename or target}: cannot be written ({error.strerror or error}); no version was made"
        ) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return target


def verify_version(folder: Path) -> DatasetManifest:
    """Return the manifest of a version of which every file is what it was.

    Raises:
        DatasetInvalid: the first file that was changed, or is missing or new.
    """
    manifest = read_manifest(folder)
    for one in manifest.pictures:
        path = folder / one.side / "images" / one.file
        if not path.is_file() or _sha256(path) != one.sha256:
            raise DatasetInvalid(f"{path}: is not the picture that was imported; restore it, or go back a version")
    for name, text in _texts(manifest).items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != text.encode():
            raise DatasetInvalid(f"{path}: was changed after this version was made; restore it, or go back a version")
    known = {*_texts(manifest), *(f"{one.side}/images/{one.file}" for one in manifest.pictures)}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if path.is_file() and inside not in known and path.suffix != ".cache":  # which ultralytics writes
            raise DatasetInvalid(f"{path}: was added after this version was made; remove it, or import it")
    return manifest


def picture_files(folder: Path, manifest: DatasetManifest) -> dict[str, Path]:
    """Return where each picture of a version lies, by its SHA-256."""
    return {one.sha256: folder / one.side / "images" / one.file for one in manifest.pictures}


def _place(one: Picture, source: Path, versions_folder: Path, staged: Path) -> None:
    target = staged / one.side / "images" / one.file
    try:
        if not source.is_relative_to(versions_folder):
            raise OSError  # the importer's own file may be written to later
        os.link(source, target)
    except OSError:  # also where a file system has no hard links
        copy_file(source, target)
    if _sha256(target) != one.sha256:
        raise DatasetInvalid(f"{source}: was changed while it was imported; import it again")


def _texts(manifest: DatasetManifest) -> dict[str, str]:
    """Return every file of a version but its pictures, by its path."""
    described = {
        "train": "train/images",
        "val": "val/images",
        "view": manifest.view,
        "names": dict(enumerate(manifest.classes)),
    }
    sources = json.dumps(_SOURCES.dump_python(manifest.sources(), mode="json"), indent=1, ensure_ascii=False) + "\n"
    labels = {
        f"{one.side}/labels/{Path(one.file).stem}.txt": "".join(f"{box.label.line()}\n" for box in one.boxes)
        for one in manifest.pictures
    }
    top = {
        MANIFEST: manifest.text,
        "data.yaml": yaml.safe_dump(described, sort_keys=False, allow_unicode=True),
        "sources.json": sources,
    }
    return {**top, **labels}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
