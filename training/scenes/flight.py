"""The drone's clip: one pass over the block, straight down, every frame rendered whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.scenes import render, street
from training.scenes.block import BLOCK
from training.scenes.camera import CameraPose
from training.scenes.cast import Cast
from training.scenes.film import develop
from training.scenes.script import SceneScript
from training.scenes.truth import VisibleObject, seen


class FlightPlan:
    """A script below a moving camera."""

    def __init__(self, script: SceneScript, poses: Sequence[CameraPose], samples: int, threads: int) -> None:
        self.script, self.poses, self.samples = script, poses, samples
        light = script.light(0)
        render.start(threads, light)
        self.cast = Cast(script, street.build(BLOCK, script.seed))
        self.light = light

    def frame(self, index: int) -> tuple[NDArray[np.uint8], tuple[VisibleObject, ...]]:
        """Return the finished picture (height, width, RGB) and what is seen in it."""
        t = index * self.script.step
        present = [a for a in self.script.actors if a.label != "signboard" and a.at(t) is not None]
        self.cast.show(present, t)
        render.look(self.poses[index])
        render.shine(self.light)
        return develop(render.picture(self.samples)), seen(render.masks())
