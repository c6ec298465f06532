"""Footage as few frames: which files, which frames, which poses."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.vision.frame import Frame, Lens
from streams.errors import NotAVideo, TelemetryUnreadable
from streams.survey.frame_selection import find_clips, frames, length, sharpness
from tests.streams.aerial import LENS, Town, leg, write_video
from tests.streams.telemetry.test_photo import exif, jpeg

TOWN = Town(())


def read(folder: Path, zone: timezone = UTC) -> list[Frame]:
    return list(frames(find_clips([folder / "flight.mp4"]), zone=zone))


def test_poses_and_times_belong_to_their_pictures(tmp_path: Path) -> None:
    poses = leg((-20, 0), (20, 0), 40)
    write_video(tmp_path, TOWN, poses)
    found = read(tmp_path, timezone(timedelta(hours=8)))
    assert len(found) > 2
    for frame in found:
        assert frame.pose is not None
        assert frame.pose.lat == pytest.approx(poses[frame.index].lat, abs=1e-6)
        assert frame.pose.lens.fx == pytest.approx(LENS.fx, abs=0.1)
        started = datetime(2026, 11, 20, 2, 0, 0, tzinfo=UTC)
        assert frame.captured_at == started + timedelta(seconds=frame.index / 10)


def test_faster_flight_keeps_more_frames_of_the_same_time(tmp_path: Path) -> None:
    counts = []
    for i, way in enumerate((10, 60)):
        folder = tmp_path / str(i)
        folder.mkdir()
        write_video(folder, TOWN, leg((-way, 0), (way, 0), 50))
        counts.append(len(read(folder)))
    assert counts[0] < counts[1]


def test_a_hovering_drone_gives_a_frame_now_and_then(tmp_path: Path) -> None:
    write_video(tmp_path, TOWN, leg((0, 0), (0, 0), 25 * 2), fps=2)
    assert 2 <= len(read(tmp_path)) <= 4  # 25 seconds


def test_the_sharper_of_near_frames_is_kept(tmp_path: Path) -> None:
    write_video(tmp_path, TOWN, leg((0, 0), (0, 0), 5))
    sharp = TOWN.seen_from(leg((0, 0), (0, 0), 1)[0])
    writer = cv2.VideoWriter(str(tmp_path / "flight.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 10, (960, 540))
    for i in range(5):
        writer.write(sharp if i == 3 else cv2.GaussianBlur(sharp, (15, 15), 0))
    writer.release()
    assert [frame.index for frame in read(tmp_path)] == [3]


def test_sharpness_falls_with_blur_at_any_size() -> None:
    sharp = TOWN.seen_from(leg((0, 0), (0, 0), 1)[0])
    large = np.asarray(cv2.resize(sharp, None, fx=3, fy=3), np.uint8)
    for image, blur in ((sharp, 15), (large, 45)):
        assert sharpness(np.asarray(cv2.GaussianBlur(image, (blur, blur), 0), np.uint8)) < 0.5 * sharpness(image)


def test_without_telemetry_a_frame_a_second(tmp_path: Path) -> None:
    write_video(tmp_path, TOWN, leg((0, 0), (30, 0), 30))
    (tmp_path / "flight.srt").unlink()
    found = read(tmp_path)
    assert 3 <= len(found) <= 4
    assert all(frame.pose is None for frame in found)


@pytest.mark.parametrize("name", ["flight.srt", "FLIGHT.SRT", "Flight.srt"])
def test_a_sidecar_is_found_by_its_stem(tmp_path: Path, name: str) -> None:
    write_video(tmp_path, TOWN, leg((0, 0), (3, 0), 5))
    (tmp_path / "flight.srt").rename(tmp_path / name)
    assert len(find_clips([tmp_path / "flight.mp4"])[0].telemetry.records) == 5


def test_a_folder_gives_its_footage(tmp_path: Path) -> None:
    write_video(tmp_path, TOWN, leg((0, 0), (3, 0), 5))
    cv2.imwrite(str(tmp_path / "a.JPG"), TOWN.picture[:400, :600])
    assert [clip.path.name for clip in find_clips([tmp_path])] == ["a.JPG", "flight.mp4"]


def test_a_photo_carries_its_own_pose(tmp_path: Path) -> None:
    xmp = (
        '<rdf:Description drone-dji:GpsLatitude="34.7466" drone-dji:GpsLongitude="113.6253" '
        'drone-dji:RelativeAltitude="60" drone-dji:GimbalYawDegree="5" drone-dji:GimbalPitchDegree="-90" '
        'drone-dji:GimbalRollDegree="0"/>'
    )
    _, encoded = cv2.imencode(".jpg", np.zeros((300, 400, 3), np.uint8))
    header = jpeg(xmp, exif())
    cut = header.index(b"\xff\xc0")
    (tmp_path / "p.jpg").write_bytes(header[:cut] + encoded.tobytes()[2:])
    (frame,) = frames(find_clips([tmp_path / "p.jpg"]))
    assert frame.pose is not None
    assert (frame.pose.lat, frame.pose.height, frame.pose.yaw) == (34.7466, 60.0, 5.0)
    assert frame.pose.lens.fx == pytest.approx(24 / 43.2666 * 500, abs=0.1)
    own = Lens(300, 300, 200, 150)
    (frame,) = frames(find_clips([tmp_path / "p.jpg"]), lens=own)
    assert frame.pose is not None
    assert frame.pose.lens == own


def test_spans_cover_the_video_and_know_where_they_lie_in_it(tmp_path: Path) -> None:
    path = write_video(tmp_path, TOWN, leg((-20, 0), (20, 0), 40))
    assert length(path) == pytest.approx(4.0)
    clips = find_clips([path])
    whole = {frame.index: frame.captured_at for frame in frames(clips)}
    spans = [list(frames(clips, span=span)) for span in ((0.0, 1.5), (1.5, 3.0), (3.0, None))]
    assert [len(part) > 0 for part in spans] == [True, True, True]
    for part, (first, last) in zip(spans, ((0, 14), (15, 29), (30, 39)), strict=True):
        assert all(first <= frame.index <= last for frame in part)
        for frame in part:
            started = datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC)
            assert frame.captured_at == started + timedelta(seconds=frame.index / 10)
            assert frame.pose is not None
    assert len({frame.index for part in spans for frame in part}) >= len(whole)
    with pytest.raises(NotAVideo, match="after 60 s"):
        list(frames(clips, span=(60.0, 90.0)))


def test_a_codec_that_no_aircraft_records_in_is_refused(tmp_path: Path) -> None:
    """FFmpeg would decode it, and its decoders for rare codecs are where the holes are."""
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"HFYU"), 10, (320, 240))
    for _ in range(5):
        writer.write(np.zeros((240, 320, 3), np.uint8))
    writer.release()
    assert path.stat().st_size > 1000
    for ask in (length, lambda p: list(frames(find_clips([p])))):
        with pytest.raises(NotAVideo, match="its codec is not supported"):
            ask(path)


def test_faults_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(NotAVideo, match="neither videos nor photos"):
        find_clips([tmp_path])
    (tmp_path / "a.mp4").write_text("#EXTM3U")
    with pytest.raises(NotAVideo, match=r"a\.mp4"):
        find_clips([tmp_path / "a.mp4"])
    write_video(tmp_path, TOWN, leg((0, 0), (3, 0), 5))
    (tmp_path / "bad.srt").write_text("nothing here")
    with pytest.raises(TelemetryUnreadable, match=r"bad\.srt"):
        find_clips([tmp_path / "flight.mp4"], tmp_path / "bad.srt")
    with pytest.raises(TelemetryUnreadable, match="one video"):
        find_clips([tmp_path / "flight.mp4"] * 2, tmp_path / "flight.srt")
