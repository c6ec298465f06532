"""The two scripts of the sample footage: who comes when on the street camera, and what the drone flies over."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np

from training.scenes.block import FRONT, SIGNS
from training.scenes.camera import CameraPose
from training.scenes.script import Class, Role, SceneActor, SceneScript, Stop

CAMERA = CameraPose(8.8, 0.0, 6.0, -33.0, -18.0, 0.0, 660.0, 960, 540)
STREET_START = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
FLIGHT_START = datetime.fromisoformat("2026-11-20T10:50:00+08:00")
FLIGHT_SUN = datetime.fromisoformat("2026-11-20T11:40:00+08:00")  # short shadows that touch what casts them
STEP, SPEED, FRAMES = 5.0, 10.0, 112
END = 700.0  # the street lives on after the clip's last frame
FLIGHT_STEP, FLIGHT_FRAMES, FLIGHT_HEIGHT = 0.5, 24, 40.0
NORTHBOUND, SOUTHBOUND, BAY = 2.5, -1.5, -4.15
HALTS = (("bus", 231, 248, 14.6), ("van", 378, 387, 14.0), ("bus", 506, 524, 14.2), ("bus", 612, 627, 15.0))
UP, DOWN = math.pi / 2, -math.pi / 2


def _stay(t0: float, t1: float, x: float, y: float) -> tuple[Stop, ...]:
    return (Stop(t0, x, y), Stop(t1, x, y))


def _signs(end: float) -> list[SceneActor]:
    found = []
    for sign in SIGNS:
        path = _stay(0, end, -FRONT if "west" in sign.building else FRONT, sign.along)
        found.append(SceneActor(sign.number, sign.name, "signboard", sign.role, "sign", 0, 0.0, path))
    return found


class _Numbers:
    """Hands out actor numbers; what passes by starts at 200."""

    def __init__(self) -> None:
        self.next = 199

    def actor(self, label: Class, kind: str, look: int, turn: float, path: tuple[Stop, ...]) -> SceneActor:
        self.next += 1
        return SceneActor(self.next, f"{kind}-{self.next}", label, "context", kind, look, turn, path)


def street_script(seed: int) -> SceneScript:
    """Return the camera clip's script: an empty street, stalls on the main road, on their site and for a while."""
    rng = np.random.default_rng(seed)
    stalls = [
        SceneActor(1, "stall-a", "stall", "violation", "umbrella", 3, DOWN, _stay(120, END, -6.6, 18.7)),
        SceneActor(2, "stall-b", "stall", "permitted", "awning", 5, UP, _stay(100, END, 6.9, 21.5)),
        SceneActor(3, "stall-c", "stall", "short", "tricycle", 9, DOWN, _stay(330, 460, -6.7, 27.0)),
    ]
    numbers = _Numbers()
    standing = [
        numbers.actor("person", "standing", 3, 0.0, _stay(120, END, -7.9, 18.9)),
        numbers.actor("person", "standing", 6, math.pi, _stay(100, END, 8.2, 21.6)),
        numbers.actor("person", "standing", 8, 0.2, _stay(330, 460, -7.7, 27.5)),
        numbers.actor("car", "suv", 12, DOWN, _stay(0, END, BAY, 33.5)),
        numbers.actor("car", "sedan", 4, DOWN, _stay(0, 465, BAY, 39.6)),
        numbers.actor("car", "sedan", 7, DOWN, _stay(330, END, BAY, 9.2)),
        numbers.actor("car", "van", 2, DOWN, _stay(0, END, BAY, 57.0)),
        numbers.actor("car", "sedan", 14, DOWN, _stay(0, END, BAY, 63.2)),
    ]
    actors = _signs(END) + stalls + standing + _waiting_traffic(numbers) + _customers(numbers, rng)
    actors += _traffic(numbers, rng) + _walkers(numbers, rng)
    return SceneScript(seed, STREET_START, STREET_START, FRAMES, STEP, SPEED, tuple(actors))


def _waiting_traffic(numbers: _Numbers) -> list[SceneActor]:
    """Buses and a van that halt beside stall A and hide it for a while."""
    found = []
    for kind, t0, t1, y in HALTS:
        times, ys = (t0 - 6, t0, t1, t1 + 6), (y + 60, y, y, y - 60)
        path = tuple(Stop(t, SOUTHBOUND, at) for t, at in zip(times, ys, strict=True))
        found.append(numbers.actor("car", kind, 1, DOWN, path))
    return found


def _customers(numbers: _Numbers, rng: np.random.Generator) -> list[SceneActor]:
    found = []
    for t0, x, y in (
        (150, -5.0, 18.2),
        (205, -5.1, 19.4),
        (290, -5.0, 18.6),
        (420, -5.1, 18.0),
        (545, -5.0, 19.2),
        (130, 5.6, 21.0),
        (260, 5.7, 22.1),
        (470, 5.6, 21.5),
        (350, -5.2, 27.2),
        (400, -5.3, 26.6),
    ):
        length = float(rng.uniform(20, 45))
        found.append(
            numbers.actor(
                "person", "standing", int(rng.integers(14)), math.pi if x < 0 else 0.0, _stay(t0, t0 + length, x, y)
            )
        )
    return found


def _traffic(numbers: _Numbers, rng: np.random.Generator) -> list[SceneActor]:
    found = []
    for lane, turn in ((NORTHBOUND, UP), (SOUTHBOUND, DOWN)):
        t = float(rng.uniform(0, 8))
        while t < END:
            pace = float(rng.uniform(8, 12))
            kind = str(rng.choice(["sedan", "suv", "van", "sedan", "suv", "bus"], p=[0.35, 0.25, 0.1, 0.15, 0.1, 0.05]))
            ends = (-14.0, 96.0) if turn > 0 else (96.0, -14.0)
            blocked = lane == SOUTHBOUND and any(a - 14 < t < b + 4 for _, a, b, _ in HALTS)
            if not blocked:
                path = (Stop(t, lane, ends[0]), Stop(t + 110 / pace, lane, ends[1]))
                found.append(numbers.actor("car", kind, int(rng.integers(16)), turn, path))
            t += 3.5 + float(rng.exponential(14))
    return found


def _walkers(numbers: _Numbers, rng: np.random.Generator) -> list[SceneActor]:
    found = []
    for low, high, gap in ((-9.7, -8.4, 13.0), (8.3, 9.9, 24.0)):
        t = -40.0
        while t < END:
            pace, x = float(rng.uniform(0.9, 1.5)), float(rng.uniform(low, high))
            ends = (2.0, 62.0) if rng.random() < 0.5 else (62.0, 2.0)
            drift = float(rng.uniform(-0.4, 0.4))
            path = (Stop(t, x, ends[0]), Stop(t + 60 / pace, min(9.9, max(-9.7, x + drift)), ends[1]))
            found.append(numbers.actor("person", "walker", int(rng.integers(14)), 0.0, path))
            t += 2.0 + float(rng.exponential(gap))
    return found


def flight_script(seed: int) -> SceneScript:
    """Return the drone clip, in real time: stalls seen from above along the whole block."""
    rng = np.random.default_rng(seed + 1)
    numbers, end = _Numbers(), FLIGHT_STEP * FLIGHT_FRAMES
    places: tuple[tuple[str, Role, int, float, float, float], ...] = (
        ("stall-b", "permitted", 38, UP, 6.9, 21.5),
        ("stall-d", "violation", 47, DOWN, -6.9, 19.2),
        ("stall-e", "violation", 61, DOWN, -7.0, 34.9),
        ("stall-f", "violation", 66, UP, 7.1, 45.9),
        ("stall-g", "violation", 41, DOWN, -6.9, 54.3),
        ("stall-h", "violation", 49, UP, 7.0, 63.1),
    )
    actors = _signs(end)
    for number, (name, role, look, turn, x, y) in enumerate(places, start=2):
        actors.append(SceneActor(number, name, "stall", role, "umbrella", look, turn, _stay(0, end, x, y)))
        actors.append(
            numbers.actor("person", "standing", look % 14, 0.0, _stay(0, end, x + (1.5 if x > 0 else -1.4), y))
        )
    for y, kind, look in (
        (33.5, "suv", 12),
        (39.6, "sedan", 4),
        (57.0, "van", 2),
        (63.2, "sedan", 14),
        (9.2, "sedan", 7),
    ):
        actors.append(numbers.actor("car", kind, look, DOWN, _stay(0, end, BAY, y)))
    for lane, turn, first in ((NORTHBOUND, UP, -25.0), (SOUTHBOUND, DOWN, 30.0)):
        for k in range(4):
            y, pace = first + k * float(rng.uniform(24, 34)), (9.0 if turn > 0 else -9.0)
            kind = str(rng.choice(["sedan", "suv", "van", "sedan"]))
            path = (Stop(0, lane, y), Stop(end, lane, y + pace * end))
            actors.append(numbers.actor("car", kind, int(rng.integers(16)), turn, path))
    for _ in range(34):
        side, y, pace = rng.choice([-1, 1]), float(rng.uniform(-15, 95)), float(rng.uniform(-1.4, 1.4))
        x = float(side * rng.uniform(8.2, 9.8))
        actors.append(
            numbers.actor("person", "walker", int(rng.integers(14)), 0.0, (Stop(0, x, y), Stop(end, x, y + pace * end)))
        )
    return SceneScript(seed, FLIGHT_START, FLIGHT_SUN, FLIGHT_FRAMES, FLIGHT_STEP, 1.0, tuple(actors))
