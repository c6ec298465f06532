"""Frames to label and what is drawn on them, and verdicts as labels."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status
from starlette.responses import Response

from api.dependencies import CurrentScope, Db, MayDecide, Now, provided
from api.errors import NotFound
from api.evidence.dependencies import EvidenceFiles
from api.labels import repository as frames
from api.labels import service, verdict_labels
from api.labels.schemas import BringIn, LabelFrameOut, LabelsIn, VerdictLabelOut
from api.labels.service import known_frame
from api.labels.tables import FrameState
from api.labels.view import frames_out
from api.pages.classes import ClassNames
from api.web.pagination import CursorQuery, Limit, Listing, listing
from api.web.pictures import PICTURE, IfNoneMatch, picture_response
from api.web.problems import problem_responses

router = APIRouter(tags=["labels"], prefix="/labels")
Classes = Annotated[ClassNames, Depends(provided(ClassNames))]


@router.get("/frames", responses=problem_responses(422))
def list_frames(
    scope: CurrentScope, database: Db, state: FrameState | None = None, cursor: CursorQuery = None, limit: Limit = 50
) -> Listing[LabelFrameOut]:
    """Frames of the pool, those that came last first."""
    with database.read() as connection:
        page = frames.page(scope, connection, state, cursor, limit)
        items = frames_out(scope, connection, page.items)
    return listing(page, items)


@router.post(
    "/frames",
    dependencies=[MayDecide],
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(400, 403, 404, 413, 422),
)
def bring_frame(scope: CurrentScope, database: Db, now: Now, wanted: BringIn) -> LabelFrameOut:
    """Put the scene of a candidate into the pool; gives the frame that it is, also where it was there already."""
    frame = service.bring_candidate(scope, database, wanted.candidate_id, now)
    with database.read() as connection:
        return frames_out(scope, connection, (frame,))[0]


@router.get("/frames/{frame_id}", responses=problem_responses(404, 422))
def show_frame(scope: CurrentScope, database: Db, frame_id: UUID) -> LabelFrameOut:
    """Return a frame with what is proposed and drawn in it."""
    with database.read() as connection:
        frame = known_frame(frames.find(scope, connection, frame_id), frame_id)
        return frames_out(scope, connection, (frame,))[0]


@router.put("/frames/{frame_id}", dependencies=[MayDecide], responses=problem_responses(400, 403, 404, 409, 413, 422))
def save_frame(
    scope: CurrentScope,
    database: Db,
    class_names: Classes,
    now: Now,
    frame_id: UUID,
    drawn: LabelsIn,
) -> LabelFrameOut:
    """Store what is drawn on a frame, all of it; refused where somebody else saved the frame meanwhile."""
    frame = service.save(
        scope,
        database,
        frame_id,
        [one.value for one in drawn.boxes],
        class_names,
        version=drawn.version,
        complete=drawn.complete,
        actor=scope.actor,
        now=now,
    )
    with database.read() as connection:
        return frames_out(scope, connection, (frame,))[0]


@router.get("/frames/{frame_id}/before", responses=problem_responses(404, 422))
def frame_before(scope: CurrentScope, database: Db, frame_id: UUID) -> LabelFrameOut:
    """Return the complete frame of the same camera or flight that was taken last before this one, to copy from."""
    with database.read() as connection:
        frame = known_frame(frames.find(scope, connection, frame_id), frame_id)
        before = frames.last_complete_of(scope, connection, frame)
        if before is None:
            raise NotFound(f"no frame of {frame.source} is complete yet")
        return frames_out(scope, connection, (before,))[0]


@router.get("/frames/{frame_id}/picture", response_class=Response, responses={**problem_responses(404, 422), **PICTURE})
def show_picture(
    scope: CurrentScope, database: Db, evidence_files: EvidenceFiles, frame_id: UUID, if_none_match: IfNoneMatch = ""
) -> Response:
    """Return the picture of a frame, checked against its hash before it leaves."""
    with database.read() as connection:
        frame = known_frame(frames.find(scope, connection, frame_id), frame_id)
    return picture_response(frame.sha256, if_none_match, lambda: evidence_files.read(frame.picture))


@router.get("/verdicts", responses=problem_responses(422))
def list_verdict_labels(
    scope: CurrentScope, database: Db, cursor: CursorQuery = None, limit: Limit = 50
) -> Listing[VerdictLabelOut]:
    """Verdicts as labels, latest first."""
    with database.read() as connection:
        page = verdict_labels.page(scope, connection, cursor, limit)
    return listing(page, [VerdictLabelOut.of(one) for one in page.items])
