"""What came of a survey: its places, how the drone flew, and the pictures that show each place best."""

import hashlib
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Response
from starlette.responses import JSONResponse

from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.reasons import Reason, given_reason
from api.dependencies import AppSettings, CurrentScope, Db, Now
from api.errors import NotFound
from api.surveys import frames as seen
from api.surveys import places
from api.surveys import repository as surveys
from api.surveys.geojson import PathOut, PlacesOut
from api.surveys.place_pictures import CropCache
from api.surveys.service import known_survey
from api.web.pictures import PICTURE, IfNoneMatch, picture_response
from api.web.problems import problem_responses

router = APIRouter(tags=["surveys"])
PlaceId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]
CROPS: Final = CropCache()


class GeoJson(JSONResponse):
    """GeoJSON says what it is (RFC 7946, section 12)."""

    media_type = "application/geo+json"


@router.get("/surveys/{survey_id}/places", response_class=GeoJson, responses=problem_responses(404, 422))
def list_places(scope: CurrentScope, database: Db, survey_id: UUID) -> PlacesOut:
    """Return every thing that the survey found, once, as GeoJSON; empty until its footage has been looked at."""
    with database.read() as connection:
        known_survey(surveys.find(scope, connection, survey_id), survey_id)
        return PlacesOut.of(places.of_survey(scope, connection, survey_id))


@router.get("/surveys/{survey_id}/path", response_class=GeoJson, responses=problem_responses(404, 422))
def show_path(scope: CurrentScope, database: Db, survey_id: UUID) -> PathOut:
    """Return how the drone flew, as GeoJSON: one feature for each video or photo that says where it was taken."""
    with database.read() as connection:
        known_survey(surveys.find(scope, connection, survey_id), survey_id)
        return PathOut.of(seen.path_of(scope, connection, survey_id))


@router.get("/surveys/{survey_id}/places/{place_id}/{kind}", response_class=Response,
            responses={**problem_responses(403, 404, 422), **PICTURE})  # fmt: skip
def show_place(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    now: Now,
    survey_id: UUID,
    place_id: PlaceId,
    kind: Literal["scene", "crop"],
    reason: Reason = None,
    if_none_match: IfNoneMatch = "",
) -> Response:
    """Return the frame that shows a place best, which asks for a `reason` and is recorded, or the place alone.

    A browser asks anew whether it is still there.
    """
    with database.read() as connection:
        place = places.find(scope, connection, survey_id, place_id)
        beside = places.in_picture(scope, connection, survey_id, place.picture) if place and kind == "crop" else ()
    if place is None:
        raise NotFound(f"survey {survey_id} has no place {place_id}")
    if kind == "scene":
        told = {"picture": place_id, "reason": given_reason(reason)}
        with database.write() as connection:
            audit.record(scope, connection, Act.ORIGINAL_VIEWED, survey_id, now, details=told)
    picture = settings.pictures_dir / str(survey_id) / place.picture
    tag = hashlib.sha256(f"{kind} {place.picture} {place.box}".encode()).hexdigest()[:32]  # named by its content
    boxes = [one.box for one in beside]
    try:
        picture.stat()  # before the browser is told that what it has still stands
        return picture_response(
            tag, if_none_match, lambda: CROPS.cut(picture, place.box, boxes) if kind == "crop" else picture.read_bytes()
        )
    except OSError as error:
        raise NotFound(f"the picture of place {place_id} cannot be read ({error.strerror})") from error
