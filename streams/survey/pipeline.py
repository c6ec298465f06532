"""A drone flight from footage to places: every thing once, with its position, its best picture and its ruling."""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

import cv2
from shapely.geometry import Polygon

from detector.candidate import Candidate, Origin
from detector.errors import PictureInvalid, RayMissesGround
from detector.geometry.ground import GroundPoint
from detector.geometry.pose import PoseLocator
from detector.geometry.terrain import Terrain
from detector.places.sighting import Sighting
from detector.rules.rulebook import Rulebook
from detector.rules.ruling import Outcome, Ruling
from detector.vision.detections import Box, Detection, Detections
from detector.vision.frame import Frame, Lens, Pose
from detector.vision.jpeg import decode
from models.card import ModelVersion
from streams.survey.association import Observation, fuse, link
from streams.survey.features import View, features, pairs, turns
from streams.survey.footprint import turned
from streams.survey.frame_selection import find_clips, frames
from streams.survey.motion import Doubt, doubts

Detect = Callable[[Frame], Detections]
"""Looks at a frame: with its picture comes how the camera stood."""
Identify = Callable[[Frame], ModelVersion | None]
"""Says which model looks at a frame."""
Keep = Callable[[Frame], Path]
"""Keeps the picture of a frame in which something was seen, and says where."""

_STEEP: Final = 50.0  # degrees of depression from which a thing is seen from above and not from the side
_TALL: Final = {"stall": 2.2, "person": 1.7, "umbrella": 2.2, "car": 1.5, "truck": 3.0, "bus": 3.0, "a_board": 1.0}
_OTHERS: Final = 20  # frames that are tried where the picture of the best cannot be read
_WIDEST: Final = {"stall": 15.0}  # metres on the ground: what is wider is a roof


@dataclass(frozen=True, slots=True)
class Showing:
    """A frame that shows a thing, with its box there; `clip` is the footage that the frame is of."""

    picture: Path
    box: Box
    at: datetime
    pose: Pose | None
    clip: str = ""


@dataclass(frozen=True, slots=True)
class SurveyFind:
    """One thing of a survey: its sighting, and the frame that shows it best with its box there.

    `clip` is the footage that this frame is of, `models` are those that saw the thing in any frame. `others` show it
    too, best first.
    """

    sighting: Sighting
    evidence: Path
    evidence_box: Box
    evidence_at: datetime
    pose: Pose | None
    clip: str = ""
    models: tuple[ModelVersion, ...] = ()
    others: tuple[Showing, ...] = ()

    def fallbacks(self) -> "Iterator[SurveyFind]":
        """Yield the find shown by each of its other frames, for where the picture of the best cannot be read."""
        for one in self.others:
            yield replace(
                self, evidence=one.picture, evidence_box=one.box, evidence_at=one.at, pose=one.pose, clip=one.clip
            )


class PictureLost(Exception):
    """The picture that shows a find cannot be read any more."""


@dataclass(frozen=True, slots=True)
class SurveyResult:
    """What one flight gave: the things found, the poses flown, and what was skipped or mended, in words.

    Evidence pictures lie in a folder that the caller owns.
    """

    finds: tuple[SurveyFind, ...]
    path: tuple[Pose, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrameObservations:
    """One frame that was looked at: which of its footage it is, what was in it, and what linking needs of it.

    `picture` is where the frame's picture was kept, None where nothing was seen in it; `model` is what looked at it;
    `timed` as a frame's.
    """

    clip: str
    index: int
    captured_at: datetime
    view: View
    detections: tuple[Detection, ...]
    picture: Path | None
    model: ModelVersion | None = None
    timed: bool = True


def survey(
    paths: Sequence[Path],
    detect: Detect,
    folder: Path,
    *,
    telemetry: Path | None = None,
    name: str = "",
    zone: tzinfo = UTC,
    area: Polygon | None = None,
    lens: Lens | None = None,
    ground: float = 0.0,
    terrain: Terrain | None = None,
    progress: Callable[[int], None] | None = None,
) -> SurveyResult:
    """Look at the frames of one flight (videos, photos or folders of them) and put together what is one thing.

    Pictures of frames in which something was seen are written to `folder`. `area` (lon, lat) is where it was flown, for
    telemetry that does not tell latitude from longitude. `ground` is the height of the street above
    take-off, or with a `terrain` above that; `progress` is told the number of frames looked at. Raises NotAVideo,
    TelemetryUnreadable, TerrainUnreadable, and what `detect` raises.
    """
    clips = find_clips(paths, telemetry, area)
    seen: list[FrameObservations] = []

    def keep(frame: Frame) -> Path:
        file = folder / f"{len(seen):06d}.jpg"
        if not cv2.imwrite(str(file), frame.image, (cv2.IMWRITE_JPEG_QUALITY, 95)):
            raise OSError(f"{file}: the evidence picture cannot be written; is the disk full?")
        return file

    said: list[str] = []
    for one in look(frames(clips, zone=zone, lens=lens, on_note=said.append), detect, keep):
        seen.append(one)
        if progress is not None:
            progress(len(seen))
    together = put_together(seen, name or paths[0].stem, ground, terrain)
    notes = tuple(note for clip in clips for note in (*clip.telemetry.skipped, clip.note) if note)
    return replace(together, notes=(*notes, *said, *together.notes))


def look(
    flown: Iterable[Frame], detect: Detect, keep: Keep, identify: Identify = lambda _: None
) -> Iterator[FrameObservations]:
    """Yield each frame as it was seen; raises what `flown`, `detect`, `keep` and `identify` raise."""
    for frame in flown:
        found = tuple(detect(frame))
        view = View((frame.width, frame.height), frame.pose, features(frame.image))
        picture = keep(frame) if found else None
        model = identify(frame) if found else None
        yield FrameObservations(frame.source, frame.index, frame.captured_at, view, found, picture, model, frame.timed)


def put_together(
    seen: Sequence[FrameObservations], source: str, ground: float = 0.0, terrain: Terrain | None = None
) -> SurveyResult:
    """Return what the frames of one flight show, every thing once, whichever workers analysed them.

    The same frames in the same order give the same keys. `source` names the flight, `ground` is the height of the
    street above take-off, or above the `terrain`, which counts from the ground below the first pose where it does not
    know of take-off.
    """
    views = [one.view for one in seen]
    first = next((view.pose for view in views if view.pose), None)
    if terrain is not None and terrain.base is None and first is not None:
        terrain = terrain.above(first.lat, first.lon)
    notes: list[str] = []
    compared = pairs(views)
    for index, turn in enumerate(turns(views, compared)):
        pose, where = views[index].pose, f"{seen[index].clip}, frame {seen[index].index}"
        if turn is None:
            views[index] = replace(views[index], pose=None)
            notes.append(f"{where}: turned against its neighbours, and the right one is not known: not placed")
        elif turn and pose is not None:
            views[index] = replace(views[index], pose=turned(pose, turn))
            notes.append(f"{where}: turned by {turn} degrees against its own telemetry; turned back")
    for doubt in doubts(views, [one.clip for one in seen]):
        notes.append(_named(doubt, seen))
        for index in doubt.views:
            views[index] = replace(views[index], pose=None)
        for index in doubt.other:
            views[index] = replace(views[index], pose=_doubted(views[index].pose, doubt.metres))
    observations = [
        Observation(index, detection, locate(detection, view.pose, ground, terrain))
        for index, (one, view) in enumerate(zip(seen, views, strict=True))
        for detection in one.detections
        if not _too_wide(detection, view.pose, ground)
    ]
    groups = link(views, observations, compared)
    finds = [_find(source, [observations[i] for i in group], seen, views) for group in groups]
    finds.sort(key=lambda find: (find.sighting.first_seen, find.sighting.key))
    return SurveyResult(tuple(finds), tuple(view.pose for view in views if view.pose), tuple(notes))


def _doubted(pose: Pose | None, metres: float) -> Pose | None:
    return None if pose is None else replace(pose, doubt=metres)


def _named(doubt: Doubt, seen: Sequence[FrameObservations]) -> str:
    """Return what is doubted, in words."""
    clip = seen[(doubt.views or doubt.other)[0]].clip
    if not doubt.other:
        return f"{clip}: {doubt.reason}: its telemetry is of another moment or another flight; not placed"
    frames = ", ".join(str(seen[index].index) for index in doubt.views)
    named = f"frames {frames} are not placed, and " if frames else ""
    return f"{clip}: {doubt.reason}: {named}all of its places are {doubt.metres:.0f} m less sure"


def ruling_of(find: SurveyFind, rulebook: Rulebook) -> Ruling:
    """Return what the rulebook says of a find. A drone passes by: how long a thing stood it cannot tell."""
    one = find.sighting
    at = one.last_seen if one.timed else None
    return rulebook.rule(class_name=one.class_name, at=at, position=one.position, dwell=None)


def candidate_of(find: SurveyFind, ruling: Ruling, origin: Origin | None = None) -> Candidate | None:
    """Return a find with the picture that shows it best; None where it is permitted. Raises PictureLost."""
    if ruling.outcome is Outcome.PERMITTED:
        return None
    try:
        jpeg = find.evidence.read_bytes()
        image = decode(jpeg)
    except (OSError, PictureInvalid) as error:
        raise PictureLost(f"{find.evidence}: cannot be read") from error
    one = find.sighting
    frame = Frame(image, find.evidence_at, one.source, pose=find.pose, timed=one.timed, jpeg=jpeg)
    return Candidate(find.sighting, ruling, frame, find.evidence_box, find.models, origin or Origin())


def locate(
    detection: Detection, pose: Pose | None, ground: float = 0.0, terrain: Terrain | None = None
) -> GroundPoint | None:
    """Return where a detected thing stands; None without a pose or where the ray is too flat.

    From above the middle of its box is the middle of the thing, at half its height; from the side it touches the ground
    at the lower edge, half its depth behind what is seen of it.
    """
    if pose is None:
        return None
    x1, y1, x2, y2 = detection.box
    u, v = (x1 + x2) / 2, (y1 + y2) / 2
    depression = _depression(pose, u, v)
    try:
        if depression >= _STEEP:
            middle = ground + _TALL.get(detection.class_name, 0.0) / 2
            return PoseLocator(pose, middle, terrain=terrain).locate(u, v)
        behind = min((x2 - x1) / 2 * math.sin(math.radians(max(depression, 0.0))), (y2 - y1) / 2)
        return PoseLocator(pose, ground, terrain=terrain).locate(u, y2 - behind)
    except RayMissesGround:
        return None


def _too_wide(detection: Detection, pose: Pose | None, ground: float) -> bool:
    """Return whether it would be wider on the ground than such a thing is.

    Flat roofs look like canopies, but larger.
    """
    widest = _WIDEST.get(detection.class_name)
    if widest is None or pose is None:
        return False
    x1, y1, x2, y2 = detection.box
    depression = math.radians(_depression(pose, (x1 + x2) / 2, (y1 + y2) / 2))
    if depression <= 0:
        return False
    return (x2 - x1) / pose.lens.fx * (pose.height - ground) / math.sin(depression) > widest


def to_json(sighting: Sighting) -> dict[str, object]:
    """Return what `streetwarden survey --json` prints of one thing."""
    position = sighting.position
    return {
        "class": sighting.class_name,
        "lat": position.lat if position else None,
        "lon": position.lon if position else None,
        "ce90": position.ce90_m if position else None,
        "confidence": sighting.confidence,
        "first_seen": sighting.first_seen.isoformat() if sighting.timed else None,
        "last_seen": sighting.last_seen.isoformat() if sighting.timed else None,
        "frames": sighting.frames,
    }


def _depression(pose: Pose, u: float, v: float) -> float:
    """Degrees below the horizon, near enough to tell steep from flat: lens distortion left aside."""
    lens = pose.lens
    x, y = (u - lens.cx) / lens.fx, (v - lens.cy) / lens.fy
    pitch, roll = math.radians(pose.pitch), math.radians(pose.roll)
    down = -math.sin(pitch) + math.cos(pitch) * (math.sin(roll) * x + math.cos(roll) * y)
    return math.degrees(math.asin(max(-1.0, min(1.0, down / math.sqrt(1 + x * x + y * y)))))


def _find(
    source: str, group: list[Observation], seen: Sequence[FrameObservations], views: Sequence[View]
) -> SurveyFind:
    ranked = sorted(group, key=lambda one: -_worth(one, seen[one.view]))
    best = ranked[0]
    timed = [seen[one.view].captured_at for one in group if seen[one.view].timed]
    times = timed or [seen[one.view].captured_at for one in group]
    shown, *others = [_showing(one, seen[one.view], views[one.view]) for one in ranked]
    first = min(group, key=lambda one: (one.view, one.detection.box))
    origin = seen[first.view]
    printed = f"{source} {first.detection.class_name} {origin.clip} {origin.index} {first.detection.box}"
    sighting = Sighting(
        key=f"{source}-{hashlib.sha256(printed.encode()).hexdigest()[:12]}",
        source=source,
        class_name=best.detection.class_name,
        box=best.detection.box,
        confidence=max(one.detection.confidence for one in group),
        first_seen=min(times),
        last_seen=max(times),
        frames=len({one.view for one in group}),
        found_by="model",
        position=fuse(one.position for one in group),
        timed=bool(timed),
    )
    saw = dict.fromkeys(model for one in group if (model := seen[one.view].model) is not None)
    return SurveyFind(
        sighting,
        shown.picture,
        shown.box,
        shown.at,
        shown.pose,
        clip=shown.clip,
        models=tuple(saw),
        others=tuple(others[:_OTHERS]),
    )


def _showing(one: Observation, seen: FrameObservations, view: View) -> Showing:
    if seen.picture is None:
        raise ValueError(f"{seen.clip}, frame {seen.index}: something was seen in it, but its picture was not kept")
    return Showing(seen.picture, one.detection.box, seen.captured_at, view.pose, seen.clip)


def _worth(one: Observation, seen: FrameObservations) -> float:
    """Return how well a frame shows a thing: sure, large, and whole (a box at the picture's rim is cut)."""
    x1, y1, x2, y2 = one.detection.box
    width, height = seen.view.size
    whole = min(x1, y1, width - x2, height - y2) > 2
    return one.detection.confidence * math.sqrt(max((x2 - x1) * (y2 - y1), 0.0)) * (1.0 if whole else 0.5)
