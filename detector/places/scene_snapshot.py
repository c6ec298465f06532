"""The empty scene as bytes: kept over a restart, it shows what stands there already when the service starts."""

import io
import zipfile
from dataclasses import fields

import numpy as np

from detector.errors import DetectorError
from detector.places.empty_scene import Appearance, Map


def pack(empty: Appearance, noise: Map) -> bytes:
    """About 1 MB: half precision is far finer than what two looks at one scene differ by."""
    maps = {field.name: getattr(empty, field.name) for field in fields(Appearance)}
    halves = {name: values if values.dtype == np.bool_ else values.astype(np.float16) for name, values in maps.items()}
    stream = io.BytesIO()
    np.savez_compressed(stream, noise=noise.astype(np.float16), **halves)
    return stream.getvalue()


def unpack(data: bytes) -> tuple[Appearance, Map]:
    """Return what `pack` wrote.

    Raises:
        DetectorError: the bytes are something else, or damaged.
    """
    names = [field.name for field in fields(Appearance)]
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as kept:
            maps = {name: np.asarray(kept[name]) for name in (*names, "noise")}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DetectorError("the kept empty scene cannot be read; remove it to learn the scene anew") from error
    if len({values.shape for values in maps.values()}) != 1 or maps["light"].ndim != 2:
        raise DetectorError("the kept empty scene is of no picture; remove it to learn the scene anew")
    full = {name: np.asarray(values, np.float32) for name, values in maps.items()}
    empty = Appearance(
        light=full["light"],
        contrast=full["contrast"],
        energy=full["energy"],
        grain=full["grain"],
        warm=full["warm"],
        tint=full["tint"],
        doubt=full["doubt"],
        valid=full["valid"] > 0,
    )
    return empty, full["noise"]
