"""An evidence pack: a ZIP that says what it holds, and that another person can check without this program.

`SHA256SUMS` names every other file, as `sha256sum -c` reads it. The archive is written in one way only (names in order,
no compression, one date), so that it can be made again of what it holds: a bit that is changed anywhere in it is found.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from detector.regular_file import read_regular

SUMS: Final = "SHA256SUMS"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")
LINE: Final = re.compile(r"([0-9a-f]{64})  (.+)")
DATE: Final = (1980, 1, 1, 0, 0, 0)
MOST: Final = 1024**3
"""Bytes of the largest pack that is read."""


def write_pack(files: Mapping[str, bytes]) -> bytes:
    """Return the archive of these files and their sums. Raises ValueError for a name that not every system can keep."""
    for name in files:
        if not NAME.fullmatch(name) or name == SUMS:
            raise ValueError(f"'{name}' is no name for a file of a pack")
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return _archive(dict(files) | {SUMS: "".join(lines).encode("ascii")})


def verify_pack(path: Path) -> tuple[dict[str, bytes], list[str]]:
    """Return the files of a pack, and what is wrong with it, a line each."""
    try:
        content = read_regular(path, MOST)
    except (OSError, ValueError) as error:
        return {}, [f"{path}: cannot be read ({error})"]
    try:
        files = _read(content)
    except Exception as error:  # noqa: BLE001 - a changed archive makes zipfile raise whatever it happens to meet
        return {}, [f"{path}: is no whole archive any more ({error})"]
    faults = _faults(files)
    if not faults and _archive(files) != content:
        faults.append("changed: the archive itself, outside of its files")
    return files, faults


def _faults(files: Mapping[str, bytes]) -> list[str]:
    named: dict[str, str] = {}
    faults: list[str] = []
    for line in files.get(SUMS, b"").decode("ascii", "replace").splitlines():
        found = LINE.fullmatch(line)
        if found is None:
            faults.append(f"changed: a line of {SUMS}")
        else:
            named[found[2]] = found[1]
    faults += [f"missing: {name}" for name in sorted(set(named) - set(files))]
    faults += [f"added: {name}" for name in sorted(set(files) - set(named) - {SUMS})]
    changed = (name for name in sorted(set(named) & set(files)) if _sum(files[name]) != named[name])
    return faults + [f"changed: {name}" for name in changed] if SUMS in files else [f"missing: {SUMS}"]


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        listed = archive.infolist()
        if len({one.filename for one in listed}) != len(listed):
            raise ValueError("a name stands twice in it")
        if any(one.compress_type != zipfile.ZIP_STORED or one.file_size > len(content) for one in listed):
            raise ValueError("it is not as a pack is written")
        return {one.filename: archive.read(one) for one in listed}


def _archive(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            about = zipfile.ZipInfo(name, DATE)
            about.external_attr = 0o644 << 16
            about.create_system = 3
            archive.writestr(about, files[name])
    return stream.getvalue()
