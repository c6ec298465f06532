"""What is done with frames to label: save what was drawn, bring a candidate's scene into the pool."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from api.actor import Actor
from api.candidates import repository as candidates
from api.db.database import Database
from api.db.scope import Scope
from api.errors import FrameChanged, LabelInvalid, NotFound
from api.evidence import repository as evidence
from api.evidence.boxes import check_box
from api.evidence.repository import EvidenceKind
from api.labels import repository as frames
from api.labels.repository import LabelBox, LabelFrame
from api.labels.sources import frame_of_candidate
from api.pages.classes import ClassNames


def known_frame(frame: LabelFrame | None, frame_id: UUID) -> LabelFrame:
    """Return the frame that was found. Raises NotFound."""
    if frame is None:
        raise NotFound(f"there is no frame {frame_id} to label")
    return frame


def save(
    scope: Scope,
    database: Database,
    frame_id: UUID,
    boxes: Sequence[LabelBox],
    class_names: ClassNames,
    *,
    version: int,
    complete: bool,
    actor: Actor,
    now: datetime,
) -> LabelFrame:
    """Store what a person drew on a frame, on top of `version`, and return the frame as it is now.

    Raises:
        NotFound: there is no such frame.
        FrameChanged: somebody else saved it meanwhile; theirs stays, nothing was stored.
        LabelInvalid: a box that leaves the picture or has no area, or a class that nobody knows.
    """
    with database.write() as connection:
        frame = known_frame(frames.find(scope, connection, frame_id), frame_id)
        _check(boxes, frame, class_names)
        same = frame.version == version
        if not same or not frames.save(scope, connection, frame, boxes, actor, now, complete=complete):
            saved = frames.newest_saves(scope, connection, [frame_id]).get(frame_id)
            by = f"{saved.actor.name} saved version {saved.version}" if saved else f"it has version {frame.version}"
            raise FrameChanged(f"frame {frame_id}: {by} meanwhile, yours began with version {version}; not stored")
        return known_frame(frames.find(scope, connection, frame_id), frame_id)


def bring_candidate(scope: Scope, database: Database, candidate_id: UUID, now: datetime) -> LabelFrame:
    """Put the scene of a candidate into the pool, whatever the budget, and return its frame. Raises NotFound."""
    with database.write() as connection:
        candidate = candidates.find(scope, connection, candidate_id)
        files = evidence.of_candidates(scope, connection, [candidate_id]).get(candidate_id, ())
        scene = next((file for file in files if file.kind is EvidenceKind.SCENE), None)
        if candidate is None or scene is None:
            raise NotFound(f"there is no candidate {candidate_id}")
        frames.add(scope, connection, frame_of_candidate(scope, connection, candidate, scene), now)
        return known_frame(frames.find_by_picture(scope, connection, scene.sha256), candidate_id)


def _check(boxes: Iterable[LabelBox], frame: LabelFrame, class_names: ClassNames) -> None:
    known = {*class_names.names, *(one.class_name for one in frame.proposals)}
    for number, one in enumerate(boxes, 1):
        check_box(one.box, frame.width, frame.height, f"box {number}")
        if one.class_name not in known:
            raise LabelInvalid(
                f"box {number}: {one.class_name!r} is no class; add it to classes.yaml beside the rulebook"
            )
