"""The JSON of data sets and their versions."""

from collections import Counter
from typing import Self

from pydantic import BaseModel

from training.datasets.manifest import DatasetManifest

FEW = 10
"""Boxes of a class on one side below which its figures mean little."""


class ClassCount(BaseModel):
    """Boxes of a class on each side."""

    name: str
    train: int
    val: int


class DatasetVersionOut(BaseModel):
    """One version of a data set.

    `train` and `val` count pictures, `classes` boxes; `evaluation` is the digest of the frozen side: figures on
    versions that share it can be compared.
    """

    name: str
    version: str
    view: str
    split_by: str
    evaluation: str
    train: int
    val: int
    classes: list[ClassCount]
    origins: dict[str, int]
    notes: list[str] = []

    @classmethod
    def of(cls, manifest: DatasetManifest, notes: tuple[str, ...] = ()) -> Self:
        sides = {side: manifest.of(side) for side in ("train", "val")}
        counts = {side: Counter(box.cls for one in pictures for box in one.boxes) for side, pictures in sides.items()}
        return cls(
            name=manifest.name,
            version=manifest.version,
            view=manifest.view,
            split_by=manifest.split_by,
            evaluation=manifest.evaluation,
            train=len(sides["train"]),
            val=len(sides["val"]),
            classes=[
                ClassCount(name=name, train=counts["train"][index], val=counts["val"][index])
                for index, name in enumerate(manifest.classes)
            ],
            origins=dict(Counter(one.origin for one in manifest.pictures)),
            notes=list(notes),
        )


class DatasetOut(BaseModel):
    """A data set: its newest version, or what is wrong with it."""

    name: str
    versions: list[str]
    newest: DatasetVersionOut | None
    fault: str | None
