"""What a row of the registry holds of a camera: its settings as JSON, and apart from them its addresses."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, Self

from pydantic import BaseModel, TypeAdapter

from detector.geometry.calibration import ControlPoint
from streams.camera.address import CameraAddress
from streams.camera.config_file import CameraConfig, LegalReview

_ADDRESSES = TypeAdapter(tuple[str, str | None])


class CameraRow(BaseModel):
    """All of a camera but its addresses; `every` in seconds, `points` as u, v, lat, lon."""

    id: str
    name: str
    every: float
    models: tuple[str, ...]
    lat: float | None
    lon: float | None
    calibration: str | None
    district: str
    grade: Literal[1, 2, 3]
    transport: Literal["tcp", "udp"]
    legal_review: tuple[str, date] | None
    points: tuple[tuple[float, float, float, float], ...]

    @classmethod
    def of(cls, config: CameraConfig, points: Sequence[ControlPoint]) -> Self:
        review = config.legal_review
        return cls(
            id=config.id,
            name=config.name,
            every=config.every.total_seconds(),
            models=config.models,
            lat=config.lat,
            lon=config.lon,
            calibration=config.calibration,
            district=config.district,
            grade=config.grade,
            transport=config.transport,
            legal_review=(review.reference, review.valid_to) if review else None,
            points=tuple((point.u, point.v, point.lat, point.lon) for point in points),
        )

    def config(self, addresses: str) -> CameraConfig:
        """Return the camera, with the addresses that `join_addresses` wrote."""
        main, substream = _ADDRESSES.validate_json(addresses)
        return CameraConfig(
            id=self.id,
            name=self.name,
            address=CameraAddress.parse(main),
            substream=CameraAddress.parse(substream) if substream else None,
            every=timedelta(seconds=self.every),
            models=self.models,
            lat=self.lat,
            lon=self.lon,
            calibration=self.calibration,
            district=self.district,
            grade=self.grade,
            transport=self.transport,
            legal_review=LegalReview(*self.legal_review) if self.legal_review else None,
        )

    def control_points(self) -> tuple[ControlPoint, ...]:
        """Return those of its calibration."""
        return tuple(ControlPoint(*point) for point in self.points)


def join_addresses(config: CameraConfig) -> str:
    """Return a camera's addresses in the clear: to be encrypted before they are kept."""
    return _ADDRESSES.dump_json((config.address.url, config.substream.url if config.substream else None)).decode()
