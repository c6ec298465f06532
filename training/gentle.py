"""Gentle fine-tuning: a detector that already knows its classes learns how cameras show them, and forgets little.

Frozen backbone, frozen normalisation statistics, low rate, few epochs, whole pictures: the network sees each picture as
the service will, letterboxed into a wide input, only darker, softer, noisier or further away.
"""

import math
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from ultralytics.cfg import get_cfg
from ultralytics.nn.tasks import DetectionModel

from detector.frame import Image
from detector.pixels import Letterbox
from training.bfloat16 import bf16_network, native
from training.teacher import GREY, Sample

BACKBONE = 11  # the first layers of YOLO11, up to C2PSA
BATCH = 8
SMALLEST = 3.0  # pixels of the network's input: what is smaller after shrinking is no lesson


def tune(
    model: DetectionModel, samples: Sequence[Sample], size: tuple[int, int], epochs: int, rate: float, seed: int
) -> None:
    """Train the neck and head of `model` in place.

    Args:
        size: (height, width) of the network's input.
        rate: AdamW's highest learning rate; it rises over a tenth of the steps and falls as a cosine.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    parameters = _unfreeze(model)
    optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=5e-4)
    steps = epochs * math.ceil(len(samples) / BATCH)
    warm = max(1, steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda n: (n + 1) / warm if n < warm else 0.5 * (1 + math.cos(math.pi * (n - warm) / max(1, steps - warm))),
    )
    with bf16_network(native()):
        for _ in range(epochs):
            order = rng.permutation(len(samples))
            for start in range(0, len(samples), BATCH):
                batch = collate([vary(samples[i], size, rng) for i in order[start : start + BATCH]], size)
                loss, _ = model.loss(batch)  # type: ignore[no-untyped-call]  # ultralytics ships few types
                optimiser.zero_grad()
                loss.sum().backward()
                torch.nn.utils.clip_grad_norm_(parameters, 10.0)
                optimiser.step()
                schedule.step()
    model.eval()


def part_way(model: DetectionModel, start: Mapping[str, torch.Tensor], share: float) -> None:
    """Put the weights of a tuned `model` back to `share` of the way from `start` (0: as it was, 1: as tuned).

    Between the two lie models that keep most of the old and take some of the new (Wortsman et al., "Robust fine-tuning
    of zero-shot models", 2022).
    """
    with torch.no_grad():
        for key, value in model.state_dict().items():
            if value.is_floating_point():
                value.lerp_(start[key], 1 - share)


def _unfreeze(model: DetectionModel) -> list[torch.nn.Parameter]:
    """Ready to train: gradients for all but the backbone and the fixed kernel of the box decoder."""
    model.__dict__["args"] = get_cfg()  # the loss's gains; a checkpoint carries none
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()  # a batch of eight says too little of the world
    trained = []
    for name, parameter in model.named_parameters():
        learns = int(name.split(".")[1]) >= BACKBONE and ".dfl" not in name
        parameter.requires_grad_(learns)
        if learns:
            trained.append(parameter)
    return trained


def vary(sample: Sample, size: tuple[int, int], rng: np.random.Generator) -> Sample:
    """The sample letterboxed into (height, width), mirrored, shrunk and spoilt as a street camera would."""
    image, boxes, class_ids = sample.image, sample.boxes.copy(), sample.class_ids
    height, width = image.shape[:2]
    box = Letterbox.fit(width, height, size[1], size[0])
    far = rng.uniform(0.4, 1.0) if rng.random() < 0.5 else 1.0
    inner = max(8, round(box.inner_width * far)), max(8, round(box.inner_height * far))
    image = np.asarray(
        cv2.resize(image, inner, interpolation=cv2.INTER_AREA if rng.random() < 0.5 else cv2.INTER_LINEAR), np.uint8
    )
    boxes *= np.array([inner[0] / width, inner[1] / height] * 2, np.float32)
    if rng.random() < 0.5:
        image = image[:, ::-1]
        boxes[:, [0, 2]] = inner[0] - boxes[:, [2, 0]]
    left, top = rng.integers(0, size[1] - inner[0] + 1), rng.integers(0, size[0] - inner[1] + 1)
    canvas = np.full((*size, 3), GREY, np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = spoil(image, rng)
    boxes += np.array([left, top] * 2, np.float32)
    keep = (boxes[:, 2:] - boxes[:, :2]).min(axis=1) >= SMALLEST if len(boxes) else np.zeros(0, np.bool_)
    return Sample(canvas, boxes[keep], class_ids[keep])


def spoil(image: Image, rng: np.random.Generator) -> Image:
    """Darker or brighter, flatter, softer, coarser, compressed: each now and then."""
    light: NDArray[np.float64] = image.astype(np.float64)
    if rng.random() < 0.6:
        light = 255 * (np.clip(light / 255, 0, 1) ** rng.uniform(0.6, 1.8)) * rng.uniform(0.7, 1.2)
    if rng.random() < 0.1:
        light = np.repeat(light.mean(axis=2, keepdims=True), 3, axis=2)  # infrared at night
    if rng.random() < 0.2:
        light += rng.normal(0, rng.uniform(2, 10), light.shape)
    spoilt = np.clip(light, 0, 255).astype(np.uint8)
    height, width = spoilt.shape[:2]
    if rng.random() < 0.25:  # a sub-stream, enlarged again
        part = rng.uniform(0.5, 0.9)
        small = cv2.resize(
            spoilt, (max(4, round(width * part)), max(4, round(height * part))), interpolation=cv2.INTER_AREA
        )
        spoilt = np.asarray(cv2.resize(small, (width, height)), np.uint8)
    if rng.random() < 0.15:
        spoilt = np.asarray(cv2.GaussianBlur(spoilt, (3, 3), rng.uniform(0.4, 1.2)), np.uint8)
    if rng.random() < 0.25:
        _, data = cv2.imencode(".jpg", spoilt, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 70))])
        spoilt = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return spoilt


def collate(samples: Sequence[Sample], size: tuple[int, int]) -> dict[str, torch.Tensor]:
    """What ultralytics' detection loss takes: RGB in 0 to 1, boxes as centre and size in shares of the picture."""
    pictures = np.stack([sample.image for sample in samples])[:, :, :, ::-1].transpose(0, 3, 1, 2)
    scale = np.array([size[1], size[0]] * 2, np.float32)
    boxes = np.concatenate([sample.boxes for sample in samples]).reshape(-1, 4) / scale
    centred: NDArray[np.float32] = np.concatenate(
        [(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1
    )
    owner = np.repeat(np.arange(len(samples)), [len(sample.boxes) for sample in samples])
    return {
        "img": torch.from_numpy(np.ascontiguousarray(pictures)).float() / 255,
        "batch_idx": torch.from_numpy(owner).float(),
        "cls": torch.from_numpy(np.concatenate([sample.class_ids for sample in samples])).float().view(-1, 1),
        "bboxes": torch.from_numpy(centred.astype(np.float32)),
    }
