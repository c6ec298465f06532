"""How a model is trained: one schedule per view, every value with its reason."""

from dataclasses import dataclass, replace

from training.errors import DatasetInvalid


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is handed to the trainer; shares are 0..1."""

    epochs: int
    image_size: int  # square side in pixels
    batch: int = 16
    learning_rate: float = 1e-3  # AdamW from COCO weights; cosine down to a hundredth
    flip_up_down: float = 0.0
    flip_left_right: float = 0.5
    scale: float = 0.5
    frozen_layers: int = 0
    warmup_epochs: float = 1.0
    input_size: tuple[int, int] | None = None  # width, height of the exported network; `image_size` squared when None
    close_mosaic_share: float = 0.3  # the last epochs see whole pictures, as the model will

    @property
    def whole_picture_epochs(self) -> int:
        """Epochs at the end that are trained without mosaics."""
        return round(self.epochs * self.close_mosaic_share)


SCHEDULES = {
    # Seen from above, up is nowhere: both flips are as good as new pictures. Turned copies come with the set; other
    # angles would loosen the boxes (the hull of a turned box is larger than the thing).
    "above": Schedule(epochs=12, image_size=640, flip_up_down=0.5),
    # Drones at an angle: things from 10 to 300 px long in one frame, so scaled widely; up is up.
    "oblique": Schedule(epochs=10, image_size=640, batch=8, scale=0.6, input_size=(960, 544)),
    # Cameras on poles: most stalls are composites, so the layers that say what pixels are (the backbone) stay as real
    # pictures left them (Hinterstoisser et al., 2017), which also saves half of a step; things from 12 to 330 px long.
    "pole": Schedule(
        epochs=3,
        image_size=640,
        batch=8,
        learning_rate=7e-4,
        scale=0.6,
        frozen_layers=10,
        warmup_epochs=0.3,
        input_size=(960, 544),
    ),
    # Photographs from the street look like COCO's: the first layers (to stride 8) stay as they are, which saves 28 % of
    # the time of a step (yolo11n at 640 px: 0.140 to 0.100 s of CPU a picture). Twelve epochs of 1,121 pictures
    # are 1,692 steps, about 45 minutes of one core; the 449 of `street-ads` alone were given twenty.
    # Cameras send 16:9, which 640x384 holds at the scale of 640x640, at 60 % of the cost; photographs become smaller in
    # it, which costs their signs nothing (docs/trials.md).
    "street": Schedule(epochs=12, image_size=640, batch=8, learning_rate=7e-4, frozen_layers=5, input_size=(640, 384)),
}


FEW_PICTURES = 1000
"""Trained on fewer than this, a finished model forgets more than it learns at the rate that start weights take."""


def gentle(schedule: Schedule, pictures: int) -> Schedule:
    """Return the schedule for going on from a finished model with few pictures.

    A tenth of the rate and half of the epochs; the backbone (yolo11's and yolov8's first ten layers) stays as it is: it
    has seen more than a few hundred pictures can teach it, and a step costs half. No warm-up: ultralytics begins it
    with a rate of 0.1 for biases, and a run of three steps an epoch hardly recovers. `aerial-stalls` 3 trained on with
    24 of its own tiles, one run each, AP50 on 79 others: .962 before; .936 with the warm-up (-.043 to -.012), .956
    without (-.018 to +.001). With 25 and 50 tiles of places that a model never saw nothing was lost or gained beyond
    chance (docs/trials.md, "Small sets"); the gate compares after each run.
    """
    if pictures >= FEW_PICTURES:
        return replace(schedule, learning_rate=schedule.learning_rate / 2)
    return replace(
        schedule,
        learning_rate=schedule.learning_rate / 10,
        epochs=min(schedule.epochs, max(3, schedule.epochs // 2)),
        frozen_layers=max(10, schedule.frozen_layers),
        warmup_epochs=0.0,
        batch=min(schedule.batch, 8),
    )


def schedule_for(view: str) -> Schedule:
    """Return the schedule of a data set's view.

    Raises:
        DatasetInvalid: no such view.
    """
    if view not in SCHEDULES:
        raise DatasetInvalid(f"data.yaml: view {view!r}; known: {', '.join(sorted(SCHEDULES))}")
    return SCHEDULES[view]
