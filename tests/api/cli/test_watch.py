from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.api.cli.conftest import Typed
from tests.models.cards import save_model


@pytest.fixture
def tiny(tmp_path: Path) -> tuple[Path, Path]:
    """A short grey video and a folder with one tiny model."""
    video = tmp_path / "tiny.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 10, (96, 64))
    for _ in range(8):
        writer.write(np.full((64, 96, 3), 120, np.uint8))
    writer.release()
    save_model(tmp_path / "cards")
    return video, tmp_path / "cards"


def test_a_file_is_watched_to_its_end(streetwarden: Typed, tiny: tuple[Path, Path]) -> None:
    printed = streetwarden("watch", tiny[0], "--models-folder", tiny[1], "--every", "500ms", "--json")
    assert printed.code == 0
    assert printed.records == []
    assert "0 candidates from 1 sources" in printed.err


def test_a_picture_that_goes_black_is_a_state_of_the_camera(streetwarden: Typed, tiny: tuple[Path, Path]) -> None:
    random, dark = np.random.default_rng(1), tiny[0].with_name("dark.avi")
    houses = np.kron(random.integers(40, 220, (8, 12, 3)), np.ones((8, 8, 1)))
    writer = cv2.VideoWriter(str(dark), cv2.VideoWriter.fourcc(*"MJPG"), 1, (96, 64))
    for second in range(30):
        noisy = np.clip(houses + random.normal(0, 4, houses.shape), 0, 255)
        writer.write((noisy / (20 if 10 <= second < 20 else 1)).astype(np.uint8))
    writer.release()
    printed = streetwarden("watch", dark, "--models-folder", tiny[1], "--every", "1s", "--json")
    assert [(record["state"], record["reason"]) for record in printed.records] == [
        ("unhealthy", "black"),
        ("live", "no longer black"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--every", "0"),
        ("--for", "banana"),
        ("--start", "9999-12-31T23:59:59+00:00"),
        ("--speed", "inf"),
        ("--models-folder", "/nonexistent"),
    ],
)
def test_a_bad_option_is_one_line_that_names_it(
    streetwarden: Typed, tiny: tuple[Path, Path], wrong: tuple[str, str]
) -> None:
    printed = streetwarden("watch", tiny[0], *wrong)
    assert printed.code == 2
    assert printed.err.count("\n") == 1
    assert wrong[0] in printed.err


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://u:sec ret@h/x",
        "rtsp:/u:secret@h/x",
        "u:secret@h/x",
        "rtsp://u:se/cret#x@h:1/x",
        "rtsp://u:secret@[::1/x",
    ],
)
def test_a_mistyped_address_does_not_show_its_password(
    streetwarden: Typed, tiny: tuple[Path, Path], address: str
) -> None:
    printed = streetwarden("watch", address, "--models-folder", tiny[1])
    assert printed.code == 2
    assert printed.err.count("\n") == 1
    assert "ret" not in printed.out + printed.err


def test_a_source_that_cannot_be_opened_does_not_keep_the_others_from_being_watched(
    streetwarden: Typed, tmp_path: Path, tiny: tuple[Path, Path]
) -> None:
    video, cards = tiny
    printed = streetwarden("watch", tmp_path / "missing.mp4", video, "--models-folder", cards, "--json")
    assert printed.code == 2
    assert "missing.mp4" in printed.err
    assert "from 1 sources" in printed.err


def test_a_camera_that_never_answers_is_bad_input_when_time_is_up(streetwarden: Typed) -> None:
    printed = streetwarden("watch", "rtsp://user:hunter2@127.0.0.1:9/x", "--for", "2s", "--json")
    assert printed.code == 2
    assert "sent no picture" in printed.err
    assert "hunter2" not in printed.out + printed.err
