"""The pool fills itself within its budget, spread over sources and hours, with what teaches most first."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from api.cameras.live_status import CameraView, LiveFrames
from api.candidates.intake import StoreSink
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence.files import EvidenceStore
from api.evidence.repository import EvidenceFile, EvidenceKind
from api.labels import repository as frames
from api.labels.pool import Pool, choose, fill, rank
from api.labels.ranking import disagreement, score, shortness
from api.labels.repository import NewFrame, ProposedBox
from api.labels.tables import FrameOrigin, FrameState
from api.settings import Settings
from detector.vision.detections import Box
from detector.vision.frame import Frame
from tests.api.conftest import FakeClock
from tests.api.samples import NOON, a_candidate, street

A: Box = (0.0, 0.0, 100.0, 100.0)
B: Box = (200.0, 0.0, 300.0, 100.0)


def proposed(box: Box, by: str, class_name: str = "stall", confidence: float = 0.9) -> ProposedBox:
    return ProposedBox(class_name, box, confidence, by)


def frame(number: int, source: str, hours: float = 0, proposals: Sequence[ProposedBox] = ()) -> NewFrame:
    shown = EvidenceFile(EvidenceKind.SCENE, f"{number:064}", f"{number}.jpg", NOON + timedelta(hours=hours), 640, 360)
    return NewFrame(shown, source, FrameOrigin.CAMERA, tuple(proposals), camera_id=source)


def test_disagreement_ranks_and_low_confidence_does_not() -> None:
    agreed = [proposed(A, "x"), proposed(A, "y")]
    one_sees = [proposed(A, "x"), proposed(B, "x"), proposed(A, "y")]
    named = [proposed(A, "x"), proposed(A, "y", "a_board")]
    assert disagreement(agreed, []) == 0
    assert 0 < disagreement(one_sees, []) < disagreement(named, [])
    unsure = [proposed(A, "x", confidence=0.2), proposed(A, "y", confidence=0.2)]
    assert disagreement(unsure, []) == 0
    assert disagreement([proposed(A, "x"), proposed(B, "y", "window")], []) == 0  # each speaks of its own
    assert disagreement([proposed(A, "x")], [[proposed(A, "x"), proposed(B, "x")]]) > 0  # a neighbour saw more
    assert shortness(agreed, {"stall": 0}) == 1
    assert shortness(agreed, {"stall": 500}) == 0
    assert score([], [], {}) == 0


def test_every_camera_and_every_hour_gets_its_share() -> None:
    busy = [frame(n, "gate", hours=n // 3, proposals=[proposed(A, "x"), proposed(B, "y")]) for n in range(12)]
    quiet = [frame(100, "lane", hours=5)]
    chosen = choose(rank([*busy, *quiet], {}), 5, Counter())
    assert Counter(one.source for one in chosen) == {"gate": 4, "lane": 1}
    assert {one.picture.captured_at.hour for one in chosen if one.source == "gate"} == {4, 5, 6, 7}


def test_it_takes_its_budget_a_day_and_stops_where_nobody_labels(
    database: Database, files: EvidenceStore, sink: StoreSink, settings: Settings
) -> None:
    settings = settings.model_copy(update={"label_budget": 2})
    for number in range(9):
        made = a_candidate(f"place-{number}")
        made.evidence.image[0, 0] = number * 25
        made.evidence.image[:40, :40] = number * 25
        sink.take(made)
    counts = []
    for day in range(3):
        now = NOON + timedelta(hours=30 * day)
        fill(EVERYWHERE, database, files, settings, now)
        fill(EVERYWHERE, database, files, settings, now + timedelta(hours=2))
        fill(EVERYWHERE, database, files, settings, now + timedelta(hours=4))
        with database.read() as connection:
            counts.append(frames.count(EVERYWHERE, connection)[FrameState.OPEN])
    assert counts == [2, 4, 6]
    with database.read() as connection:
        (first, *_) = frames.ranked(EVERYWHERE, connection, 9)
    assert first.origin is FrameOrigin.CANDIDATE
    assert files.read(first.picture)
    idle = settings.model_copy(update={"label_budget": 0})
    assert fill(EVERYWHERE, database, files, idle, NOON + timedelta(days=9)) == 0


def test_live_cameras_give_a_whole_frame_when_they_are_asked(
    database: Database, files: EvidenceStore, settings: Settings, clock: FakeClock
) -> None:
    views = [CameraView("gate", "Gate", "live", NOON, district="erqi"), CameraView("lane", "Lane", "waiting", NOON)]
    live = LiveFrames(lambda: views)
    looked: list[datetime] = []

    def look(seen: Frame) -> tuple[ProposedBox, ...]:
        looked.append(seen.captured_at)
        return (proposed(A, "model (street 2)"),)

    pool = Pool(settings, database, files, live, look, clock)
    shown = Frame(street(), NOON, "gate", lag=2.0)
    live.offer("gate", shown)  # nobody asked for it
    pool.step()
    live.offer("gate", shown)
    live.offer("lane", shown)
    assert len(live.take_frames()) == 1
    live.ask_frames(1)
    live.offer("gate", Frame(street() + np.uint8(1), NOON, "gate", lag=2.0))
    pool.step()
    with database.read() as connection:
        (kept,) = frames.ranked(EVERYWHERE, connection, 9)
    assert (kept.source, kept.district, kept.width, kept.captured_at) == (
        "gate",
        "erqi",
        640,
        NOON - timedelta(seconds=2),
    )
    assert [one.by for one in kept.proposals] == ["model (street 2)"]
    assert looked == [NOON]
