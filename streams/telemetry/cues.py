"""Subtitle text cut into cues, however badly it is written: SubRip, WebVTT, and the ASS that Autel writes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Final

_CLOCK: Final = r"(?<![\d:])(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?(?![:;]?\d)"
_TIME: Final = re.compile(rf"{_CLOCK}\s*-->(?:\s*{_CLOCK})?")
_DIALOGUE: Final = re.compile(
    rf"Dialogue\s*:\s*(?:Marked=)?\d{{1,9}}\s*,\s*{_CLOCK}\s*,\s*{_CLOCK}\s*,(?:[^,]*,){{6}}(.*)"
)
_OVERRIDE: Final = re.compile(r"\{[^{}]{0,200}\}")
_INDEX: Final = re.compile(r"\d{1,9}")
_FULL_WIDTH: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
# Sign by sign: to take letters apart (NFKC) makes 502 of 50², and no degree sign of the º that some print for it.
_PLAIN: Final = _FULL_WIDTH | {0x3000: " ", 0xA0: " ", 0x202F: " ", 0x2212: "-", 0xBA: "°"}
_BYTES_LOOKED_AT: Final = 4000
_ANEW: Final = 1.0  # seconds by which a cue must begin before the one above it to begin another recording
_LONGEST: Final = 10 * 24 * 3600.0  # seconds; what was joined to more than that is no recording


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle: its number, start and end in seconds as printed (None when it has none), and its text on one line.

    `part` counts the recordings that were joined into one file; `start` and `end` of a later one follow the first.
    `breaks` are the places in the text where a line of the file ends.
    """

    number: int
    start: float | None
    text: str
    end: float | None = field(default=None, compare=False)
    part: int = field(default=0, compare=False)
    breaks: tuple[int, ...] = field(default=(), compare=False)

    @property
    def place(self) -> str:
        """Return the cue in words, for a person who looks for it in the file."""
        return f"block {self.number}" + (f" at {self.start:.3f} s" if self.start is not None else "")

    @property
    def written(self) -> str:
        """Return the text with the ends of its lines as the file has them; each place in it is the same."""
        starts = (0, *(at + 1 for at in self.breaks))
        return "\n".join(self.text[start:end] for start, end in zip(starts, (*self.breaks, None), strict=True))


def decode(data: bytes) -> str:
    """Text of a subtitle file: UTF-8 or UTF-16, with or without its mark; anything else byte by byte.

    The digits, colons and signs of Chinese keyboards are given as those of others: ：−３４ is :-34.
    """
    text = _decode(data)
    return text if text.isascii() else text.translate(_PLAIN)


def _decode(data: bytes) -> str:
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
    if any(line.startswith("Dialogue") for line in lines):
        yield from _dialogues(lines)
        return
    number, start, end, body, seen = 0, None, None, [], False
    for i, line in enumerate(lines):
        time = _TIME.search(line) if "-->" in line else None  # the test first: most lines are text
        opens = (
            line[:1].isdigit()
            and bool(_INDEX.fullmatch(line))
            and (not i or not lines[i - 1] or _next_is_time(lines, i))
        )
        if time is None and not opens:
            body.append(line)
            continue
        numbered_only = seen and start is None and not any(body)
        if seen and not (time is not None and numbered_only):  # the time line belongs to the number just read
            yield _cue(number, start, body, end)
        if time is not None:
            number = number if numbered_only else number + 1
            start, end = _seconds(time.groups()[:4]), _seconds(time.groups()[4:])
        else:
            number, start, end = int(line), None, None
        body, seen = [], True
    if seen or any(body):
        yield _cue(number or 1, start, body, end)


def unjoined(found: Sequence[Cue]) -> list[Cue]:
    """Return the cues with the times of later recordings moved behind those of earlier ones.

    Where the times begin anew, another sidecar was appended: its recording follows the one before, as its video does.
    """
    moved: list[Cue] = []
    before, offset, ends, part = 0.0, 0.0, 0.0, 0
    for cue in found:
        if cue.start is None:
            moved.append(replace(cue, part=part) if part else cue)
            continue
        if moved and (cue.start < before - _ANEW or (cue.number <= 1 and cue.start <= before)):
            offset, part = ends, part + 1
        if offset > _LONGEST:
            break
        before = cue.start
        if not part:
            ends = max(ends, cue.start, cue.end or 0.0)
            moved.append(cue)
            continue
        ends = max(ends, offset + max(cue.start, cue.end or 0.0))
        end = None if cue.end is None else cue.end + offset
        moved.append(replace(cue, start=cue.start + offset, end=end, part=part))
    return moved


def _dialogues(lines: Sequence[str]) -> Iterator[Cue]:
    found_lines = (found for line in lines if (found := _DIALOGUE.match(line)))
    for number, found in enumerate(found_lines, 1):
        text = _OVERRIDE.sub("", found[9]).replace("\\n", "\\N").replace("\\h", " ")
        lines_said = [line.strip() for line in text.split("\\N")]
        yield _cue(number, _seconds(found.groups()[:4]), lines_said, _seconds(found.groups()[4:8]))


def _cue(number: int, start: float | None, lines: Sequence[str], end: float | None) -> Cue:
    kept = [line for line in lines if line]
    breaks = tuple(at - 1 for at in accumulate(len(line) + 1 for line in kept[:-1]))
    return Cue(number, start, " ".join(kept), end, breaks=breaks)


def _seconds(clock: Sequence[str | None]) -> float | None:
    hours, minutes, seconds, fraction = clock
    if minutes is None or seconds is None:
        return None
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")


def _next_is_time(lines: list[str], i: int) -> bool:
    return i + 1 < len(lines) and _TIME.search(lines[i + 1]) is not None
