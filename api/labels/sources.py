"""Where frames to label come from: scenes of candidates, pictures of surveys that were kept, and cameras' frames."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path, PurePath
from typing import Final

from sqlalchemy import Connection

from api.cameras.live_status import CameraView
from api.candidates import repository as candidates
from api.candidates.repository import StoredCandidate
from api.db.scope import Scope
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore, encode, file_of
from api.evidence.repository import EvidenceFile, EvidenceKind
from api.labels.repository import NewFrame, ProposedBox
from api.labels.tables import FrameOrigin
from api.surveys import frames as survey_frames
from api.surveys.frames import KeptFrame
from api.surveys.places import source_of
from detector.vision.frame import Frame

MOST: Final = 200
"""Candidates, and frames of surveys, that are looked at in one round."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A frame that could be taken; `content` reads the picture of one that is no evidence yet."""

    frame: NewFrame
    content: Callable[[], bytes] | None = None

    def keep(self, files: EvidenceStore) -> bool:
        """Make the picture evidence; False where it has gone or changed meanwhile. Raises EvidenceError."""
        return self.content is None or files.put(self.content())[0] == self.frame.picture.sha256


def from_candidates(scope: Scope, connection: Connection) -> list[Offered]:
    """Return the scenes of the newest candidates, each with everything that was proposed in it."""
    newest = candidates.latest(scope, connection, MOST)
    files = evidence.of_candidates(scope, connection, [one.id for one in newest])
    found = []
    for one in newest:
        scene = next((file for file in files.get(one.id, ()) if file.kind is EvidenceKind.SCENE), None)
        if scene is not None:
            found.append(Offered(frame_of_candidate(scope, connection, one, scene)))
    return found


def frame_of_candidate(scope: Scope, connection: Connection, one: StoredCandidate, scene: EvidenceFile) -> NewFrame:
    """Return the scene of a candidate as a frame to label."""
    there = () if one.survey_id else candidates.standing_at(scope, connection, one.source, one.frame_at)
    every = {other.id: other for other in (one, *there)}
    proposals = tuple(proposal(other) for other in every.values() if _inside(other, scene))
    return NewFrame(
        picture=scene,
        source=one.source,
        origin=FrameOrigin.CANDIDATE,
        proposals=proposals,
        camera_id=one.camera_id,
        survey_id=one.survey_id,
        district=one.district,
        lat=one.lat,
        lon=one.lon,
        timed=one.timed,
    )


def proposal(one: StoredCandidate) -> ProposedBox:
    """Return what a candidate proposes in its scene, under the name of what judged it."""
    models = ", ".join(f"{model.name} {model.version}".strip() for model in one.models)
    by = f"{one.found_by} ({models})" if models else one.found_by
    return ProposedBox(one.class_name, one.box, one.confidence, by[:200], one.id)


def _inside(one: StoredCandidate, scene: EvidenceFile) -> bool:
    return one.box[2] <= scene.width + 1 and one.box[3] <= scene.height + 1


def from_surveys(scope: Scope, connection: Connection, pictures: Path) -> list[Offered]:
    """Return the frames of surveys whose pictures were kept, with what the model saw in them."""
    kept = survey_frames.with_picture(scope, connection, MOST)
    return [Offered(_frame_of_survey(one), partial(_read, pictures / str(one.survey_id) / one.picture)) for one in kept]


def _read(path: Path) -> bytes:
    """Return a kept picture, nothing where it has gone since: retention removes pictures of surveys."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _frame_of_survey(one: KeptFrame) -> NewFrame:
    # pictures of surveys are named by their content, as evidence is
    picture = EvidenceFile(
        EvidenceKind.SCENE, PurePath(one.picture).stem, one.picture, one.captured_at, one.width, one.height
    )
    by = f"model ({one.model.name} {one.model.version})" if one.model else "model"
    return NewFrame(
        picture=picture,
        source=source_of(one.survey_id),
        origin=FrameOrigin.SURVEY,
        proposals=tuple(ProposedBox(seen.class_name, seen.box, seen.confidence, by) for seen in one.detections),
        survey_id=one.survey_id,
        district=one.district,
        lat=one.lat,
        lon=one.lon,
        timed=one.timed,
    )


def from_camera(camera: CameraView, frame: Frame, proposals: tuple[ProposedBox, ...], now: datetime) -> Offered:
    """Return a camera's frame, as it came. Raises EvidenceError."""
    content, taken_at = encode(frame.image), now - timedelta(seconds=frame.lag)
    picture = file_of(EvidenceKind.SCENE, content, taken_at, frame.width, frame.height)
    made = NewFrame(
        picture=picture,
        source=camera.id,
        origin=FrameOrigin.CAMERA,
        proposals=proposals,
        camera_id=camera.id,
        district=camera.district,
        lat=camera.lat,
        lon=camera.lon,
    )
    return Offered(made, lambda: content)


def place_of(lat: float | None, lon: float | None) -> str | None:
    """Return the place by which pictures of drones are parted: a square of some 200 m; None where it is not known."""
    if lat is None or lon is None:
        return None
    return f"{round(lat / 0.002) * 0.002:.3f},{round(lon / 0.002) * 0.002:.3f}"
