"""Parting pictures into those to train on and those to measure on, so that no place is on both sides."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from training.datasets.interchange import Side
from training.datasets.manifest import PictureWhere

HELD_OUT: Final = 0.2
"""Share of the pictures that are measured on."""


@dataclass(frozen=True, slots=True)
class Unparted:
    """What the split looks at of a picture: `name` is its path in the export, `side` what its export says."""

    name: str
    where: PictureWhere
    classes: frozenset[str]
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class GroupSplit:
    """`groups` and `sides`, one of each picture; `by` says what pictures were grouped by, `notes` what to know."""

    groups: tuple[str, ...]
    sides: tuple[Side, ...]
    by: str
    notes: tuple[str, ...] = ()


def group_of(picture: Unparted, by: str) -> str:
    """Return what a picture is parted by in a set that was split by place, camera, day, export or name."""
    known = _KEYS[by](picture) if by in _KEYS else ""
    return known or f"tile {tile_of(picture.name)}"


def tile_of(name: str) -> str:
    """Return what the augmented copies of a picture share: Roboflow names them `<tile>.rf.<hash>.jpg`.

    Others, their path.
    """
    found = re.fullmatch(r"(.+)\.rf\.[0-9a-zA-Z]+", PurePath(name).stem)
    return found[1] if found else name


def split(pictures: Sequence[Unparted]) -> GroupSplit:
    """Part pictures of which none is parted yet.

    Places are kept whole, then cameras, then days: by the first of these of which there are at least two. Without any,
    the sides of the export stand; without those too, names in their order are cut in one place, as neighbours in time
    mostly have neighbouring names. Copies of one tile always stay together, and a group that the export has on both
    sides is trained on.
    """
    for by, key in _KEYS.items():
        groups = [group_of(one, by) for one in pictures]
        if len({key(one) for one in pictures if key(one)}) >= 2:
            return GroupSplit(tuple(groups), _choose(groups, pictures), by)
    groups = [group_of(one, "name") for one in pictures]
    if any(one.side == "val" for one in pictures) and any(one.side != "val" for one in pictures):
        return _as_exported(groups, pictures)
    order = sorted(dict.fromkeys(groups))
    cut = max(1, round(len(order) * HELD_OUT)) if len(order) > 1 else 0
    last = frozenset(order[len(order) - cut :]) if cut else frozenset()
    note = "nothing says where pictures were taken: the last names are held out; give --pictures to part by place"
    return GroupSplit(tuple(groups), tuple("val" if one in last else "train" for one in groups), "name", (note,))


def _as_exported(groups: Sequence[str], pictures: Sequence[Unparted]) -> GroupSplit:
    trained = {group for group, one in zip(groups, pictures, strict=True) if one.side != "val"}
    held = {group for group, one in zip(groups, pictures, strict=True) if one.side == "val"}
    sides: list[Side] = ["train" if group in trained else "val" for group in groups]
    notes = [
        f"{group}: copies of it stand on both sides of the export; all are trained on"
        for group in sorted(trained & held)
    ]
    return GroupSplit(tuple(groups), tuple(sides), "export", tuple(notes))


def _choose(groups: Sequence[str], pictures: Sequence[Unparted]) -> tuple[Side, ...]:
    """Hold out whole groups, about HELD_OUT of the pictures, so that both sides show every class where that can be."""
    classes: dict[str, set[str]] = defaultdict(set)
    for group, one in zip(groups, pictures, strict=True):
        classes[group] |= one.classes
    sizes = Counter(groups)
    order = sorted(sizes, key=_by_hash)
    held: set[str] = set()
    shown = Counter(name for group in order for name in classes[group])
    for name in sorted(shown, key=lambda one: (shown[one], one)):  # the rarest class first
        if shown[name] < 2 or any(name in classes[group] for group in held):
            continue
        candidates = [group for group in order if name in classes[group] and group not in held]
        allowed = [group for group in candidates if _leaves_all(group, held, classes, order)]
        if allowed and len(held) + 1 < len(order):
            held.add(min(allowed, key=lambda group: sizes[group]))
    for group in order:
        count = sum(sizes[one] for one in held)
        if count >= HELD_OUT * len(pictures) or len(held) + 1 >= len(order):
            break
        much = count + sizes[group] > 2 * HELD_OUT * len(pictures) and held
        if group not in held and not much and _leaves_all(group, held, classes, order):
            held.add(group)
    if not held:
        held.add(min(order, key=lambda group: sizes[group]))
    return tuple("val" if group in held else "train" for group in groups)


def _leaves_all(group: str, held: set[str], classes: Mapping[str, set[str]], order: Sequence[str]) -> bool:
    """Return whether every class that a group shows is trained on elsewhere."""
    rest = {name for other in order if other != group and other not in held for name in classes[other]}
    return classes[group] <= rest


def _by_hash(group: str) -> str:
    return hashlib.sha256(group.encode()).hexdigest()


def _place(one: Unparted) -> str:
    return f"place {one.where.place}" if one.where.place else ""


def _camera(one: Unparted) -> str:
    return f"camera {one.where.camera}" if one.where.camera else ""


def _day(one: Unparted) -> str:
    return f"day {one.where.day}" if one.where.day else ""


_KEYS: Final[dict[str, Callable[[Unparted], str]]] = {"place": _place, "camera": _camera, "day": _day}
