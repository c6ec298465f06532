"""COCO JSON: as cocodataset.org, CVAT, Label Studio and Roboflow write it.

Elements are decoded one by one, so that each fault has its line; exporters that write all on one line get the position
in their list as well.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecoder
from pathlib import Path
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from training.datasets.interchange import (
    Export,
    ForeignPicture,
    NamedBox,
    Pictures,
    checked_box,
    files,
    read_text,
    side_of,
)
from training.errors import DatasetInvalid

_SPACE: Final = " \t\r\n"
Number = Annotated[float, Field(allow_inf_nan=False)]
Part = TypeVar("Part", bound=BaseModel)


def _key(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Key = Annotated[str, BeforeValidator(_key)]
"""What one element calls another by: tools write 1 here and "1" or 1.0 there."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Image(_Part):
    id: Key
    file_name: str = Field(min_length=1, max_length=4096)
    width: int = Field(gt=0, le=200_000)
    height: int = Field(gt=0, le=200_000)
    license: Key | None = None


class _Category(_Part):
    id: Key
    name: str = Field(min_length=1, max_length=200)


class _Licence(_Part):
    id: Key
    name: str = ""


class _Annotation(_Part):
    image_id: Key
    category_id: Key
    bbox: tuple[Number, Number, Number, Number] | tuple[()] | None = ()
    segmentation: object = None
    iscrowd: int | None = 0


@dataclass(frozen=True, slots=True)
class _Element:
    """One element of a list in the file, with its place for a person."""

    value: object
    where: str


def is_coco(path: Path) -> bool:
    """Return whether a JSON file is a COCO description: an object with `images` and `categories` among its keys."""
    try:
        text = read_text(path)
        return text.lstrip().startswith("{") and '"images"' in text and '"categories"' in text
    except DatasetInvalid:
        return False


def read_coco(folder: Path) -> Export:
    """Return every COCO file under a folder, put together; classes by name, as their numbers differ between files."""
    export, pictures = Export("coco"), Pictures(folder)
    names: dict[str, None] = {}
    for path in files(folder, ".json"):
        if not is_coco(path):
            continue
        try:
            names.update(dict.fromkeys(_read_file(path, folder, pictures, export)))
        except DatasetInvalid as error:
            export.fault(str(error))
    export.classes = tuple(names)
    return export


def _read_file(path: Path, folder: Path, pictures: Pictures, export: Export) -> list[str]:
    lists = _lists(path)
    categories = _by_id(_Category, lists.get("categories", []), export)
    licences = _by_id(_Licence, lists.get("licenses", []), export)
    images = _by_id(_Image, lists.get("images", []), export)
    boxes: dict[str, list[NamedBox]] = {key: [] for key in images}
    used: dict[str, None] = {}
    for element in lists.get("annotations", []):
        try:
            one = _as(_Annotation, element)
            image, category = images.get(one.image_id), categories.get(one.category_id)
            if image is None:
                raise DatasetInvalid(f"image_id {one.image_id[:60]} is none of the images")
            if category is None:
                raise DatasetInvalid(f"category_id {one.category_id[:60]} is none of the categories")
            if one.iscrowd:
                export.notes.append(f"{element.where}: a crowd, which is no single thing: left out")
                continue
            boxes[one.image_id].append(_box(category.name, image, one))
            used[category.name] = None
        except DatasetInvalid as error:
            export.fault(f"{element.where}: {error}")
    side = side_of(path, folder)
    for element in lists.get("images", []):
        try:
            image = _as(_Image, element)
            found = pictures.find(image.file_name, path)
        except DatasetInvalid as error:
            export.fault(f"{element.where}: {error}")
            continue
        licence = licences.get(image.license) if image.license is not None else None
        export.pictures.append(
            ForeignPicture(
                found,
                tuple(boxes.pop(image.id, ())),
                side,
                licence.name if licence else "",
                (float(image.width), float(image.height)),
            )
        )
    # Roboflow lists a class 0 above the others that no box has
    return [one.name for one in categories.values() if one.name in used or len(used) == 0]


def _box(name: str, image: _Image, one: _Annotation) -> NamedBox:
    if one.bbox:
        left, top, width, height = one.bbox
        edges = left, top, left + width, top + height
    else:
        edges = _around(one.segmentation)
    x, y = image.width, image.height
    return checked_box(name, edges[0] / x, edges[1] / y, edges[2] / x, edges[3] / y)


def _around(segmentation: object) -> tuple[float, float, float, float]:
    """Return the box around polygons `[[x1, y1, x2, y2, ...], ...]`, where an annotation has no box."""
    numbers = [
        value
        for polygon in (segmentation if isinstance(segmentation, list) else [])
        if isinstance(polygon, list)
        for value in polygon
    ]
    if len(numbers) < 6 or len(numbers) % 2 or not all(isinstance(value, int | float) for value in numbers):
        raise DatasetInvalid("has neither a bbox nor a polygon")
    xs, ys = numbers[::2], numbers[1::2]
    return min(xs), min(ys), max(xs), max(ys)


Listed = TypeVar("Listed", _Image, _Category, _Licence)


def _by_id(kind: type[Listed], elements: list[_Element], export: Export) -> dict[str, Listed]:
    found: dict[str, Listed] = {}
    for element in elements:
        try:
            one = _as(kind, element)
        except DatasetInvalid as error:
            if kind is not _Image:  # images are gone through once more
                export.fault(f"{element.where}: {error}")
            continue
        if one.id in found:
            export.fault(f"{element.where}: id {one.id[:60]} stands there twice")
        found[one.id] = one
    return found


def _as(kind: type[Part], element: _Element) -> Part:
    try:
        return kind.model_validate(element.value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the element"
        wrong = "is missing" if first["type"] == "missing" else f"{str(first['input'])[:60]!r} is not what stands here"
        raise DatasetInvalid(f"{where}: {wrong}") from error


def _lists(path: Path) -> dict[str, list[_Element]]:
    """Return the lists of a COCO file, each element with its line. Raises DatasetInvalid with file and line."""
    text = read_text(path)
    decoder = JSONDecoder()
    found: dict[str, list[_Element]] = {}
    lines = _Lines(text)
    at = _skip(text, 0)
    try:
        if text[at : at + 1] != "{":
            raise DatasetInvalid(f"{path}:{lines.of(at)}: COCO is a JSON object")
        at = _skip(text, at + 1)
        while text[at : at + 1] != "}":
            key, at = decoder.raw_decode(text, at)
            at = _skip(text, _expect(text, _skip(text, at), ":"))
            if text[at : at + 1] == "[":
                elements = []
                for number, (value, start, end) in enumerate(_elements(text, at, decoder)):
                    if start >= 0:
                        elements.append(_Element(value, f"{path}:{lines.of(start)}: {key}[{number}]"))
                    at = end
                found[str(key)] = elements
            else:
                _, at = decoder.raw_decode(text, at)
            at = _skip(text, at)
            if text[at : at + 1] == ",":
                at = _skip(text, at + 1)
    except json.JSONDecodeError as error:
        raise DatasetInvalid(f"{path}:{lines.of(error.pos)}: is not JSON from here on: cut off or damaged") from error
    except RecursionError as error:
        raise DatasetInvalid(f"{path}:{lines.of(at)}: is nested too deeply") from error
    return found


def _elements(text: str, at: int, decoder: JSONDecoder) -> Iterator[tuple[object, int, int]]:
    """Yield each element of the list that begins at `at`, with where it begins, and where the text goes on after it.

    The last one given stands for the end of the list: it begins at -1.
    """
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        value, end = decoder.raw_decode(text, at)
        yield value, at, end
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            raise json.JSONDecodeError("Expecting ',' or ']'", text, at)
    yield None, -1, at + 1


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise json.JSONDecodeError(f"Expecting {sign!r}", text, at)
    return at + 1


class _Lines:
    """Line numbers of positions that come in order, counted on from the last one."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def of(self, at: int) -> int:
        """Return the line of a position, 1 for the first."""
        if at < self._at:
            self._at, self._line = 0, 1
        self._line += self._text.count("\n", self._at, at)
        self._at = at
        return self._line
