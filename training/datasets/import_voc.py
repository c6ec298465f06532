"""Pascal VOC: one XML file per picture, as LabelImg, CVAT and Roboflow write it.

Read by expat with every declaration of an entity refused, so that nothing is expanded or fetched; elements keep their
lines, which no ready reader of VOC gives.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final
from xml.parsers import expat

from detector.office_text import TextUnreadable, decode_text
from training.datasets.interchange import Export, ForeignPicture, NamedBox, Pictures, checked_box, files, side_of
from training.datasets.layouts import PICTURES
from training.errors import DatasetInvalid

_FIRST: Final = re.compile(rb"<annotation[\s>/]")
_SAID: Final = re.compile(rb"\s*<\?xml[^>]{0,200}encoding\s*=\s*[\"']([\w.-]{1,40})[\"']", re.IGNORECASE)
_DECLARED: Final = re.compile(r"\s+encoding\s*=\s*[\"'][\w.-]{1,40}[\"'](?=[^<>]{0,100}\?>)", re.IGNORECASE)
_LARGEST: Final = 16 * 2**20  # bytes of one picture's annotations
_DEEPEST: Final = 32  # elements inside each other; VOC has 4


@dataclass(slots=True)
class _Element:
    name: str
    line: int
    text: str = ""
    children: list["_Element"] = field(default_factory=list)

    def child(self, name: str) -> "_Element":
        """Return the first child of that name. Raises DatasetInvalid."""
        for one in self.children:
            if one.name == name:
                return one
        raise DatasetInvalid(f"{self.line}: <{self.name}> has no <{name}>")

    def number(self, name: str) -> float:
        """Return the number in a child. Raises DatasetInvalid."""
        found = self.child(name)
        try:
            return float(found.text)
        except ValueError as error:
            raise DatasetInvalid(f"{found.line}: <{name}> holds {found.text.strip()!r}, which is no number") from error


def is_voc(path: Path) -> bool:
    """Return whether an XML file is an annotation of Pascal VOC, by its first element."""
    try:
        with path.open("rb") as stream:
            return _FIRST.search(_as_utf8(stream.read(4096))) is not None
    except OSError:
        return False


def read_voc(folder: Path) -> Export:
    """Return every annotation under a folder."""
    export, pictures = Export("voc"), Pictures(folder)
    names: dict[str, None] = {}
    for path in files(folder, ".xml"):
        if not is_voc(path):
            continue
        try:
            root = _parse(path)
            boxes = tuple(_boxes(path, root, export))
            size = root.child("size")
            sides = size.number("width"), size.number("height")
            export.pictures.append(
                ForeignPicture(_picture(path, root, pictures), boxes, side_of(path, folder), labelled_size=sides)
            )
            names.update(dict.fromkeys(box.name for box in boxes))
        except DatasetInvalid as error:
            export.fault(f"{path}:{error}")
    export.classes = tuple(names)
    return export


def _as_utf8(data: bytes) -> bytes:
    """Return XML that says it is Chinese, or does not say what it is and is, as UTF-8."""
    said = _SAID.match(data)
    if said is not None and said[1].lower() not in (b"gb2312", b"gbk", b"gb18030", b"utf-8", b"utf8"):
        return data
    try:
        text = data.decode("gb18030") if said is not None and said[1].lower().startswith(b"gb") else decode_text(data)
    except (UnicodeDecodeError, TextUnreadable):
        return data
    return _DECLARED.sub("", text, count=1).encode()


def _picture(path: Path, root: _Element, pictures: Pictures) -> Path:
    named = root.child("filename")
    try:
        return pictures.find(named.text, path)
    except DatasetInvalid as error:
        # labelImg leaves the ending out, and pictures are saved anew in another format: then the file's own name counts
        if PurePosixPath(named.text.strip().replace("\\", "/")).stem not in ("", path.stem):
            raise DatasetInvalid(f"{named.line}: {error}") from error
        for ending in sorted(PICTURES):
            try:
                return pictures.find(f"{path.stem}{ending}", path)
            except DatasetInvalid:
                continue
        raise DatasetInvalid(f"{named.line}: {error}") from error


def _boxes(path: Path, root: _Element, export: Export) -> list[NamedBox]:
    size = root.child("size")
    width, height = size.number("width"), size.number("height")
    if not (width >= 1 and height >= 1):
        raise DatasetInvalid(f"{size.line}: a picture of {width:g} x {height:g} pixels")
    found = []
    for element in root.children:
        if element.name != "object":
            continue
        try:
            box, name = element.child("bndbox"), element.child("name").text.strip()
            if not name:
                raise DatasetInvalid(f"{element.line}: an object without a name")
            # pixels are counted from 1, and xmax is the last pixel inside; tools that count from 0 differ by one pixel
            left, top = max(box.number("xmin") - 1, 0.0), max(box.number("ymin") - 1, 0.0)
            edges = left / width, top / height, box.number("xmax") / width, box.number("ymax") / height
            try:
                found.append(checked_box(name, *edges))
            except DatasetInvalid as error:
                raise DatasetInvalid(f"{box.line}: {error}") from error
        except DatasetInvalid as error:
            export.fault(f"{path}:{error}")
    return found


def _parse(path: Path) -> _Element:
    """Return the file's elements. Raises DatasetInvalid, its text beginning with the line."""
    root = _Element("", 0)
    open_elements = [root]
    parser = expat.ParserCreate()

    def begin(name: str, _: dict[str, str]) -> None:
        if len(open_elements) > _DEEPEST:
            raise DatasetInvalid(f"{parser.CurrentLineNumber}: elements are nested too deeply")
        element = _Element(name, parser.CurrentLineNumber)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_: str) -> None:
        open_elements.pop()

    def text(data: str) -> None:
        open_elements[-1].text += data

    def refuse(*_: object) -> int:
        raise DatasetInvalid(f"{parser.CurrentLineNumber}: declares a document type; annotations need none: remove it")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    parser.buffer_text = True
    try:
        if path.stat().st_size > _LARGEST:
            raise DatasetInvalid(f"1: is larger than {_LARGEST // 2**20} MiB")
        parser.Parse(_as_utf8(path.read_bytes()), True)
    except OSError as error:
        raise DatasetInvalid(f"1: cannot be read ({error.strerror})") from error
    except expat.ExpatError as error:
        raise DatasetInvalid(f"{error.lineno}: is not XML, or breaks off: export it again") from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know
        raise DatasetInvalid("1: is not XML in an encoding that is read: save it as UTF-8") from error
    return root.child("annotation")
