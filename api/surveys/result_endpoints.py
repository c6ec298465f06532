"""What came of a survey: its places, how the drone flew, and the pictures that show each place best."""

from typing import Annotated, Literal
from uuid import UUID

import cv2
import numpy as np
from fastapi import APIRouter, Path, Response
from starlette.responses import JSONResponse

from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.reasons import Reason, given_reason
from api.candidates.endpoints import JPEG
from api.dependencies import AppSettings, CurrentScope, Db, Now
from api.errors import EvidenceDamaged, NotFound
from api.evidence.files import crop
from api.surveys import frames as seen
from api.surveys import places
from api.surveys import repository as surveys
from api.surveys.geojson import PathOut, PlacesOut
from api.surveys.service import known_survey
from api.web.problems import problem_responses

router = APIRouter(tags=["surveys"])
PlaceId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]
CROP_QUALITY = 90


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
            responses={**problem_responses(403, 404, 422), **JPEG})  # fmt: skip
def show_place(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    now: Now,
    survey_id: UUID,
    place_id: PlaceId,
    kind: Literal["scene", "crop"],
    reason: Reason = None,
) -> Response:
    """Return the frame that shows a place best, which asks for a `reason` and is recorded, or the place alone."""
    with database.read() as connection:
        place = places.find(scope, connection, survey_id, place_id)
    if place is None:
        raise NotFound(f"survey {survey_id} has no place {place_id}")
    if kind == "scene":
        told = {"picture": place_id, "reason": given_reason(reason)}
        with database.write() as connection:
            audit.record(scope, connection, Act.ORIGINAL_VIEWED, survey_id, now, details=told)
    try:
        content = (settings.pictures_dir / str(survey_id) / place.picture).read_bytes()
    except OSError as error:
        raise NotFound(f"the picture of place {place_id} cannot be read ({error.strerror})") from error
    if kind == "crop":
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise EvidenceDamaged(f"the picture of place {place_id} does not decode")
        quality = (cv2.IMWRITE_JPEG_QUALITY, CROP_QUALITY)
        content = cv2.imencode(".jpg", crop(np.asarray(image, np.uint8), place.box), quality)[1].tobytes()
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Response(content, headers=headers, media_type="image/jpeg")
