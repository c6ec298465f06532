"""What a rulebook was read from, byte for byte, so that what judged a thing can be read back."""

import hashlib
from dataclasses import dataclass, field
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class RulebookSource:
    """The rulebook's file and the permit file that it names (None: none), as they were; the rulebook is UTF-8.

    `sha256` is that of both files one after the other: `cat rulebook.yaml permits.csv | sha256sum`.
    """

    version: str
    sha256: str
    content: bytes = field(repr=False)
    permits: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(cls, version: str, content: bytes, permits: bytes | None = None) -> Self:
        digest = hashlib.sha256(content)
        digest.update(permits or b"")
        return cls(version, digest.hexdigest(), content, permits)


NO_RULEBOOK: Final = RulebookSource.of("none", b"# No rulebook was given: every ruling is unknown.\nversion: none\n")
"""What stands for the rulebook in the records where none was given."""
