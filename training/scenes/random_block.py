"""Blocks, things and views at random, for training pictures: no two streets alike. Pure; no Blender here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.scenes.advertising import BOARDS, SLOGANS
from training.scenes.block import BlockPlan, Building, Sign
from training.scenes.camera import CameraPose
from training.scenes.script import PAVEMENT, Light

Label = Literal[
    "stall", "goods_outside_shop", "banner", "billboard", "a_board", "signboard", "person", "car", "bus", "two_wheeler"
]
LABELS: tuple[Label, ...] = (
    "stall", "goods_outside_shop", "banner", "billboard", "a_board", "signboard", "person", "car", "bus", "two_wheeler",
)  # fmt: skip
View = Literal["nadir", "oblique", "street", "pole"]
STALLS = (
    "umbrella", "awning", "tricycle", "tent", "cloth", "lean_to", "lean_to", "parasol", "glass_cart",
    "tarpaulin", "pick_up",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to be placed: what it counts as, which body it gets, where it stands."""

    number: int
    label: Label
    kind: str
    x: float
    y: float
    z: float
    turn: float


def block(rng: np.random.Generator) -> BlockPlan:
    """A street of random width, houses, signs and trees."""
    road = float(rng.uniform(3.4, 7.5))
    front = road + float(rng.uniform(2.6, 7.0))
    buildings: dict[str, Building] = {"north": Building(0, -33.0, 66.0, int(rng.integers(3, 8)), int(rng.integers(8)))}
    signs: list[Sign] = []
    for side, name in ((-1, "west"), (1, "east")):
        y, k = -36.0, 0
        while y < 110:
            width = 3.3 * int(rng.integers(3, 7))
            building = Building(side, y, width, int(rng.integers(1, 7)), int(rng.integers(8)))
            buildings[f"{name} {k}"] = building
            signs += _signs(f"{name} {k}", building, len(signs), rng)
            y, k = y + width + float(rng.choice([0.1, 0.1, 3.0])), k + 1
    parked: list[tuple[float, float]] = []
    for _ in range(int(rng.integers(0, 9))):
        x = float(rng.choice([-1, 1]) * rng.uniform(road + 0.9, front - 0.9))
        first = float(rng.uniform(-20, 80))
        parked += [(x, first + 0.75 * n) for n in range(int(rng.integers(1, 10)))]
    return BlockPlan(
        road=road,
        front=front,
        near=-36.0,
        far=116.0,
        zebra=float(rng.uniform(-10, 90)),
        buildings=buildings,
        signs=tuple(signs),
        west_trees=_trees(rng),
        east_trees=_trees(rng),
        lamps=tuple((side, float(y)) for side in (-1, 1) for y in np.arange(-20, 100, 26 + 5 * side)),
        parked=tuple(parked),
        bollards=(),
    )


def _trees(rng: np.random.Generator) -> tuple[float, ...]:
    step, planted = float(rng.uniform(6, 14)), rng.random() < 0.75
    return tuple(float(y) for y in np.arange(-30, 110, step)) if planted else ()


def _signs(name: str, building: Building, number: int, rng: np.random.Generator) -> list[Sign]:
    found, bays = [], round(building.width / 3.3)
    for bay in range(bays):
        if rng.random() < 0.75:
            back, ink = BOARDS[int(rng.integers(len(BOARDS)))]
            chinese, english = SLOGANS[int(rng.integers(len(SLOGANS)))]
            size = (float(rng.uniform(1.8, 3.2)), float(rng.uniform(0.5, 1.1)))
            along = building.start + building.width * (bay + 0.5) / bays
            text = (chinese, english if rng.random() < 0.6 else "")
            number += 1
            found.append(Sign(number, f"sign {number}", name, along, *size, *text, back, ink, "context"))
    return found


class Stage:
    """Collects things with running numbers after those of the signs."""

    def __init__(self, plan: BlockPlan, rng: np.random.Generator) -> None:
        self.plan, self.rng = plan, rng
        self.things: list[Thing] = []
        self._next = len(plan.signs)

    def add(self, label: Label, kind: str, x: float, y: float, z: float, turn: float) -> None:
        """Place one thing."""
        self._next += 1
        self.things.append(Thing(self._next, label, kind, x, y, z, turn))

    def kerb(self, low: float, high: float) -> tuple[float, float, float]:
        """A random place on a pavement, between shares `low` and `high` of its width (below 0: on the roadway)."""
        side, share = float(self.rng.choice([-1, 1])), float(self.rng.uniform(low, high))
        x = side * (self.plan.road + share * (self.plan.front - self.plan.road))
        return x, float(self.rng.uniform(-25, 85)), PAVEMENT if share > 0 else 0.0

    def anywhere(self, on_pavement: float) -> tuple[float, float, float]:
        """With this probability on a pavement, else on the roadway."""
        if self.rng.random() < on_pavement:
            return self.kerb(0.05, 0.9)
        return float(self.rng.uniform(-1, 1) * self.plan.road), float(self.rng.uniform(-25, 85)), 0.0


def things(plan: BlockPlan, rng: np.random.Generator) -> tuple[Thing, ...]:
    """Rows of stalls, goods before shops, banners, boards, people and vehicles."""
    stage = Stage(plan, rng)
    for _ in range(int(rng.integers(4, 11))):
        _row(stage, rng)
    _along_the_fronts(stage, rng)
    for _ in range(int(rng.integers(20, 80))):
        kind = "walker" if rng.random() < 0.7 else "standing"
        stage.add("person", kind, *stage.anywhere(0.75), float(rng.uniform(0, math.tau)))
    for _ in range(int(rng.integers(3, 22))):
        kind = str(rng.choice(["sedan", "suv", "van", "bus"], p=[0.45, 0.3, 0.17, 0.08]))
        side = float(rng.choice([-1, 1]))
        x = side * plan.road * float(rng.choice([0.35, 0.78])) if kind != "bus" else side * plan.road * 0.4
        y, length = float(rng.uniform(-28, 95)), 13.0 if kind == "bus" else 6.0
        # no car inside another
        if all(abs(x - t.x) > 2.2 or abs(y - t.y) > length for t in stage.things if t.label in ("car", "bus")):
            stage.add("bus" if kind == "bus" else "car", kind, x, y, 0.0, -side * math.pi / 2)
    for _ in range(int(rng.integers(3, 30))):
        kind = str(rng.choice(["scooter", "shaded_scooter", "bicycle"], p=[0.45, 0.25, 0.3]))
        stage.add("two_wheeler", kind, *stage.kerb(-0.5, 0.8), float(rng.uniform(0, math.tau)))
    return tuple(stage.things)


def _row(stage: Stage, rng: np.random.Generator) -> None:
    """Stalls side by side, of one or two kinds; nothing stands in another stall."""
    x, y, z = stage.anywhere(0.8)
    gap, kinds = float(rng.uniform(2.6, 4.6)), rng.choice(STALLS, 2)
    for _ in range(int(rng.integers(1, 11))):
        turn = math.copysign(math.pi / 2, x) + float(rng.normal(0, 0.12))
        if all(abs(x - t.x) > 2.0 or abs(y - t.y) > 2.4 for t in stage.things if t.label == "stall"):
            stage.add("stall", str(rng.choice(kinds)), x + float(rng.normal(0, 0.2)), y, z, turn)
        y += gap + float(rng.uniform(0, 0.8))


def _along_the_fronts(stage: Stage, rng: np.random.Generator) -> None:
    plan = stage.plan
    for _ in range(int(rng.integers(3, 14))):
        x, y, z = stage.kerb(0.8, 0.9)
        stage.add("goods_outside_shop", "goods_outside_shop", x, y, z, _facing(x))
    for _ in range(int(rng.integers(1, 8))):
        x, y, z = stage.kerb(0.05, 0.85)
        turn = _facing(x) + float(rng.choice([0, math.pi / 2])) + float(rng.normal(0, 0.1))
        stage.add("banner", "banner", x, y, z, turn)
    for _ in range(int(rng.integers(1, 8))):
        stage.add("a_board", "a_board", *stage.kerb(0.3, 0.85), float(rng.uniform(0, math.tau)))
    for building in plan.buildings.values():
        if building.side != 0 and rng.random() < 0.3:
            roof = 4.0 + (building.floors - 1) * 3.2 + 0.9
            on_wall = building.floors > 2 and rng.random() < 0.5
            x = building.side * (plan.front - (0.35 if on_wall else -0.4))
            z = float(rng.uniform(4.5, roof - 3.5)) if on_wall else roof
            stage.add("billboard", "billboard", x, building.start + building.width / 2, z, _facing(building.side))


def _facing(x: float) -> float:
    """The turn by which a thing whose front is -y looks from side `x` into the street."""
    return math.pi / 2 if x < 0 else -math.pi / 2


def light(rng: np.random.Generator) -> Light:
    """Any hour from early morning to noon and on, clear, hazy or overcast."""
    through = float(rng.uniform(0.6, 1.0)) if rng.random() < 0.6 else float(rng.uniform(0.0, 0.3))
    return Light(float(rng.uniform(70, 290)), float(rng.uniform(12, 75)), through)


def view(plan: BlockPlan, rng: np.random.Generator, width: int) -> tuple[View, CameraPose]:
    """A drone straight down, a drone at an angle, or a camera on a pole or in a hand."""
    kind: View = "nadir" if (drawn := float(rng.random())) < 0.12 else "oblique" if drawn < 0.76 else "street"
    x, y = float(rng.uniform(-1, 1) * plan.front), float(rng.uniform(-15, 60))
    focal = width * float(rng.uniform(0.62, 1.2))
    along = float(rng.choice([0.0, 180.0]))
    if kind == "nadir":
        height, pitch, yaw = float(rng.uniform(18, 60)), float(rng.uniform(-90, -82)), float(rng.uniform(0, 360))
    elif kind == "oblique":
        height, pitch = float(rng.uniform(8, 55)), float(rng.uniform(-70, -20))
        yaw = along + float(rng.normal(0, 35))
        reach = height / math.tan(math.radians(-pitch))
        x = max(-plan.front, min(plan.front, x - reach * math.sin(math.radians(yaw)) * (0.9 if height > 24 else 0.3)))
        y -= reach * math.cos(math.radians(yaw))
    else:
        height, pitch, yaw = float(rng.uniform(1.7, 6.5)), float(rng.uniform(-20, -2)), along + float(rng.normal(0, 25))
        x = math.copysign(float(rng.uniform(0, plan.front - 1.2)), x)
    return kind, CameraPose(x, y, height, yaw, pitch, float(rng.normal(0, 1.5)), focal, width, width * 9 // 16)


def pole_view(plan: BlockPlan, rng: np.random.Generator, width: int) -> tuple[View, CameraPose]:
    """A camera on a lamp-post or a wall, 3 to 8 m high, that looks along the street or across it; lenses from wide to
    long."""
    side = float(rng.choice([-1, 1]))
    x, y = side * float(rng.uniform(0.3, 0.97)) * plan.front, float(rng.uniform(-15, 60))
    inwards = -side * float(rng.uniform(-15, 75))  # degrees from along the street towards its other side
    yaw = inwards if rng.random() < 0.5 else 180.0 - inwards
    height, pitch = float(rng.uniform(3, 8)), float(rng.uniform(-26, -6))
    focal = width * float(rng.uniform(0.45, 1.3))
    return "pole", CameraPose(x, y, height, yaw, pitch, float(rng.normal(0, 1.5)), focal, width, width * 9 // 16)
