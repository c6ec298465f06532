"""A made-up street for tests of health and motion: houses, a road, walkers, noise, weather."""

from datetime import timedelta

import cv2
import numpy as np

from detector.vision.frame import Frame, Image
from tests.streams.scripted import START


class Street:
    """The same houses for the same seed; walkers move with `moment` (seconds)."""

    def __init__(self, seed: int = 1) -> None:
        random = np.random.default_rng(seed)
        self.houses = np.full((360, 640, 3), 150, np.uint8)
        for _ in range(90):
            x, y, w, h = (int(random.integers(*limits)) for limits in ((0, 600), (0, 240), (10, 70), (10, 60)))
            self.houses[y : y + h, x : x + w] = random.integers(40, 230, 3)
        for dash in range(0, 640, 40):
            self.houses[298:302, dash : dash + 20] = 230
        self.random = random

    def picture(self, moment: float, *, light: float = 1.0, noise: float = 3.0, walkers: int = 4) -> Image:
        image = self.houses.astype(np.float32)
        for number in range(walkers):
            x = int(number * 150 + 25 * moment) % 620
            image[270:310, x : x + 14] = (60, 40, 90)
        noisy = image * light + self.random.normal(0, noise, image.shape)
        return np.asarray(np.clip(noisy, 0, 255), np.uint8)

    def frame(self, moment: float, **how: float) -> Frame:
        return self.as_frame(self.picture(moment, **how), moment)  # type: ignore[arg-type]  # walkers is an int

    def as_frame(self, image: Image, moment: float, epoch: int = 0) -> Frame:
        return Frame(image, START + timedelta(seconds=moment), "street", index=int(moment), epoch=epoch)


def rain(image: Image, random: np.random.Generator) -> Image:
    """Streaks, a veil and less contrast."""
    wet = image.astype(np.float32) * 0.65 + 45
    for _ in range(350):
        x, y = int(random.integers(0, image.shape[1] - 6)), int(random.integers(0, image.shape[0] - 22))
        cv2.line(wet, (x, y), (x + 3, y + 18), (200, 200, 200), 1)
    return np.asarray(np.clip(wet, 0, 255), np.uint8)
