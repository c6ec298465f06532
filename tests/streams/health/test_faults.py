from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.vision.frame import Image
from streams.errors import MemoryDamaged
from streams.frames.file_source import FileSource
from streams.health.faults import Fault, HealthEvent, HealthWatch
from tests.streams.street import Street, rain

USUAL = 20  # samples of good pictures before something happens


def watched(street: Street, pictures: Iterable[Image], watch: HealthWatch, begin: int = 0) -> list[HealthEvent]:
    return [
        event
        for number, picture in enumerate(pictures)
        for event in watch.judge(street.as_frame(picture, 5.0 * (begin + number)))
    ]


def good(street: Street, count: int, begin: int = 0, **how: float) -> list[Image]:
    return [street.picture(5.0 * (begin + number), **how) for number in range(count)]  # type: ignore[arg-type]


def whiten(image: Image) -> Image:
    return np.asarray(np.clip(image.astype(np.float32) * 1.5 + 140, 0, 255), np.uint8)


def blur(image: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 4.0), np.uint8)


def cover(image: Image) -> Image:
    sheet = np.full_like(image, (70, 90, 110))
    sheet[:, :60] = image[:, :60]
    return np.asarray(cv2.blur(sheet, (9, 9)), np.uint8)


def turn(image: Image) -> Image:
    return np.asarray(np.roll(image, (40, 130), (0, 1)), np.uint8)


def blacken(image: Image) -> Image:
    return np.asarray(image // 20, np.uint8)


FAULTS: list[tuple[Fault, Callable[[Image], Image]]] = [
    (Fault.BLACK, blacken),
    (Fault.OVEREXPOSED, whiten),
    (Fault.BLURRED, blur),
    (Fault.COVERED, cover),
    (Fault.MOVED, turn),
]


@pytest.mark.parametrize(("fault", "spoil"), FAULTS)
def test_a_fault_is_named_with_evidence_and_ends(fault: Fault, spoil: Callable[[Image], Image]) -> None:
    street, watch = Street(), HealthWatch("gate")
    assert watched(street, good(street, USUAL), watch) == []
    spoilt = [spoil(picture) for picture in good(street, 5, USUAL)]
    (begun,) = watched(street, spoilt, watch, USUAL)
    assert (begun.camera, begun.fault, begun.ended_at) == ("gate", fault, None)
    assert begun.evidence.captured_at == begun.started_at == street.as_frame(spoilt[0], 5.0 * USUAL).captured_at
    assert (begun.evidence.image == spoilt[0]).all()
    assert list(watch.faults) == [fault]
    assert watch.positions_hold == (fault is not Fault.MOVED)
    (ended,) = watched(street, good(street, 5, USUAL + 5), watch, USUAL + 5)
    assert (ended.fault, ended.started_at) == (fault, begun.started_at)
    assert ended.ended_at is not None
    assert list(watch.faults) == []


def test_a_picture_that_stands_still_to_the_last_bit_is_frozen() -> None:
    street, watch = Street(), HealthWatch("gate")
    watched(street, good(street, USUAL), watch)
    events = watched(street, [street.picture(0)] * 6, watch, USUAL)
    assert [event.fault for event in events] == [Fault.FROZEN]


def test_a_quiet_street_is_not_frozen() -> None:
    street, watch = Street(), HealthWatch("gate")
    assert watched(street, good(street, 60, walkers=0, noise=1.0), watch) == []


def test_one_odd_picture_is_no_fault() -> None:
    street, watch = Street(), HealthWatch("gate")
    pictures = good(street, USUAL)
    for number in range(12, USUAL, 4):
        pictures[number] = blacken(pictures[number])
    assert watched(street, pictures, watch) == []


def test_nightfall_night_and_dawn_are_no_faults() -> None:
    street, watch = Street(), HealthWatch("gate")
    lights = [1.0] * 20 + list(np.linspace(1.0, 0.15, 60)) + [0.15] * 30 + list(np.linspace(0.15, 1.0, 60)) + [1.0] * 10
    pictures = [street.picture(5.0 * n, light=light, noise=3 + 6 * (1 - light)) for n, light in enumerate(lights)]
    assert watched(street, pictures, watch) == []


def test_street_lamps_that_go_out_are_no_fault() -> None:
    street, watch = Street(), HealthWatch("gate")
    pictures = good(street, USUAL, light=0.35, noise=6.0) + good(street, USUAL, light=0.14, noise=6.0)
    assert watched(street, pictures, watch) == []


def test_rain_is_no_fault() -> None:
    street, watch, random = Street(), HealthWatch("gate"), np.random.default_rng(5)
    pictures = good(street, USUAL) + [rain(picture, random) for picture in good(street, 30)] + good(street, USUAL)
    assert watched(street, pictures, watch) == []


def test_a_lorry_that_parks_before_the_camera_for_a_moment_is_no_fault() -> None:
    street, watch = Street(), HealthWatch("gate")
    pictures = good(street, USUAL)
    for picture in pictures[12:18]:
        picture[100:340, 200:420] = (40, 60, 160)
    assert watched(street, pictures, watch) == []


def test_a_mast_that_sways_is_neither_blurred_nor_moved() -> None:
    street, watch = Street(), HealthWatch("gate")
    pictures = good(street, USUAL) + [
        np.asarray(np.roll(picture, (number % 5 - 2, 3 - number % 7), (0, 1)), np.uint8)
        for number, picture in enumerate(good(street, 30, USUAL))
    ]
    assert watched(street, pictures, watch) == []


def test_a_new_view_that_is_accepted_is_the_one_to_compare_with() -> None:
    street, watch = Street(), HealthWatch("gate")
    turned = [turn(picture) for picture in good(street, 60)]
    watched(street, good(street, USUAL), watch)
    watched(street, turned[:6], watch, USUAL)
    assert watch.faults == (Fault.MOVED,)
    (ended,) = watch.accept_view(street.frame(500))
    assert (ended.fault, ended.ended_at) == (Fault.MOVED, street.frame(500).captured_at)
    assert watched(street, turned[6:30], watch, 101) == []
    (back,) = watched(street, good(street, 5), watch, 140)
    assert back.fault is Fault.MOVED


def test_a_camera_that_was_moved_stays_so_while_nothing_can_be_compared() -> None:
    street, watch = Street(), HealthWatch("gate")
    watched(street, good(street, USUAL), watch)
    watched(street, [turn(picture) for picture in good(street, 5, USUAL)], watch, USUAL)
    lights = np.linspace(1.0, 0.2, 60)
    night = [turn(street.picture(5.0 * n, light=light)) for n, light in enumerate(lights)]
    assert watched(street, night, watch, USUAL + 5) == []
    (black,) = watched(street, [blacken(picture) for picture in night[-4:]], watch, USUAL + 65)
    assert black.fault is Fault.BLACK
    assert watch.faults == (Fault.BLACK, Fault.MOVED)


def test_a_camera_that_comes_back_in_another_light_is_not_covered() -> None:
    street, watch = Street(), HealthWatch("gate")
    watched(street, good(street, USUAL), watch)
    assert watched(street, good(street, USUAL, light=0.25, noise=6.0), watch, USUAL + 2000) == []


def test_the_view_survives_a_restart() -> None:
    street, first = Street(), HealthWatch("gate")
    watched(street, good(street, USUAL), first)
    assert first.knows_view
    second = HealthWatch("gate")
    assert not second.knows_view
    second.restore(first.snapshot())
    (moved,) = watched(street, [turn(picture) for picture in good(street, 4)], second, USUAL)
    assert moved.fault is Fault.MOVED
    third = HealthWatch("gate")
    third.restore(first.snapshot())
    third.stay_moved(street.frame(0).captured_at)
    assert [event.ended_at is None for event in watched(street, good(street, 4), third, USUAL)] == [False]


@pytest.mark.parametrize("cut", [0, 1, 100, -30])
def test_a_kept_view_that_is_damaged_is_refused(cut: int) -> None:
    with pytest.raises(MemoryDamaged, match="gate"):
        HealthWatch("gate").restore(HealthWatch("gate").snapshot()[:cut])


@pytest.mark.parametrize("step", [1, 2, 5, 20])  # tenths of a second
def test_an_empty_car_park_seen_by_a_swaying_camera_is_healthy(shared: Path, step: int) -> None:
    clip = list(FileSource(shared / "video" / "car_park.mp4", every=timedelta(seconds=0.1)).frames())
    watch = HealthWatch("real")
    events = [
        event
        for turn in range(2 if step < 5 else 4)
        for frame in clip[turn::step]
        for event in watch.judge(replace(frame, captured_at=frame.captured_at + turn * timedelta(minutes=1)))
    ]
    assert events == []


def test_real_footage_is_healthy_by_day_night_and_rain_and_its_faults_are_found(shared: Path) -> None:
    clip = [frame.image for frame in FileSource(shared / "video" / "vtest.avi").frames()][::12]
    street, random = Street(), np.random.default_rng(2)

    def night(image: Image) -> Image:
        return np.asarray(np.clip(image * 0.2 + random.normal(0, 6, image.shape), 0, 255), np.uint8)

    watch = HealthWatch("real")
    days = clip + [rain(image, random) for image in clip[:20]] + [night(image) for image in clip[:25]] + clip[:10]
    assert watched(street, days, watch) == []
    for fault, spoil in FAULTS:
        watch = HealthWatch("real")
        events = watched(street, clip[:30] + [spoil(image) for image in clip[30:36]], watch)
        assert [event.fault for event in events] == [fault]
