"""The street camera's clip. What stands still is rendered once per state; frames re-render only what movers touch."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.scenes import render, street
from training.scenes.block import BLOCK
from training.scenes.camera import CameraPose
from training.scenes.cast import Cast
from training.scenes.film import Linear, Window, develop, laid_over, merged
from training.scenes.script import Light, SceneActor, SceneScript
from training.scenes.truth import VisibleObject, read_seen, seen, write_seen

Frame = Callable[[int], tuple[NDArray[np.uint8], tuple[VisibleObject, ...]]]
BASE_QUALITY = 4  # the standing scene gets this many times the samples
SETTLED = 60.0  # seconds: who stands this long belongs to the standing scene


@dataclass(slots=True)
class StandingObject:
    """The scene without movers: who is in it, under which sun, as linear light with and without sun, and its masks."""

    actors: tuple[SceneActor, ...]
    sun: Light
    dark: Linear
    bright: Linear
    mask: NDArray[np.int32]


class Scene:
    """A script before a fixed camera."""

    def __init__(self, script: SceneScript, pose: CameraPose, samples: int, threads: int) -> None:
        self.script, self.pose, self.samples = script, pose, samples
        middle = script.light(script.frames * script.step / 2)
        render.start(threads, middle)
        self.cast = Cast(script, street.build(BLOCK, script.seed))
        render.look(pose)
        self._standing: StandingObject | None = None

    def frame(self, index: int) -> tuple[NDArray[np.uint8], tuple[VisibleObject, ...]]:
        """Return the finished picture (height, width, RGB) and what is seen in it."""
        t = index * self.script.step
        present = [a for a in self.script.actors if a.label != "signboard" and a.at(t) is not None]
        settled = tuple(a for a in present if _settled(a))
        light = self.script.light(t)
        base = self._update(settled, t, light)
        linear, mask = base.dark + (base.bright - base.dark) * np.float32(light.through), base.mask.copy()
        self.cast.show(present, t)
        windows = self._windows([a for a in present if a not in settled], t, light)
        render.shine(light)
        self._lay(linear, windows, self.samples)
        for x1, y1, x2, y2 in windows:
            mask[y1:y2, x1:x2] = render.masks((x1, y1, x2, y2))
        return develop(linear), seen(mask)

    def _update(self, settled: tuple[SceneActor, ...], t: float, light: Light) -> StandingObject:
        """Return the standing scene as it is now.

        Rendered whole under a new sun, else only where somebody came or went.
        """
        old = self._standing
        if old is not None and old.actors == settled and old.sun.azimuth == light.azimuth:
            return old
        self.cast.show(settled, t)
        overcast, clear = replace(light, through=0.0), replace(light, through=1.0)
        changed = set(settled) ^ set(old.actors) if old else set()
        windows = [w for a in changed for w in self._windows([a], a.first, clear)]
        render.shine(overcast)
        dark = old.dark if old else render.picture(self.samples * BASE_QUALITY)
        if old:
            self._lay(dark, windows, self.samples * BASE_QUALITY)
        render.shine(clear)
        if old and old.sun.azimuth == light.azimuth:
            bright = old.bright
            self._lay(bright, windows, self.samples * BASE_QUALITY)
        else:
            bright = render.picture(self.samples * BASE_QUALITY)
        self._standing = StandingObject(settled, light, dark, bright, render.masks())
        return self._standing

    def _windows(self, actors: Sequence[SceneActor], t: float, light: Light) -> list[Window]:
        reaches = [self.cast.reach(a, t, self.pose, light) for a in actors]
        return merged([(int(r[0]), int(r[1]), int(r[2]), int(r[3])) for r in reaches if r is not None])

    @staticmethod
    def _lay(linear: Linear, windows: Sequence[Window], samples: int) -> None:
        for window in windows:
            x1, y1, x2, y2 = window
            linear[y1:y2, x1:x2] = laid_over(linear[y1:y2, x1:x2], render.picture(samples, window))


def _settled(actor: SceneActor) -> bool:
    still = actor.path[0].x == actor.path[-1].x and actor.path[0].y == actor.path[-1].y
    return still and actor.last - actor.first >= SETTLED


def render_clip(raised: Callable[[], Frame], folder: Path, count: int) -> list[tuple[VisibleObject, ...]]:
    """Render `count` frames to `folder` as PNG with their boxes; those that are there already are kept.

    `raised` raises the scene and gives its frame function; it is called only when a frame is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found, frame = [], None
    for index in range(count):
        picture, boxes = folder / f"{index:04d}.png", folder / f"{index:04d}.json"
        if not (picture.exists() and boxes.exists()):
            began = time.monotonic()
            frame = frame or raised()
            pixels, what = frame(index)
            Image.fromarray(pixels).save(picture)
            write_seen(boxes, what)
            sys.stderr.write(f"frame {index + 1}/{count}: {time.monotonic() - began:.1f} s, {len(what)} objects\n")
            sys.stderr.flush()
        found.append(read_seen(boxes))
    return found
