"""What the sample footage shows, and where the violations stand that must be found."""

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from api.errors import SamplesMissing
from detector.input_faults import in_words

FLIGHT_WITHIN_M = 5.0
"""Metres that a find of the flight may be off: what plain telemetry promises at this height (CE90 4.6 m)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


P = TypeVar("P", bound=_Part)


class Expected(_Part):
    """A thing that the script put on the street: found when one of its class lies within `within_m` metres.

    One that is not `required` may be found or not: it is there, but whether it is worth a look is open.
    """

    name: str
    class_name: Annotated[str, Field(alias="class")]
    lat: float
    lon: float
    within_m: float
    required: bool = True


class SampleFlight(_Part):
    """The sample flight: its clip, telemetry and truth, by file name."""

    clip: str
    telemetry: str
    truth: str


class SampleScript(_Part):
    """What the sample clip shows: `speed` scene seconds pass in one second of it."""

    clip: str
    camera: str
    start: AwareDatetime
    speed: float
    expected: tuple[Expected, ...]
    flight: SampleFlight


class _Object(_Part):
    name: str
    class_name: Annotated[str, Field(alias="class")]
    role: str
    lat: float
    lon: float


class _Truth(_Part):
    objects: tuple[_Object, ...]


def read_script(folder: Path) -> SampleScript:
    """Return the demo's script; raises SamplesMissing."""
    return _read(folder / "demo.json", SampleScript)


def stalls_flown_over(folder: Path, script: SampleScript) -> tuple[Expected, ...]:
    """Return the stalls that the drone flies over, from the flight's truth; raises SamplesMissing.

    Those on the permitted site are not required: from the air its border is nearer than the radius of a position.
    """
    truth = _read(folder / script.flight.truth, _Truth)
    return tuple(
        Expected.model_validate(
            one.model_dump(by_alias=True) | {"within_m": FLIGHT_WITHIN_M, "required": one.role == "violation"}
        )
        for one in truth.objects
        if one.class_name == "stall"
    )


def _read(path: Path, shape: type[P]) -> P:
    try:
        return shape.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SamplesMissing(f"{path}: {error.strerror}; the demo runs from a checkout of the repository") from error
    except ValidationError as error:
        raise SamplesMissing(f"{path}: {in_words(error.errors()[0])}") from error
