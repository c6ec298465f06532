"""What a survey found and how it flew, as GeoJSON (RFC 7946): WGS-84, longitude first."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.candidates.repository import State
from api.surveys.frames import Waypoint
from api.surveys.places import SurveyPlace
from detector.rules.ruling import Outcome

Position = tuple[float, float]  # lon, lat


class PointOut(BaseModel):
    """One position."""

    type: Literal["Point"] = "Point"
    coordinates: Position


class LineOut(BaseModel):
    """Positions in the order flown."""

    type: Literal["LineString"] = "LineString"
    coordinates: Annotated[list[Position], Field(min_length=2)]


class PlaceProperties(BaseModel):
    """What is known of a place; `ce90` in metres, null with its geometry where the position is unknown.

    The two times are null where the footage does not say when it was taken.
    """

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    number: int
    class_name: str = Field(alias="class")
    ce90: float | None
    confidence: float
    first_seen: datetime | None
    last_seen: datetime | None
    frames: int
    ruling: Outcome
    candidate_id: UUID | None
    candidate_state: State | None
    picture: str


class PlaceFeature(BaseModel):
    """One thing that a survey found."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: PointOut | None
    properties: PlaceProperties


class PlacesOut(BaseModel):
    """Everything that a survey found, first seen first."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[PlaceFeature]

    @classmethod
    def of(cls, places: Sequence[SurveyPlace]) -> Self:
        return cls(features=[_place(number, place) for number, place in enumerate(places, 1)])


class LegProperties(BaseModel):
    """The video or photo that shows a leg, when each position was, and how many metres above take-off."""

    clip: str
    times: list[datetime | None]
    heights: list[float]


class LegFeature(BaseModel):
    """How the drone flew during one video, or where it took a photo."""

    type: Literal["Feature"] = "Feature"
    geometry: LineOut | PointOut
    properties: LegProperties


class PathOut(BaseModel):
    """How the drone flew, as far as it has been looked at: one feature for each video or photo."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[LegFeature]

    @classmethod
    def of(cls, path: Sequence[Waypoint]) -> Self:
        return cls(features=[_leg(clip, list(leg)) for clip, leg in groupby(path, key=lambda point: point.clip)])


def picture_path(place: SurveyPlace, kind: Literal["scene", "crop"]) -> str:
    """Where a picture of a place is."""
    return f"/api/v1/surveys/{place.survey_id}/places/{place.id}/{kind}"


def _place(number: int, place: SurveyPlace) -> PlaceFeature:
    known = place.lat is not None and place.lon is not None
    return PlaceFeature(
        id=place.id,
        geometry=PointOut(coordinates=(place.lon, place.lat)) if known else None,
        properties=PlaceProperties(
            number=number,
            class_name=place.class_name,
            ce90=place.ce90,
            confidence=place.confidence,
            first_seen=place.first_seen if place.timed else None,
            last_seen=place.last_seen if place.timed else None,
            frames=place.frames,
            ruling=place.outcome,
            candidate_id=place.candidate_id,
            candidate_state=place.state,
            picture=picture_path(place, "scene"),
        ),
    )


def _leg(clip: str, leg: list[Waypoint]) -> LegFeature:
    spots = [(point.lon, point.lat) for point in leg]
    return LegFeature(
        geometry=LineOut(coordinates=spots) if len(spots) > 1 else PointOut(coordinates=spots[0]),
        properties=LegProperties(
            clip=clip, times=[point.captured_at for point in leg], heights=[point.height for point in leg]
        ),
    )
