"""The plan of the block: widths, buildings, shop signs, trees, what is parked for good. Metres; no Blender here."""

from __future__ import annotations

from dataclasses import dataclass

from training.scenes.script import Role

Colour = tuple[int, int, int]  # sRGB, 0..255
ROAD = 5.25  # half the carriageway; the kerb
FRONT = 10.5  # the façades' distance from the axis
NEAR, FAR = -36.0, 116.0  # the block's south and north end
ZEBRA = 44.0  # the crossing's southern edge
SIGN_BASE = 3.0  # the lower edge of every shop sign above the roadway


@dataclass(frozen=True, slots=True)
class Building:
    """`side` -1 is west (looks east), 1 east, 0 closes the street in the north; `start` and `width` along the front."""

    side: int
    start: float
    width: float
    floors: int
    look: int


@dataclass(frozen=True, slots=True)
class Sign:
    """A shop sign on a façade; `along` is its middle along the street."""

    number: int
    name: str
    building: str
    along: float
    width: float
    height: float
    chinese: str
    english: str
    back: Colour
    ink: Colour
    role: Role


BUILDINGS: dict[str, Building] = {
    "west 0": Building(-1, -36.0, 19.8, 4, 1),
    "west 1": Building(-1, -16.0, 19.2, 3, 4),
    "west 2": Building(-1, 3.3, 16.5, 3, 0),
    "west 3": Building(-1, 20.0, 13.2, 4, 1),
    "west 4": Building(-1, 33.4, 13.2, 3, 2),
    "west 5": Building(-1, 46.8, 16.5, 5, 3),
    "west 6": Building(-1, 63.5, 13.2, 3, 5),
    "west 7": Building(-1, 77.0, 16.5, 4, 7),
    "west 8": Building(-1, 93.7, 20.0, 5, 6),
    "east 0": Building(1, -36.0, 26.4, 2, 2),
    "east 1": Building(1, -9.4, 16.5, 2, 5),
    "east 2": Building(1, 7.3, 13.2, 1, 7),
    "east 3": Building(1, 20.7, 16.5, 2, 4),
    "east 4": Building(1, 37.4, 16.5, 3, 0),
    "east 5": Building(1, 54.1, 19.8, 2, 1),
    "east 6": Building(1, 74.1, 16.5, 3, 6),
    "east 7": Building(1, 90.8, 23.0, 4, 3),
    "north": Building(0, -33.0, 66.0, 6, 2),
}
WHITE, RED, BLUE, GREEN, YELLOW, BLACK = (
    (244, 244, 238),
    (178, 26, 28),
    (20, 62, 138),
    (16, 104, 62),
    (250, 206, 60),
    (28, 28, 30),
)
SIGNS: tuple[Sign, ...] = (
    Sign(101, "sign-tea", "west 2", 8.9, 3.6, 0.95, "老街茶坊", "OLD STREET TEA", GREEN, WHITE, "permitted"),
    Sign(102, "sign-noodles", "west 2", 15.0, 3.9, 1.0, "郑州烩面馆", "ZHENGZHOU NOODLES", RED, YELLOW, "violation"),
    Sign(103, "sign-pharmacy", "west 3", 24.2, 3.9, 0.95, "大学路药房", "PHARMACY", BLUE, WHITE, "permitted"),
    Sign(104, "sign-books", "west 4", 41.0, 4.2, 0.9, "晨光书店", "MORNING BOOKS", BLACK, WHITE, "context"),
    Sign(105, "sign-phones", "west 5", 53.0, 5.0, 1.0, "数码通讯", "MOBILE & DIGITAL", BLUE, YELLOW, "context"),
    Sign(106, "sign-hotel", "west 6", 70.0, 5.0, 1.0, "金水宾馆", "JINSHUI HOTEL", RED, WHITE, "context"),
    Sign(107, "sign-grocer", "east 3", 29.0, 4.4, 0.9, "便民超市", "CONVENIENCE STORE", GREEN, WHITE, "context"),
    Sign(108, "sign-bank", "east 4", 46.0, 5.0, 1.0, "中原银行", "BANK", RED, WHITE, "context"),
)
WEST_TREES = (-20.0, -9.0, 2.0, 15.2, 23.2, 31.0, 38.8, 50.0, 58.6, 67.2, 75.8, 84.4, 93.0, 101.6)
EAST_TREES = (-20.0, -11.0, 33.0, 41.6, 50.2, 58.8, 67.4, 76.0, 84.6, 93.2, 101.8)
LAMPS = ((-1, 4.6), (-1, 46.0), (-1, 80.0), (1, 37.5), (1, 63.0), (1, -16.0))
SCOOTERS = (
    tuple((-9.4, 27.6 + 0.75 * k) for k in range(7))
    + tuple((9.3, 31.5 + 0.8 * k) for k in range(6))
    + tuple((-9.4, 58.0 + 0.8 * k) for k in range(6))
)


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """A block to be raised: the roadway's half width, the fronts' distance from the axis, and all that stands."""

    road: float
    front: float
    near: float
    far: float
    zebra: float
    buildings: dict[str, Building]
    signs: tuple[Sign, ...]
    west_trees: tuple[float, ...]
    east_trees: tuple[float, ...]
    lamps: tuple[tuple[int, float], ...]
    parked: tuple[tuple[float, float], ...]  # scooters and bicycles: x, y
    bollards: tuple[tuple[float, float], ...]


BLOCK = BlockPlan(
    road=ROAD,
    front=FRONT,
    near=NEAR,
    far=FAR,
    zebra=ZEBRA,
    buildings=BUILDINGS,
    signs=SIGNS,
    west_trees=WEST_TREES,
    east_trees=EAST_TREES,
    lamps=LAMPS,
    parked=SCOOTERS,
    bollards=tuple((ROAD + 0.4, 26 + k * 1.5) for k in range(9)),
)
