"""Footage as it comes from the field: turned, cut off, hidden, without a clock, with telemetry of something else."""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from api.cli import run
from detector.geometry.wgs import distance
from detector.vision.frame import Frame
from streams.errors import FootageError, NotAVideo
from streams.footage_wording import FootageFault
from streams.sandbox.read import Footage, read_frames
from streams.survey.frame_selection import UNTIMED, find_clips, frames
from streams.survey.pipeline import survey, to_json
from streams.telemetry.read import read_telemetry
from streams.telemetry.record import Telemetry
from tests.conftest import REPO
from tests.streams.aerial import SIZE, Town, leg, red_things, write_video
from tests.streams.telemetry.test_photo import exif, segment

TOWN = Town(((0, 0), (0, 6)))
SHANGHAI = ZoneInfo("Asia/Shanghai")
LINE = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description drone-dji:GpsLatitude="+34.7466" '
    'drone-dji:GpsLongitude="+113.6253" drone-dji:RelativeAltitude="+60.0" drone-dji:GimbalYawDegree="+20.0" '
    'drone-dji:GimbalPitchDegree="-80.0" drone-dji:GimbalRollDegree="+0.1"/></x:xmpmeta>'
)


def orientation(number: int) -> bytes:
    """A TIFF block that says nothing but how to turn the picture."""
    return b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes((number, 0, 0, 0)) + bytes(4)


def photo(folder: Path, name: str, *, xmp: str = LINE, block: bytes = b"") -> Path:
    """A photo of the town from 60 m with a 24 mm lens, its XMP and EXIF before the picture."""
    pose = leg((0, 0), (0, 0), 1, pitch=-80, yaw=20)[0]
    encoded = cv2.imencode(".jpg", TOWN.seen_from(pose))[1].tobytes()
    head = segment(0xE1, b"Exif\0\0" + block) if block else b""
    head += segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp.encode()) if xmp else b""
    (folder / name).write_bytes(encoded[:2] + head + encoded[2:])
    return folder / name


def looked_at(*paths: Path) -> tuple[list[Frame], list[str]]:
    notes: list[str] = []
    return list(frames(find_clips(paths), zone=SHANGHAI, on_note=notes.append)), notes


@pytest.mark.parametrize("number", range(1, 9))
def test_a_tag_that_a_viewer_wrote_moves_nothing(tmp_path: Path, number: int) -> None:
    """The pose is that of the sensor, so the pixels must be too."""
    plain = photo(tmp_path, "a.jpg", block=exif()[:0] or orientation(1))
    turned = photo(tmp_path, "b.jpg", block=orientation(number))
    (one,), (other,) = looked_at(plain)[0], looked_at(turned)[0]
    assert (one.image == other.image).all()
    assert one.pose == other.pose


def test_a_picture_without_a_pose_is_turned_upright(tmp_path: Path) -> None:
    ((frame,), _) = looked_at(photo(tmp_path, "a.jpg", xmp="", block=orientation(6)))
    assert (frame.width, frame.height) == SIZE[::-1]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_display_matrix_moves_nothing(tmp_path: Path, degrees: int) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg on the PATH to write a display matrix")
    plain = write_video(tmp_path, TOWN, leg((-5, 0), (5, 0), 10))
    (tmp_path / "turned").mkdir()
    command = ["ffmpeg", "-v", "error", "-i", str(plain), "-c", "copy", "-metadata:s:v", f"rotate={degrees}"]
    subprocess.run([*command, str(tmp_path / "turned" / "flight.mp4")], check=True)
    shutil.copy(tmp_path / "flight.srt", tmp_path / "turned")
    said = cv2.VideoCapture(str(tmp_path / "turned" / "flight.mp4")).get(cv2.CAP_PROP_ORIENTATION_META)
    assert said in (degrees, 360 - degrees)
    ours, turned = looked_at(plain)[0], looked_at(tmp_path / "turned" / "flight.mp4")[0]
    assert [frame.pose for frame in turned] == [frame.pose for frame in ours]
    assert all((one.image == other.image).all() for one, other in zip(ours, turned, strict=True))


@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_a_cut_off_photo_takes_no_other_with_it(tmp_path: Path, share: float) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        photo(tmp_path, name)
    data = (tmp_path / "b.jpg").read_bytes()
    (tmp_path / "b.jpg").write_bytes(data[: int(len(data) * share)])
    found, notes = looked_at(tmp_path)
    assert [frame.source for frame in found] == ["a.jpg", "c.jpg"]
    assert [note for note in notes if "b.jpg" in note and "cut off" in note]


def test_only_cut_off_photos_are_refused(tmp_path: Path) -> None:
    data = photo(tmp_path, "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[:-2000])
    with pytest.raises(NotAVideo, match=r"a\.jpg.*cut off"):
        looked_at(tmp_path / "a.jpg")


def test_the_reading_process_names_the_one_that_it_cannot_read(tmp_path: Path) -> None:
    footage = [Footage(f"DJI_000{i}.JPG", photo(tmp_path, f"{i}.jpg")) for i in range(3)]
    footage[1].path.write_bytes(footage[1].path.read_bytes()[:-2000])
    unreadable: list[tuple[int, FootageError]] = []
    found = list(read_frames(footage, lambda _: None, on_failure=lambda *said: unreadable.append(said)))
    assert [frame.source for frame in found] == ["DJI_0000.JPG", "DJI_0002.JPG"]
    ((number, error),) = unreadable
    assert (number, error.reason.code, error.where) == (1, FootageFault.PICTURE_CUT_OFF, "DJI_0001.JPG")


def test_hidden_files_are_passed_over(tmp_path: Path) -> None:
    write_video(tmp_path, TOWN, leg((-5, 0), (5, 0), 10))
    for name in ("._flight.mp4", "._flight.srt", ".DS_Store", "Thumbs.db", "._a.jpg"):
        (tmp_path / name).write_bytes(b"\0\x05\x16\x07\0\x02\0\0Mac OS X")
    (tmp_path / "folder.mp4").mkdir()
    (clip,) = find_clips([tmp_path])
    assert (clip.path.name, len(clip.telemetry.records)) == ("flight.mp4", 10)


def test_a_bad_file_in_a_folder_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    write_video(tmp_path, TOWN, leg((-5, 0), (5, 0), 10))
    (tmp_path / "note.mp4").write_bytes(b"hello")
    (clip,) = find_clips([tmp_path])
    assert any("note.mp4" in note for note in clip.telemetry.skipped)


def test_a_broken_sidecar_costs_the_positions_alone(tmp_path: Path) -> None:
    write_video(tmp_path, TOWN, leg((-5, 0), (5, 0), 10))
    (tmp_path / "flight.srt").write_bytes(bytes(range(256)) * 30)
    (clip,) = find_clips([tmp_path / "flight.mp4"])
    assert clip.telemetry == Telemetry(())
    assert "flight.srt" in (clip.note or "")


def test_neither_the_files_date_nor_today_is_a_capture_time(tmp_path: Path) -> None:
    write_video(tmp_path, TOWN, leg((-5, 0), (5, 0), 30))
    (tmp_path / "flight.srt").unlink()
    path = photo(tmp_path, "a.jpg", block=exif().replace(b"2026:03:26 17:52:17", b"    :  :     :  :  "))
    found, notes = looked_at(tmp_path / "flight.mp4", path)
    assert not any(frame.timed for frame in found)
    assert {frame.captured_at.replace(second=0, microsecond=0) for frame in found} == {UNTIMED}
    assert "a.jpg: does not say when it was taken" in notes
    (theirs,) = read_frames([Footage("a.jpg", path)], notes.append)
    assert (theirs.timed, theirs.pose) == (False, found[-1].pose)
    flown = survey([path], red_things, tmp_path, zone=SHANGHAI)
    record = to_json(flown.finds[0].sighting)
    assert (record["first_seen"], record["last_seen"]) == (None, None)
    assert record["lat"] is not None


def test_the_later_of_two_joined_recordings_has_its_own_clock(tmp_path: Path) -> None:
    one = write_video(tmp_path, TOWN, leg((-30, 0), (30, 0), 40))
    text = (tmp_path / "flight.srt").read_text()
    (tmp_path / "flight.srt").write_text(text + "\n" + text.replace("2026-11-20 10:", "2026-11-20 15:"))
    reader, images = cv2.VideoCapture(str(one)), []
    while (read := reader.read())[0]:
        images.append(read[1])
    writer = cv2.VideoWriter(str(one), cv2.VideoWriter.fourcc(*"mp4v"), 10, SIZE)
    for image in images * 2:
        writer.write(np.asarray(image, np.uint8))
    writer.release()
    found, _ = looked_at(one)
    assert {frame.captured_at.astimezone(SHANGHAI).hour for frame in found} == {10, 15}
    assert all(frame.pose is not None for frame in found)


@pytest.mark.parametrize(("frames_kept", "said"), [(90, "one of them was cut"), (50, "one of them was cut")])
def test_a_video_that_was_trimmed_is_not_placed(tmp_path: Path, frames_kept: int, said: str) -> None:
    write_video(tmp_path, TOWN, leg((-5, 0), (5, 0), 70))
    sidecar = (tmp_path / "flight.srt").read_text()
    write_video(tmp_path, TOWN, leg((-5, 0), (5, 0), frames_kept))
    (tmp_path / "flight.srt").write_text(sidecar)
    found, notes = looked_at(tmp_path / "flight.mp4")
    assert found
    assert not any(frame.pose for frame in found)
    assert any(said in note for note in notes)


def test_a_video_that_ends_early_says_how_much_was_read(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg on the PATH to put the index in front")
    write_video(tmp_path, TOWN, leg((-5, 0), (5, 0), 80))
    (tmp_path / "whole").mkdir()
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "flight.mp4"), "-c", "copy", "-movflags", "faststart"]
    subprocess.run([*command, str(tmp_path / "whole" / "a.mp4")], check=True)
    data = (tmp_path / "whole" / "a.mp4").read_bytes()
    (tmp_path / "flight.mp4").write_bytes(data[: int(len(data) * 0.5)])
    found, notes = looked_at(tmp_path / "flight.mp4")
    assert found
    assert any(
        note.startswith("flight.mp4: only ") and note.endswith("of 8 s could be read; is it complete?")
        for note in notes
    )


# The files of the field themselves, where they are at hand.


@pytest.fixture
def cases(shared: Path) -> Path:
    if not (shared / "cases").is_dir():
        pytest.skip(f"no cases at {shared / 'cases'}")
    return shared / "cases"


def flight_of(cases: Path, folder: Path, name: str) -> list[Frame]:
    (sidecar,) = cases.glob(f"*/{name}.srt")
    shutil.copy(sidecar, folder)
    shutil.copy(REPO / "samples" / "flight.mp4", folder / f"{name}.mp4")
    return looked_at(folder / f"{name}.mp4")[0]


def test_07_a_gimbal_that_is_zero_all_the_time(cases: Path) -> None:
    (record,) = read_telemetry(cases / "07-mini2-gimbal-all-zero" / "p_mini2zero.jpg").records
    assert (record.yaw, record.pitch, record.roll) == (None, None, None)
    found, notes = looked_at(cases / "07-mini2-gimbal-all-zero" / "p_mini2zero.jpg")
    assert found[0].pose is None
    assert notes


@pytest.mark.parametrize(("name", "pitch"), [("p_autel-60", -60.0), ("p_autel-90", -90.0), ("p_autel_old0", -89.9)])
def test_09_autels_pitch(cases: Path, name: str, pitch: float) -> None:
    (record,) = read_telemetry(cases / "09-autel-xl715-pitch" / f"{name}.jpg").records
    assert record.pitch == pytest.approx(pitch)


@pytest.mark.parametrize("number", [3, 6, 8])
def test_10_orientation(cases: Path, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    folder = cases / "10-exif-orientation"
    arguments = ["--model", "aerial-stalls", "--json", "--confidence", "0.5"]
    assert run(["detect", str(folder / "p_base.jpg"), str(folder / f"p_orient{number}.jpg"), *arguments]) == 0
    base, turned = (json.loads(line)["detections"] for line in capsys.readouterr().out.splitlines())
    assert len(base) == len(turned) > 0
    for one, other in zip(base, turned, strict=True):
        assert distance(one["lat"], one["lon"], other["lat"], other["lon"]) < 2.0


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("12-exif-hemisphere/e_South", (-34.6037, -58.3816)),
        ("12-exif-hemisphere/e_noref_south", (None, None)),
        ("14-exif-zero-denominator/e_halfzero", (None, None)),
    ],
)
def test_12_and_14_exif_positions(cases: Path, name: str, place: tuple[float | None, float | None]) -> None:
    (record,) = read_telemetry(cases / f"{name}.jpg").records
    found = (record.lat, record.lon)
    assert found == (place if place[0] is None else pytest.approx(place, abs=1e-4))


@pytest.mark.parametrize(
    ("name", "time"), [("t_z", "2026-11-20T10:50:10+00:00"), ("t_blank", "2026-11-20T10:50:10+08:00")]
)
def test_15_zones(cases: Path, name: str, time: str) -> None:
    ((frame,), _) = looked_at(cases / "15-exif-offset-time" / f"{name}.jpg")
    assert (frame.captured_at, frame.timed) == (datetime.fromisoformat(time), True)


def test_18_a_truncated_photo(cases: Path) -> None:
    found, notes = looked_at(cases / "18-one-truncated-photo-loses-its-run" / "card")
    assert [frame.source for frame in found] == ["DJI_0001.JPG", "DJI_0004.JPG"]
    assert [note for note in notes if "DJI_0003.JPG" in note] == notes


def test_19_autels_letters(cases: Path) -> None:
    folder = cases / "19-autel-letters"
    assert next((r.lat, r.lon) for r in read_telemetry(folder / "autel.srt").records) == (34.714199, 113.621475)
    assert next((r.lat, r.lon) for r in read_telemetry(folder / "autel_w.srt").records) == (-34.714199, -97.621475)
    old = read_telemetry(folder / "autel_old.srt")
    assert (old.records, len(old.skipped)) == ((), 1)


def test_22_joined_sidecars(cases: Path) -> None:
    telemetry = read_telemetry(cases / "22-joined-sidecars" / "joined2.srt")
    assert [record.t for record in telemetry.records] == sorted({record.t for record in telemetry.records})
    assert telemetry.ends == 24.0


def test_24_no_fix_at_the_start(cases: Path, tmp_path: Path) -> None:
    found = flight_of(cases, tmp_path, "nofix_start")
    began = found[0].captured_at
    for frame in found:
        seconds = (frame.captured_at - began).total_seconds()
        assert (frame.pose is None) == (seconds < 6.5), seconds
    assert len(found) >= 8


def test_26_a_height_of_zero(cases: Path, tmp_path: Path) -> None:
    found = flight_of(cases, tmp_path, "alt0")
    assert len(found) <= 13
    assert not any(frame.pose for frame in found)


def test_27_a_truncated_video(cases: Path, tmp_path: Path) -> None:
    for file in (cases / "27-truncated-mp4").glob("trunc.*"):
        shutil.copy(file, tmp_path)
    found, notes = looked_at(tmp_path / "trunc.mp4")
    assert found[-1].pose is not None
    assert notes == ["trunc.mp4: only 7 of 12 s could be read; is it complete?"]


def test_38_a_card_of_a_mac(cases: Path) -> None:
    (clip,) = find_clips([cases / "38-mac-dot-underscore" / "card"])
    assert (clip.path.name, bool(clip.telemetry.records), clip.telemetry.skipped) == ("a.MP4", True, ())


def test_the_clock_of_the_cases_is_a_days(cases: Path) -> None:
    (record,) = read_telemetry(cases / "10-exif-orientation" / "p_base.jpg", zone=UTC).records
    assert record.time is not None
    assert record.time - datetime(2026, 11, 20, tzinfo=UTC) < timedelta(days=1)
