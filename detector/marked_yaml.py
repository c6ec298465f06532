"""YAML as plain text values that know their lines, for rulebooks and camera files: safe by having no types, bounded by
having no aliases.

Every scalar stays the text that stands in the file (`code: 0501` is not the octal number 321, `19:00` not 1140
seconds); whoever reads the tree gives the values their types.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import yaml

from detector.errors import YamlUnreadable
from detector.office_text import TextUnreadable, decode_text
from detector.regular_file import read_regular

MAX_BYTES: Final = 5_000_000
MAX_DEPTH: Final = 20
_HINTS: Final = {
    "cannot start any token": "a tab, or a sign such as @, ` or %: indent with spaces, and put such a text in quotes",
    "end of stream": "a quotation mark or bracket is opened and never closed",
    "',' or '": "a comma is missing, or a bracket is never closed",
    "mapping values are not allowed": "a colon within a value: put the value in quotes",
    "could not find expected ':'": "a key without its colon, or a text over two lines without quotes",
    "": "look at the indentation, colons and quotation marks of this line and the one before",
}
"""What libyaml says, in parts, and what to do about it."""

Tree = str | None | list["Tree"] | dict[str, "Tree"]
Trail = tuple[str | int, ...]  # the keys and indices that lead to a value


@dataclass(frozen=True, slots=True)
class MarkedYaml:
    """A document and the line (from 1) of each value and key in it; `content` is the file as it was read."""

    root: Tree
    lines: dict[Trail, int]
    faults: tuple[tuple[int, str], ...] = ()
    content: bytes = b""

    def line(self, trail: Trail) -> int:
        """Return the line of the value at a trail, or of the nearest one that holds it."""
        while trail and trail not in self.lines:
            trail = trail[:-1]
        return self.lines.get(trail, 1)


def read_marked_yaml(path: Path) -> MarkedYaml:
    """Read one document; raises YamlUnreadable for what is no readable YAML, with the line.

    Keys that are there twice are `faults`, as the rest of the file can still be judged.
    """
    try:
        content = read_regular(path, MAX_BYTES)
    except OSError as error:
        raise YamlUnreadable(path, f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise YamlUnreadable(path, str(error)) from error
    return parse_marked_yaml(content, path)


def parse_marked_yaml(content: bytes, path: Path) -> MarkedYaml:
    """Return the document in bytes that were read; `path` is what an error calls them. Raises YamlUnreadable."""
    try:
        text = decode_text(content)
    except TextUnreadable as error:
        raise YamlUnreadable(path, f"{error}: save it as UTF-8") from error
    try:
        return replace(_Builder(text).build(), content=content)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise YamlUnreadable(path, f"{line}is not YAML: {_hint(error.problem or error.context or '')}") from error
    except yaml.YAMLError as error:  # a character that no YAML may hold
        raise YamlUnreadable(path, "is not YAML: it holds control characters, write it anew") from error
    except _Refused as error:
        raise YamlUnreadable(path, str(error)) from error


def _hint(problem: str) -> str:
    """Return how to mend what the parser stumbled over, which names the place better than the cause."""
    return next((hint for part, hint in _HINTS.items() if part in problem), _HINTS[""])


class _Refused(Exception):
    """Something that is YAML, but not read here; never leaves this module."""


class _Builder:
    """Builds the tree from parse events, so that nothing is expanded or nested before it was looked at."""

    def __init__(self, text: str) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times as fast, where it is built in
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=loader))
        self._lines: dict[Trail, int] = {}
        self._faults: list[tuple[int, str]] = []

    def build(self) -> MarkedYaml:
        root: Tree = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Refused(f"line {_line(event)}: a second document begins: write only one")
                root = self._value(next(self._events), ())
        return MarkedYaml(root, self._lines, tuple(self._faults))

    def _value(self, event: yaml.Event, trail: Trail) -> Tree:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            raise _Refused(f"line {line}: aliases (*{event.anchor}) are not read here: write the value out")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            raise _Refused(f"line {line}: tags ({event.tag}) are not read here: leave the tag out")
        if len(trail) > MAX_DEPTH:
            raise _Refused(f"line {line}: nested deeper than {MAX_DEPTH} levels")
        self._lines.setdefault(trail, line)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(trail)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(trail)
        if not isinstance(event, yaml.ScalarEvent):
            raise _Refused(f"line {line}: neither a value, a list nor a mapping")
        if any(ord(letter) < 32 and letter not in "\t\n\r" for letter in event.value):
            raise _Refused(f"line {line}: cannot be read: a value holds control characters, write it anew")
        plain = event.implicit[0]
        return None if plain and event.value in ("", "~", "null", "Null", "NULL") else str(event.value)

    def _sequence(self, trail: Trail) -> list[Tree]:
        values: list[Tree] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._value(event, (*trail, len(values))))
        return values

    def _mapping(self, trail: Trail) -> dict[str, Tree]:
        values: dict[str, Tree] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise _Refused(f"line {line}: a key must be a word")
            key = str(event.value)
            if not key.isprintable():
                raise _Refused(f"line {line}: cannot be read: a key holds control characters, write it anew")
            if key in values:
                self._faults.append((line, f"{key!r} is there already, in line {self._lines[(*trail, key)]}"))
            self._lines.setdefault((*trail, key), line)
            values[key] = self._value(next(self._events), (*trail, key))
        return values


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
