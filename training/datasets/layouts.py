"""Where the pictures and labels of a data set lie: this product's own layout, and those of the tools of the field.

  own            train/images/a.jpg, train/labels/a.txt              (Roboflow writes the same)
  ultralytics    images/train/a.jpg, labels/train/a.txt              (coco128, CVAT)
  lists          train.txt names pictures, one a line                (CVAT, darknet)
  beside         obj_train_data/a.jpg, obj_train_data/a.txt          (darknet)
  Label Studio   images/, labels/, classes.txt, without data.yaml    (all of it to measure on)
  YOLO 1.1       obj.names, train.txt, obj_train_data/a.jpg, a.txt   (CVAT; all of it to measure on)
  labelImg       a.jpg, a.txt, classes.txt in one folder             (all of it to measure on)

Hidden files, and what labelling tools leave among the labels, are passed over.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote

import yaml

from detector.office_text import TextUnreadable, decode_text
from training.errors import DatasetInvalid

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
_NOT_READ: Final = (".heic", ".heif", ".avif", ".tif", ".tiff", ".gif", ".dng", ".raw", ".jfif")
NO_LABELS: Final = frozenset(
    {"classes", "_classes", "predefined_classes", "labels", "obj", "train", "val", "valid", "test", "readme", "notes"}
)
"""Stems of text files that labelling tools leave among the labels."""
_DESCRIPTIONS: Final = ("data.yaml", "data.yml", "dataset.yaml")
_SYSTEM: Final = ("Thumbs.db", "desktop.ini")
_LARGEST: Final = 64 * 1024 * 1024
_BEGINNING: Final = 4096  # bytes of a text that are looked at
_LABEL: Final = re.compile(rb"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")

Side = Path | tuple[Path, ...]
"""A folder that holds images/ and labels/, a folder of pictures, a list of pictures, or several of these."""


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """A picture and where its labels are expected; in some layouts a picture without labels is a background."""

    picture: Path
    labels: Path
    may_lack: bool


def unwrapped(dataset: Path) -> Path:
    """Return the folder itself, or the only one in it: many archives hold one folder with everything inside."""
    if not dataset.is_dir():
        return dataset
    inside = [path for path in dataset.iterdir() if not _is_foreign(path.name) and path.name not in _SYSTEM]
    alone = len(inside) == 1 and inside[0].is_dir() and inside[0].name not in ("images", "labels")
    return unwrapped(inside[0]) if alone else dataset


def find_description(dataset: Path) -> Path | None:
    """Return the YAML file that describes a folder; None where there is none, or more than one that might."""
    for name in _DESCRIPTIONS:
        if (dataset / name).is_file():
            return dataset / name
    others = [path for path in sorted(dataset.glob("*.y*ml")) if not path.name.startswith(".")]
    return others[0] if len(others) == 1 else None


def side_of(described: Path, root: object, value: object) -> Side:
    """Return the side that a value of `data.yaml` names, its `path` being `root`. Raises DatasetInvalid."""
    if isinstance(value, list):
        return tuple(_one_side(described, root, one) for one in value)
    return _one_side(described, root, value)


def _one_side(described: Path, root: object, value: object) -> Path:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise DatasetInvalid(f"{described}: a side is a folder or a list of pictures, not {value!r}")
    named = value.strip().replace("\\", "/").rstrip("/")
    roots = [described.parent / str(root), described.parent] if root is not None else [described.parent]
    inside = named.removeprefix("../")  # Roboflow counts from a folder that is not there
    choices = [base / name for base in roots for name in dict.fromkeys((named, inside))]
    try:
        side = next((choice for choice in choices if choice.exists()), choices[0])
    except OSError as error:  # the name is too long
        raise DatasetInvalid(f"{described}: no folder or list of pictures can be named {named[:40]!r}") from error
    return side.parent if side.name == "images" and not _is_ours(side) else side


def _is_ours(folder: Path) -> bool:
    return (folder / "images").is_dir() and (folder / "labels").is_dir()


def find_pictures(side: Side) -> list[FoundPicture]:
    """Return every picture of a side, by name. Raises DatasetInvalid for a folder or list that is not there."""
    if isinstance(side, tuple):
        return [found for one in side for found in find_pictures(one)]
    if side.is_file():
        return [_found(picture) for picture in _listed(side)]
    ours = _is_ours(side) or not _pictures_under(side)
    if not ours:
        return [_found(picture) for picture in _pictures_under(side)]
    images, labels = side / "images", side / "labels"
    if other := _other_pictures(side):
        raise DatasetInvalid(f"{other}: a picture that is not read: save it as JPEG or PNG")
    for part in (images, labels):
        if not part.is_dir():
            raise DatasetInvalid(
                f"{part}: no such folder; a set is images/ and labels/ side by side, or images/{side.name} and "
                f"labels/{side.name}"
            )
    paths = sorted(path for path in images.iterdir() if _is_picture(path))
    if not paths:
        raise DatasetInvalid(f"{images}: holds no picture")
    _check_names(labels, paths)
    return [FoundPicture(path, _label_file(labels, path.stem), may_lack=False) for path in paths]


def labels_in_words(side: Side) -> str:
    """Return where the labels of a side lie, for a person."""
    sides = side if isinstance(side, tuple) else (side,)
    return ", ".join(str(one / "labels" if _is_ours(one) else one) for one in sides)


def is_there(side: Side) -> bool:
    """Return whether all of a side exists."""
    return all(exists(one) for one in (side if isinstance(side, tuple) else (side,)))


def exists(path: Path) -> bool:
    """Return whether there is such a file or folder; a name that is too long, or holds a zero byte, is none."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURES and not path.name.startswith(".")


def _other_pictures(folder: Path) -> Path | None:
    """Return a picture in a format that is not read, of a folder that holds no other."""
    if not folder.is_dir() or (folder / "images").is_dir():
        return None
    return next((path for path in sorted(folder.iterdir()) if path.suffix.lower() in _NOT_READ), None)


def _pictures_under(folder: Path) -> list[Path]:
    """Pictures in a folder and its subfolders; none where it holds images/ and labels/ of its own."""
    if not folder.is_dir() or _is_ours(folder):
        return []
    found = (path for path in folder.rglob("*") if _is_picture(path) and path.is_file())
    return sorted(path for path in found if not any(_is_foreign(part) for part in path.relative_to(folder).parts))


def _is_foreign(part: str) -> bool:
    """Return whether a folder is one that a system adds: hidden, macOS's, or the thumbnails of a network drive."""
    return part.startswith((".", "@")) or part == "__MACOSX"


def _holds_labels(file: Path) -> bool:
    """Return whether a text begins like labels: with a line of nothing but numbers, or with no line at all."""
    try:
        with file.open("rb") as opened:
            words = opened.read(_BEGINNING).split(b"\n")[0].removeprefix(b"\xef\xbb\xbf").split()
    except OSError:
        return True
    return all(_LABEL.fullmatch(word) for word in words)


def _found(picture: Path) -> FoundPicture:
    """Return a picture with its labels as ultralytics looks for them.

    In labels/ for the last images/, else beside it.
    """
    parts = list(picture.parts)
    last = max((at for at, part in enumerate(parts[:-1]) if part.lower() == "images"), default=None)
    if last is None:
        return FoundPicture(picture, _label_file(picture.parent, picture.stem), may_lack=True)
    folders = [Path(*parts[:last], name, *parts[last + 1 : -1]) for name in ("labels", "Labels", "LABELS")]
    folder = next((folder for folder in folders if folder.is_dir()), folders[0])
    return FoundPicture(picture, _label_file(folder, picture.stem), may_lack=True)


def _label_file(folder: Path, stem: str) -> Path:
    """Return the labels of a picture.

    By its name, with an ending in capitals, or with the name as it was before a labelling tool put it into an address.
    """
    named = [folder / f"{stem}.txt", folder / f"{stem}.TXT"]
    if "%" in stem and "/" not in unquote(stem):
        named.append(folder / f"{unquote(stem)}.txt")
    return next((file for file in named if exists(file)), named[0])


def _listed(file: Path) -> Iterator[Path]:
    """Yield the pictures of a list, one a line, counted from the list's folder. Raises DatasetInvalid."""
    try:
        if file.stat().st_size > _LARGEST:
            raise DatasetInvalid(f"{file}: larger than {_LARGEST // 2**20} MiB; is it a list of pictures?")
        lines = decode_text(file.read_bytes()).splitlines()
        if not any(line.strip() for line in lines):
            raise DatasetInvalid(f"{file}: cannot be read as a list of pictures, one a line: it names none")
    except (OSError, TextUnreadable) as error:
        raise DatasetInvalid(f"{file}: cannot be read as a list of pictures, one a line") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        named = PurePosixPath(line.strip().replace("\\", "/"))
        # CVAT writes data/ before each, darknet its build folder, and others where the set lay on their machine
        choices = [file.parent / named, *(file.parent / Path(*named.parts[i:]) for i in range(1, len(named.parts)))]
        picture = next((choice for choice in choices if exists(choice) and choice.is_file()), None)
        if picture is None:
            raise DatasetInvalid(f"{file}:{number}: {line.strip()}: no such picture")
        yield picture


def _check_names(labels: Path, pictures: Sequence[Path]) -> None:
    """Refuse labels without a picture, and two pictures that share one label file."""
    stems = [path.stem for path in pictures]
    for path in pictures:
        if not _label_file(labels, path.stem).is_file():
            raise DatasetInvalid(
                f"{path}: has no labels/{path.stem}.txt; write an empty one if nothing is in the picture"
            )
    texts = {path.stem for path in labels.glob("*.txt") if not path.name.startswith(".")}
    used = {_label_file(labels, stem).stem for stem in stems}
    orphans = sorted(stem for stem in texts - used if stem.lower() not in NO_LABELS)
    orphans = [stem for stem in orphans if _holds_labels(labels / f"{stem}.txt")]
    if orphans:
        raise DatasetInvalid(f"{labels / orphans[0]}.txt: labels without a picture in images/")
    if len(set(stems)) != len(stems):
        doubled = next(stem for stem in stems if stems.count(stem) > 1)
        raise DatasetInvalid(f"{pictures[0].parent}: two pictures are named {doubled}")


def class_names(folder: Path) -> tuple[Path, list[str]] | None:
    """Return the file in which a tool lists the classes of a set without data.yaml, and the names in it.

    None where there is no such file. Raises DatasetInvalid.
    """
    for file in (folder / "classes.txt", folder / "labels" / "classes.txt", folder / "obj.names"):
        if file.is_file() and file.stat().st_size <= _LARGEST:
            try:
                text = decode_text(file.read_bytes())
            except TextUnreadable as error:
                raise DatasetInvalid(f"{file}: {error}: save it as UTF-8") from error
            return file, [line.strip() for line in text.splitlines() if line.strip()]
    return None


def undescribed(folder: Path) -> Side | None:
    """Return the pictures of a set without data.yaml: what its lists name, or all that lie in it; None without any."""
    if _is_ours(folder):
        return folder
    lists = [folder / f"{name}.txt" for name in ("val", "valid", "test", "train") if (folder / f"{name}.txt").is_file()]
    return lists[0] if lists else folder if _pictures_under(folder) else None


def write_absolute(folder: Path, names: Sequence[str], sides: Mapping[str, Sequence[Path]]) -> Path:
    """Describe a set by lists of its pictures' whole paths, which ultralytics reads from anywhere."""
    folder.mkdir(parents=True, exist_ok=True)
    for side, pictures in sides.items():
        text = "".join(f"{picture.absolute()}\n" for picture in pictures)
        (folder / f"{side}.txt").write_text(text, encoding="utf-8")
    values = {**{side: str((folder / f"{side}.txt").resolve()) for side in sides}, "names": dict(enumerate(names))}
    (folder / "data.yaml").write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return folder / "data.yaml"
