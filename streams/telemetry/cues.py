"""Subtitle text cut into cues, however badly it is written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TIME: Final = re.compile(r"(\d{1,3}):(\d{2}):(\d{2})[.,](\d{1,3})\s*-->")
_INDEX: Final = re.compile(r"\d{1,9}")
_BYTES_LOOKED_AT: Final = 4000


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle: its number and start in seconds as printed (None when it has none) and its text on one line."""

    number: int
    start: float | None
    text: str

    @property
    def place(self) -> str:
        """The cue in words, for a person who looks for it in the file."""
        return f"block {self.number}" + (f" at {self.start:.3f} s" if self.start is not None else "")


def decode(data: bytes) -> str:
    """Text of a subtitle file: UTF-8 or UTF-16, with or without its mark; anything else byte by byte."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    head = data[:_BYTES_LOOKED_AT]
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(zeros) > 1 and zeros.count(0) > 0.6 * len(zeros):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def cues(text: str) -> Iterator[Cue]:
    """Cues in the order of the file. A cue starts at its time line, or at a lone number after an empty line."""
    lines = [line.strip().strip("\ufeff\x00").strip() for line in text.splitlines()]
    number, start, body, seen = 0, None, [], False
    for i, line in enumerate(lines):
        time = _TIME.search(line)
        opens = bool(_INDEX.fullmatch(line)) and (i == 0 or not lines[i - 1] or _next_is_time(lines, i))
        if time is None and not opens:
            body.append(line)
            continue
        numbered_only = seen and start is None and not any(body)
        if seen and not (time is not None and numbered_only):  # the time line belongs to the number just read
            yield Cue(number, start, " ".join(filter(None, body)))
        if time is not None:
            hours, minutes, seconds, fraction = time.groups()
            number = number if numbered_only else number + 1
            start = int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")
        else:
            number, start = int(line), None
        body, seen = [], True
    if seen or any(body):
        yield Cue(number or 1, start, " ".join(filter(None, body)))


def _next_is_time(lines: list[str], i: int) -> bool:
    return i + 1 < len(lines) and _TIME.search(lines[i + 1]) is not None
