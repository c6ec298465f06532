"""The camera file: which cameras there are, read as a whole or not at all."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from streams.address import PRIVATE_NETWORKS, CameraAddress, Network, mask_url
from streams.errors import AddressRefused, CamerasInvalid, Unreachable

log = logging.getLogger(__name__)

LOOKUPS = 32  # host names looked up at the same time: one that does not resolve takes seconds
LARGEST = 16 * 1024 * 1024  # bytes of a camera file; ten thousand cameras take two million
_PERIOD = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h)")
_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class LegalReview:
    """The approval under which a camera may watch its street (reference number, last valid day)."""

    reference: str
    valid_to: date


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """One camera as configured; its addresses never show their passwords. Position is WGS-84 degrees."""

    id: str
    name: str
    address: CameraAddress
    substream: CameraAddress | None
    every: timedelta
    models: tuple[str, ...]
    lat: float | None
    lon: float | None
    calibration: str | None
    district: str
    grade: Literal[1, 2, 3]
    transport: Literal["tcp", "udp"]
    legal_review: LegalReview | None


def parse_period(text: object) -> timedelta:
    """`500ms`, `5s`, `2min`, `1h` as a period; raises ValueError, one readable line."""
    match = _PERIOD.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is no period; write it like 5s, 500ms or 2min")
    period = timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    if not timedelta(milliseconds=40) <= period <= timedelta(hours=1):
        raise ValueError(f"{text!r} is out of range; a period is 40ms to 1h")
    return period


def _parse_address(text: object) -> CameraAddress:
    if not isinstance(text, str):
        raise ValueError("an address is text; write it as rtsp://host:554/path")
    try:
        return CameraAddress.parse(text)
    except AddressRefused as error:
        raise ValueError(str(error)) from error


Period = Annotated[timedelta, BeforeValidator(parse_period)]
Address = Annotated[CameraAddress, BeforeValidator(_parse_address)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class _Entry(BaseModel):
    # Strict: `name: 12` or `grade: true` is a slip, not a wish. hide_input: a fault must not quote a password.
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, arbitrary_types_allowed=True)


class _Position(_Entry):
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class _LegalReview(_Entry):
    reference: Word
    valid_to: date


class _Camera(_Entry):
    id: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\s/\\]+$")]
    name: Word = ""
    url: Address
    substream: Address | None = None
    every: Period = timedelta(seconds=5)
    models: list[Word] = Field(default_factory=list)
    position: _Position | None = None
    calibration: Word | None = None
    district: str = ""
    grade: Literal[1, 2, 3] = 2
    transport: Literal["tcp", "udp"] = "tcp"
    legal_review: _LegalReview | None = None

    @field_validator("id")
    @classmethod
    def _gb28181(cls, value: str) -> str:
        check_gb28181(value)
        return value

    def config(self) -> CameraConfig:
        """The same as a value for the rest of the house."""
        review = self.legal_review
        return CameraConfig(
            id=self.id,
            name=self.name or self.id,
            address=self.url,
            substream=self.substream,
            every=self.every,
            models=tuple(self.models),
            lat=self.position.lat if self.position else None,
            lon=self.position.lon if self.position else None,
            calibration=self.calibration,
            district=self.district,
            grade=self.grade,
            transport=self.transport,
            legal_review=LegalReview(review.reference, review.valid_to) if review else None,
        )


def check_gb28181(ident: str) -> None:
    """Raises ValueError when an id of twenty digits is no camera's by GB/T 28181-2022, annex E, rule A.

    8 digits of place (the first two a province), 2 of industry, 3 of type (131 camera, 132 network camera), 7 of serial
    number. Other ids are free text.
    """
    if not re.fullmatch(r"[0-9]{20}", ident):
        return
    province, kind = int(ident[:2]), ident[10:13]
    if not (11 <= province <= 65 or province in (71, 81, 82)):
        raise ValueError(f"{ident}: a GB/T 28181 id begins with a province (11 to 65, 71, 81, 82), not {ident[:2]}")
    if kind not in ("131", "132"):
        raise ValueError(f"{ident}: digits 11 to 13 of a GB/T 28181 camera are 131 or 132, not {kind}")


Check = Callable[[CameraConfig], Iterable[tuple[str, str]]]
"""What else is wrong with a camera: the key of the file at fault, and what is wrong there."""


def read_cameras(
    path: Path,
    networks: Sequence[Network] = PRIVATE_NETWORKS,
    *,
    loopback: bool = False,
    check: Check = lambda _: (),
) -> tuple[CameraConfig, ...]:
    """All cameras of a file; raises CamerasInvalid with every fault and its line, and then nothing is returned.

    Every address must lie in one of `networks` (host names are resolved); this machine's own only with `loopback`.
    A name that does not resolve just now is logged and no fault: one must not keep hundreds of cameras from being
    watched, and each opening looks it up and checks it anew.
    """
    try:
        if path.exists() and (not path.is_file() or path.stat().st_size > LARGEST):
            raise CamerasInvalid(str(path), (f"is no file, or larger than {LARGEST // 1024**2} MB",))
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CamerasInvalid(str(path), (f"cannot be read ({error.strerror})",)) from error
    except UnicodeDecodeError as error:
        raise CamerasInvalid(str(path), ("is not UTF-8 text",)) from error
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        content: object = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CamerasInvalid(str(path), (f"line {line}: no YAML ({error.problem})",)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CamerasInvalid(str(path), (f"no YAML ({type(error).__name__})",)) from error
    reader = _Reader(tree, networks, loopback, check)
    cameras = reader.read(content)
    if reader.faults:
        raise CamerasInvalid(str(path), tuple(fault for _, fault in sorted(reader.faults)))
    return cameras


class _Reader:
    """Turns what the YAML says into cameras and collects faults with their lines on the way."""

    def __init__(self, tree: yaml.Node | None, networks: Sequence[Network], loopback: bool, check: Check) -> None:
        self._tree = tree
        self._networks = networks
        self._loopback = loopback
        self._check = check
        self.faults: list[tuple[int, str]] = []

    def read(self, content: object) -> tuple[CameraConfig, ...]:
        for line, key in _repeated_keys(self._tree):
            self._fault(line, f"the key {key!r} is here twice")
        if not isinstance(content, dict) or not isinstance(content.get("cameras"), list):
            self._fault(1, "a camera file is `cameras:` and a list below it")
            return ()
        for key in content.keys() - {"cameras"}:
            self._fault(self._line((key,)), f"unknown key {str(key)!r}; only `cameras` stands at the top")
        self._check_duplicates(content["cameras"])
        entries = [self._entry(number, entry) for number, entry in enumerate(content["cameras"])]
        cameras = [(number, entry.config()) for number, entry in enumerate(entries) if entry is not None]
        self._check_addresses(cameras)
        for number, camera in cameras:
            for key, said in self._check(camera):
                self._fault(self._line(("cameras", number, key)), f"camera {camera.id!r}: {key}: {said}")
        return tuple(camera for _, camera in cameras)

    def _entry(self, number: int, entry: object) -> _Camera | None:
        try:
            return _Camera.model_validate(entry)
        except ValidationError as error:
            ident = entry.get("id") if isinstance(entry, dict) else None
            who = f"camera {ident!r}" if isinstance(ident, str) else f"camera number {number + 1}"
            for fault in error.errors(include_url=False, include_context=False, include_input=False):
                where = ".".join(str(part) for part in fault["loc"])
                said = fault["msg"].removeprefix("Value error, ")
                said = "unknown key" if fault["type"] == "extra_forbidden" else said
                line = self._line(("cameras", number, *fault["loc"]))
                self._fault(line, f"{who}: {where}: {said}" if where else f"{who}: {said}")
            return None

    def _check_duplicates(self, entries: list[object]) -> None:
        seen: dict[str, int] = {}
        for number, entry in enumerate(entries):
            ident = entry.get("id") if isinstance(entry, dict) else None
            if not isinstance(ident, str):
                continue
            line = self._line(("cameras", number, "id"))
            if ident in seen:
                self._fault(line, f"camera {ident!r}: id: already used in line {seen[ident]}")
            seen.setdefault(ident, line)

    def _check_addresses(self, cameras: Sequence[tuple[int, CameraConfig]]) -> None:
        given = [(number, "url", camera.address) for number, camera in cameras]
        given += [(number, "substream", camera.substream) for number, camera in cameras if camera.substream is not None]
        with ThreadPoolExecutor(LOOKUPS) as pool:
            answers = pool.map(self._wrong_with, (address for *_, address in given))
        for (number, key, _), error in zip(given, answers, strict=True):
            line = self._line(("cameras", number, key))
            if isinstance(error, Unreachable):
                log.warning("line %d: %s: %s just now; it is looked up again whenever it is opened", line, key, error)
            elif error is not None:
                self._fault(line, f"{key}: {error}")

    def _wrong_with(self, address: CameraAddress) -> AddressRefused | Unreachable | None:
        try:
            address.check_allowed(self._networks, loopback=self._loopback)
        except (AddressRefused, Unreachable) as error:
            return error
        return None

    def _fault(self, line: int, said: str) -> None:
        self.faults.append((line, mask_url(f"line {line}: {said}")))

    def _line(self, location: Sequence[int | str]) -> int:
        """The line of the innermost part of this location that is in the file, counted from 1."""
        node, line = self._tree, 1
        for part in location:
            line = node.start_mark.line + 1 if node else line
            if isinstance(node, yaml.MappingNode):
                pair = next(((key, value) for key, value in node.value if key.value == part), None)
                if pair is None:
                    return line
                line, node = pair[0].start_mark.line + 1, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
            else:
                return line
        return line


def _repeated_keys(node: yaml.Node | None, seen: set[int] | None = None) -> Iterator[tuple[int, str]]:
    """YAML forbids a key twice, PyYAML takes the last one: a camera would lose its first address unseen."""
    seen = set() if seen is None else seen
    if node is None or id(node) in seen:  # an alias leads to what was looked at, and may lead back to where it stands
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys = set()
        for key, value in node.value:
            if key.value in keys:
                yield key.start_mark.line + 1, key.value
            keys.add(key.value)
            yield from _repeated_keys(value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated_keys(value, seen)
