"""`streetwarden zones propose` on the sample street."""

from pathlib import Path

import cv2

from tests.api.cli.conftest import Typed

SAMPLE = Path("samples/street.mp4").resolve()


def test_a_recording_is_looked_at_and_one_that_tells_too_little_is_no_proposal(
    streetwarden: Typed, tmp_path: Path
) -> None:
    drawn = tmp_path / "areas.png"
    printed = streetwarden("zones", "propose", SAMPLE, "--camera", "demo-street", "--every", "1m", "--picture", drawn)
    assert printed.code == 1
    assert "nothing to propose" in printed.err
    assert "30 of either are needed" in printed.err
    shown = cv2.imread(str(drawn))
    assert shown is not None


def test_a_file_that_is_no_video_is_one_line(streetwarden: Typed, tmp_path: Path) -> None:
    file = tmp_path / "notes.mp4"
    file.write_text("hello", encoding="utf-8")
    printed = streetwarden("zones", "propose", file, "--camera", "gate")
    assert (printed.code, printed.err.count("\n")) == (2, 1)
