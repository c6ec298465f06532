"""The camera file: which cameras there are, read as a whole or not at all."""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from detector.durations import parse_duration
from detector.errors import YamlUnreadable
from detector.input_faults import in_words
from detector.marked_yaml import MarkedYaml, Tree, read_marked_yaml
from detector.rules.permit_values import day_of
from streams.camera.address import PRIVATE_NETWORKS, CameraAddress, Network, mask_url
from streams.errors import AddressRefused, CamerasInvalid, Unreachable

log = logging.getLogger(__name__)

LOOKUPS = 32  # host names looked up at the same time: one that does not resolve takes seconds


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
    """Return the period between two samples, 40 ms to an hour; raises ValueError, one readable line."""
    period = parse_duration(text)
    if not timedelta(milliseconds=40) <= period <= timedelta(hours=1):
        raise ValueError(f"{text!r} is out of range; a period is 40ms to 1h")
    return period


def _parse_address(text: object) -> CameraAddress:
    if not isinstance(text, str):
        raise ValueError("an address is text; write it as rtsp://host:554/path")
    try:
        return CameraAddress.parse(text.strip())
    except AddressRefused as error:
        raise ValueError(str(error)) from error


def _parse_day(text: object) -> date:
    if (day := day_of(str(text))) is None:
        raise ValueError(f"{text!r} is no day; write it like 2027-06-30")
    return day


def _parse_grade(text: object) -> object:
    return int(text) if text in ("1", "2", "3") else text


Period = Annotated[timedelta, BeforeValidator(parse_period)]
Day = Annotated[date, BeforeValidator(_parse_day)]
Grade = Annotated[Literal[1, 2, 3], BeforeValidator(_parse_grade)]
Transport = Annotated[Literal["tcp", "udp"], BeforeValidator(lambda text: str(text).strip().lower())]
Address = Annotated[CameraAddress, BeforeValidator(_parse_address)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


_BESIDE: dict[str, str] = {
    **dict.fromkeys(("user", "username", "password", "pass"), "it stands in the address, before the host and an @"),
    **dict.fromkeys(("lat", "lon", "lng", "latitude", "longitude"), "write position: {lat: 34.7466, lon: 113.6253}"),
    **dict.fromkeys(("rtsp", "address", "uri", "source", "stream"), "the address is called `url`"),
}
"""Keys that other camera files have, and what stands here in their place."""
_SAID: dict[tuple[str, str], str] = {
    **{("extra_forbidden", key): f"unknown key: {said}" for key, said in _BESIDE.items()},
    ("string_pattern_mismatch", "id"): "holds a space or a slash: write it without, and what people read as `name`",
    ("string_type", "id"): "is empty: every camera has an id of its own",
    ("model_type", "position"): "write it as {lat: 34.7466, lon: 113.6253}",
}


class _Entry(BaseModel):
    # Every value comes as the text that stands in the file. hide_input: a fault must not quote a password.
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True)


class _Position(_Entry):
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False, validation_alias=AliasChoices("lon", "lng"))

    @field_validator("lat", "lon", mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return value.replace(",", ".") if isinstance(value, str) and value.count(",") == 1 else value

    @field_validator("lat", "lon")
    @classmethod
    def _known(cls, value: float) -> float:
        if value == 0:
            raise ValueError("is 0: that is how no place is written; leave the position out")
        return value


class _LegalReview(_Entry):
    reference: Word
    valid_to: Day


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
    grade: Grade = 2
    transport: Transport = "tcp"
    legal_review: _LegalReview | None = None

    @field_validator("id")
    @classmethod
    def _gb28181(cls, value: str) -> str:
        check_gb28181(value)
        return value

    def config(self) -> CameraConfig:
        """Return the same as a value for the rest of the house."""
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
    """Raise ValueError when an id of twenty digits is no camera's by GB/T 28181-2022, annex E, rule A.

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
    """Return all cameras of a file; raises CamerasInvalid with every fault and its line, and then nothing is returned.

    Every address must lie in one of `networks` (host names are resolved); this machine's own only with `loopback`.
    A name that does not resolve just now is logged and no fault: one must not keep hundreds of cameras from being
    watched, and each opening looks it up and checks it anew.
    """
    try:
        document = read_marked_yaml(path)
    except YamlUnreadable as error:
        raise CamerasInvalid(str(path), (mask_url(error.fault),)) from None  # its cause may quote the file
    reader = _Reader(document, networks, loopback, check)
    cameras = reader.read()
    if reader.faults:
        raise CamerasInvalid(str(path), tuple(fault for _, fault in sorted(reader.faults)))
    return cameras


class _Reader:
    """Turns what the YAML says into cameras and collects faults with their lines on the way."""

    def __init__(self, document: MarkedYaml, networks: Sequence[Network], loopback: bool, check: Check) -> None:
        self._document = document
        self._networks = networks
        self._loopback = loopback
        self._check = check
        self.faults: list[tuple[int, str]] = []

    def read(self) -> tuple[CameraConfig, ...]:
        content = self._document.root
        for line, said in self._document.faults:
            self._fault(line, said)
        listed = content.get("cameras") if isinstance(content, dict) else None
        if not isinstance(content, dict) or not isinstance(listed, list):
            self._fault(1, "a camera file is `cameras:` and a list below it")
            return ()
        for key in content.keys() - {"cameras"}:
            self._fault(self._line((key,)), f"unknown key {key!r}; only `cameras` stands at the top")
        self._check_duplicates(listed)
        entries = [self._entry(number, entry) for number, entry in enumerate(listed)]
        cameras = [(number, entry.config()) for number, entry in enumerate(entries) if entry is not None]
        self._check_addresses(cameras)
        for number, camera in cameras:
            for key, said in self._check(camera):
                self._fault(self._line(("cameras", number, key)), f"camera {camera.id!r}: {key}: {said}")
        return tuple(camera for _, camera in cameras)

    def _entry(self, number: int, entry: Tree) -> _Camera | None:
        try:
            return _Camera.model_validate(entry)
        except ValidationError as error:
            ident = entry.get("id") if isinstance(entry, dict) else None
            who = f"camera {ident!r}" if isinstance(ident, str) else f"camera number {number + 1}"
            for fault in error.errors(include_url=False, include_context=False, include_input=False):
                where = ".".join(str(part) for part in fault["loc"])
                said = _SAID.get((fault["type"], str(fault["loc"][-1]) if fault["loc"] else ""), in_words(fault))
                line = self._line(("cameras", number, *fault["loc"]))
                self._fault(line, f"{who}: {where}: {said}" if where else f"{who}: {said}")
            return None

    def _check_duplicates(self, entries: Sequence[Tree]) -> None:
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
        """Return the line of the innermost part of this location that is in the file, counted from 1."""
        return self._document.line(tuple(location))
