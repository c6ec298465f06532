"""Pictures of many cameras in one batch, and a GPU that fails: on real networks, on ONNX Runtime's CPU provider."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]  # ships no types
import pytest

from detector.errors import EngineRefused, ModelInputError
from detector.vision.batching import BatchingEngine
from detector.vision.engine import CPU, OnnxModel, OrtEngine
from detector.vision.gpu_engines import FallbackEngine, on_openvino_gpu, on_provider
from detector.vision.openvino_engine import OpenVinoEngine, devices, installed
from detector.vision.pixels import FloatArray
from tests.detector.nets import COLOURS, save_colour_detector


class Watched(OrtEngine):
    """Notes the red of each batch's pictures; does first what it is told, and takes no picture that is not finite."""

    def __init__(self, path: Path, before: Callable[[], None] = lambda: None) -> None:
        super().__init__(path)
        self.batches: list[list[float]] = []
        self._before = before

    def run(self, blob: FloatArray) -> FloatArray:
        self._before()
        self.batches.append([round(float(picture[0, 0, 0]), 2) for picture in blob])
        if not np.isfinite(blob).all():
            raise RuntimeError("not a number")
        return super().run(blob)


@pytest.fixture(scope="module")
def dynamic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_colour_detector(tmp_path_factory.mktemp("net") / "dynamic.onnx", batches=True)


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_colour_detector(tmp_path_factory.mktemp("net") / "fixed.onnx")


def picture(red: float) -> FloatArray:
    blob = np.zeros((1, 3, 64, 96), np.float32)
    blob[0, 0] = red
    return blob


def red_of(answer: FloatArray) -> float:
    return round(float(answer[0, 4, 0]), 2)


def test_pictures_that_come_together_are_one_batch_and_each_gets_its_own_answer(dynamic: Path) -> None:
    engine = Watched(dynamic)
    batching = BatchingEngine(engine, "dynamic", most=4, patience=30)
    reds = [0.1, 0.2, 0.3, 0.4]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(batching.run, map(picture, reds)))
    assert [red_of(answer) for answer in answers] == reds
    assert [answer.shape for answer in answers] == [(1, 7, 96)] * 4
    assert [sorted(batch) for batch in engine.batches] == [reds]


def test_a_lonely_picture_does_not_wait_for_others(dynamic: Path) -> None:
    engine = Watched(dynamic)
    assert red_of(BatchingEngine(engine, "dynamic").run(picture(0.5))) == 0.5
    assert engine.batches == [[0.5]]


def test_a_file_of_one_picture_is_run_one_by_one_and_that_is_said(
    fixed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Watched(fixed)
    with caplog.at_level(logging.INFO):
        batching = BatchingEngine(engine, "fixed", patience=30)
    assert [record.message for record in caplog.records] == [
        "model fixed: its file takes one picture at a time, so pictures are not batched"
    ]
    with ThreadPoolExecutor(3) as pool:
        assert [red_of(answer) for answer in pool.map(batching.run, map(picture, (0.1, 0.2, 0.3)))] == [0.1, 0.2, 0.3]
    assert sorted(engine.batches) == [[0.1], [0.2], [0.3]]


def test_of_a_batch_with_one_broken_picture_only_that_one_fails(dynamic: Path) -> None:
    batching = BatchingEngine(Watched(dynamic), "dynamic", most=3, patience=30)
    with ThreadPoolExecutor(3) as pool:
        good, broken, fine = (pool.submit(batching.run, picture(red)) for red in (0.1, float("nan"), 0.3))
        assert (red_of(good.result()), red_of(fine.result())) == (0.1, 0.3)
        with pytest.raises(RuntimeError, match="not a number"):
            broken.result()


def test_a_picture_of_another_size_enters_no_batch(dynamic: Path) -> None:
    engine = Watched(dynamic)
    with pytest.raises(ModelInputError, match="takes"):
        BatchingEngine(engine, "dynamic").run(np.zeros((1, 3, 32, 32), np.float32))
    assert engine.batches == []


def test_who_came_first_is_served_first_and_nobody_has_two_places(dynamic: Path) -> None:
    """One camera asks again at once whenever it is served; the others are served between, in their order."""
    gate, begun = threading.Event(), threading.Event()

    def before() -> None:
        begun.set()
        assert gate.wait(30)

    engine = Watched(dynamic, before)
    batching = BatchingEngine(engine, "dynamic", most=2, patience=0)
    with ThreadPoolExecutor(5) as pool:
        eager = pool.submit(lambda: [batching.run(picture(red)) for red in (0.1, 0.11, 0.12)])
        assert begun.wait(30)
        others = []
        for red in (0.2, 0.3, 0.4):
            others.append(pool.submit(batching.run, picture(red)))
            while len(batching._waiting) < len(others):  # until it stands in the queue
                threading.Event().wait(0.001)
        gate.set()
        assert [red_of(one.result()) for one in others] == [0.2, 0.3, 0.4]
        eager.result()
    assert engine.batches[:2] == [[0.1], [0.2, 0.3]]
    assert 0.4 in engine.batches[2]


def test_a_gpu_that_is_lost_falls_back_to_the_cpu_and_says_so_once(
    dynamic: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lost = threading.Event()

    def before() -> None:
        if lost.is_set():
            raise RuntimeError("CUDA error 999: device is lost")

    fast = Watched(dynamic, before)
    engine = FallbackEngine(fast, lambda: OrtEngine(dynamic), "colours: CUDA")
    batching = BatchingEngine(engine, "dynamic", most=4, patience=30)
    assert red_of(engine.run(picture(0.1))) == 0.1
    lost.set()
    with ThreadPoolExecutor(4) as pool:
        assert [red_of(one) for one in pool.map(batching.run, map(picture, (0.2, 0.3, 0.4, 0.5)))] == [
            0.2,
            0.3,
            0.4,
            0.5,
        ]
    lost.clear()
    assert red_of(engine.run(picture(0.6))) == 0.6
    assert fast.batches == [[0.1]], "once lost it is not asked again"
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert said == [
        "colours: CUDA failed and the CPU takes over until the service is restarted: CUDA error 999: device is lost"
    ]


def test_a_broken_picture_is_no_lost_gpu(dynamic: Path) -> None:
    fast = Watched(dynamic)
    engine = FallbackEngine(fast, lambda: Watched(dynamic), "colours: CUDA")
    with pytest.raises(RuntimeError, match="not a number"):
        engine.run(picture(float("nan")))
    assert red_of(engine.run(picture(0.7))) == 0.7
    assert fast.batches[-1] == [0.7]


def test_a_model_on_a_provider_sees_what_the_reference_sees(dynamic: Path) -> None:
    reference, other = (OnnxModel(dynamic, COLOURS, 0.9, make_engine=make) for make in (OrtEngine, on_provider(CPU)))
    image = np.zeros((64, 96, 3), np.uint8)
    image[8:16, 24:32] = (0, 0, 255)
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(other.detect, [image] * 8))
    assert [list(one) for one in seen] == [list(reference.detect(image))] * 8


@pytest.mark.skipif("CUDAExecutionProvider" in ort.get_available_providers(), reason="there is one here")
def test_without_a_gpu_the_engines_say_what_is_missing(fixed: Path) -> None:
    with pytest.raises(EngineRefused, match="onnxruntime-gpu"):
        on_provider("CUDAExecutionProvider")(fixed)


@pytest.mark.skipif(not installed(), reason="the openvino extra is not installed")
def test_openvino_takes_the_network_for_one_picture_on_the_cpu_and_refuses_a_gpu_that_is_not_there(
    dynamic: Path,
) -> None:
    assert red_of(OpenVinoEngine(dynamic).run(picture(0.5))) == 0.5
    if "GPU" not in devices():
        with pytest.raises(EngineRefused, match="no GPU"):
            on_openvino_gpu(dynamic)
