"""Text as offices save it: UTF-8, UTF-16, or the GB18030 of a Chinese Windows, told apart by content.

A short Chinese text in GB18030 is at times valid UTF-8 as well (`郑` is, as are 682 of the 3,755 usual characters
by themselves). Read as UTF-8 it is then a letter of an alphabet in which no word of the file is written, or an accent
on nothing.
"""

import re
from typing import Final

_PADDING: Final = "\0\x1a"  # what card readers and MS-DOS leave behind the end
_OF_TWO_BYTES: Final = "\u07ff"  # the last letter that UTF-8 writes with two bytes, as GB18030 does
_IN_A_WORD: Final = re.compile(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][A-Za-z]|\d[°²³]")  # café, m², 90°
_USUAL: Final = range(0xB0, 0xD8)  # first bytes of the 3,755 usual characters in GB 2312


class TextUnreadable(ValueError):
    """Bytes that are no text in any encoding that offices use; in one line."""


def decode_text(data: bytes) -> str:
    """Return the text of a file, without its mark and without padding at its end. Raises TextUnreadable."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # what Excel calls Unicode text
        return data.decode("utf-16", "replace").rstrip(_PADDING)
    for encoding, zeros in (("utf-16-le", data[1:200:2]), ("utf-16-be", data[:200:2])):
        if len(zeros) > 1 and zeros.count(0) > len(zeros) // 2:
            return data.decode(encoding, "replace").rstrip(_PADDING)
    data = data.rstrip(_PADDING.encode())
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = None
    if text is not None and (text.isascii() or not _is_chinese(data, text)):
        return text
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        raise TextUnreadable("is neither UTF-8 nor GB18030") from None


def _is_chinese(data: bytes, text: str) -> bool:
    """Return whether bytes that are valid UTF-8 are rather GB18030: usual Chinese in it, and no word as UTF-8."""
    foreign = {letter for letter in text if letter > "\x7f"}
    if not foreign or max(foreign) > _OF_TWO_BYTES or _IN_A_WORD.search(text):
        return False
    try:
        chinese = data.decode("gb2312")
    except UnicodeDecodeError:
        return False
    return all(letter.encode("gb2312")[0] in _USUAL for letter in chinese if letter > "\x7f")
