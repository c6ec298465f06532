"""Capture conditions: the clock, the gaps, the camera's state, and which software in which configuration looked."""

from pydantic import AwareDatetime, BaseModel, ConfigDict

from detector.recording import ClockName


class GapOut(BaseModel):
    """A span without frames."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    since: AwareDatetime
    until: AwareDatetime


class Conditions(BaseModel):
    """How the pictures were taken; null is what is not known.

    `clock` is whose clock gives the times, `lag_s` by how many seconds the last frame came late, `clock_set_s` by how
    many the machine's clock was set while the camera was watched. Where it is the machine's clock, `synchronised` says
    whether the kernel took it for right, and `clock_error_s` by how much it might be off at most. `camera_state` is as
    it was last noted. `configuration` is the SHA-256 of the camera's settings, `software_sha256` that of the program.
    """

    model_config = ConfigDict(frozen=True)

    clock: ClockName | None = None
    lag_s: float | None = None
    clock_set_s: float | None = None
    synchronised: bool | None = None
    clock_error_s: float | None = None
    gaps: tuple[GapOut, ...] = ()
    camera_state: str | None = None
    software: str
    software_sha256: str
    configuration: str | None = None
