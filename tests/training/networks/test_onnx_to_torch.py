"""A finished model, its normalisations folded away, says the same when it is opened again, and can be trained."""

import json
from pathlib import Path

import numpy as np
import pytest

from detector.vision.engine import OrtEngine
from detector.vision.pixels import Canvas, read_picture
from models.registry import find_model, model_path, sha256_of
from tests.training.sets import describe, save_picture, save_squares
from training.errors import ModelUnreadable, UnsafeWeights
from training.finetune import finetune
from training.networks.torch_setup import quiet_torch
from training.publish import publish
from training.runs.run import read_run
from training.runs.start_weights import start_of

torch = pytest.importorskip("torch", reason="torch is not installed: pip install '.[training]'")
onnx = pytest.importorskip("onnx")


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(3)
    drawn = []
    for n in range(4):
        squares = [("red", int(rng.integers(6)), 0), ("green", n, 2)]
        save_squares(tmp_path / "pictures", f"{n}", [(str(a), int(b), int(c)) for a, b, c in squares], [])
        drawn.append(tmp_path / "pictures/images" / f"{n}.png")
    return drawn


@pytest.mark.parametrize(("name", "classes"), [("aerial-stalls", 1), ("street", 6)])
def test_it_says_what_its_file_says(name: str, classes: int, pictures: list[Path]) -> None:
    from training.networks.onnx_to_torch import reopen

    card = find_model(name)
    canvas = Canvas(card.input.width, card.input.height)
    canvas.place(read_picture(pictures[0]))
    said = OrtEngine(model_path(card)).run(canvas.blob)
    with quiet_torch(1):
        network = reopen(model_path(card), pictures, 64).model
        assert isinstance(network, torch.nn.Module)
        with torch.no_grad():
            again = network.eval()(torch.from_numpy(canvas.blob))[0].numpy()
        norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
        assert any(float(norm.running_mean.abs().max()) > 0.1 for norm in norms if norm.running_mean is not None)
    assert again.shape[1] == 4 + classes
    # a network of two heads says first what its first one says
    np.testing.assert_allclose(again, said[:, : 4 + classes, : again.shape[2]], atol=2e-2, rtol=1e-3)


@pytest.mark.filterwarnings("ignore")  # ultralytics warns about itself
def test_a_model_of_the_shelf_is_where_a_training_begins(tmp_path: Path) -> None:
    for side in ("train", "val"):
        for n in range(4):
            save_picture(tmp_path / "set" / side, f"{side}_{n}", ["0 0.5 0.5 0.2 0.2"])
    dataset, base = describe(tmp_path / "set", ["stall"], "above"), model_path(find_model("aerial-stalls"))
    finetune(
        dataset, base, "on", runs=tmp_path / "runs", epochs=1, image_size=64, batch=4, learning_rate=1e-6, threads=1
    )
    run = read_run(tmp_path / "runs/on")
    assert (run.base, run.base_sha256) == ("aerial-stalls.onnx", sha256_of(base))
    assert "--base models/weights/aerial-stalls.onnx" in run.command
    (tmp_path / "set/sources.json").write_text(
        json.dumps([{"name": "mine", "role": "train", "pictures": 4, "boxes": 4, "licence": "CC0", "source": "me"}])
    )
    card, before = publish(run, dataset, "mine", "1", folder=tmp_path / "weights"), find_model("aerial-stalls")
    assert card.training.command == f"{before.training.command} && {run.command}"
    seen = [source for source in before.data if source.role == "train"]
    assert [source.name for source in card.data] == [
        *(f"{s.name}, for aerial-stalls {before.version}" if ", for " not in s.name else s.name for s in seen),
        "mine",
    ]
    trained = torch.load(run.weights, weights_only=False)["model"].state_dict()["model.0.conv.weight"].float().numpy()
    first = onnx.load(str(base)).graph.initializer[0]
    assert first.name == "model.0.conv.weight"
    np.testing.assert_allclose(trained, onnx.numpy_helper.to_array(first), rtol=2e-3, atol=1e-3)


def test_what_is_no_network_of_ours_is_one_line(tmp_path: Path, pictures: list[Path]) -> None:
    from training.networks.onnx_to_torch import reopen

    (tmp_path / "noise.onnx").write_bytes(b"\x08\x07\x12not a network")
    small = onnx.load(str(model_path(find_model("aerial-stalls"))))
    del small.graph.initializer[20]
    onnx.save(small, str(tmp_path / "torn.onnx"))
    other = onnx.helper.make_model(onnx.helper.make_graph([], "nothing", [], []))
    onnx.save(other, str(tmp_path / "other.onnx"))
    for name, said in (
        ("noise.onnx", "is no ONNX file"),
        ("torn.onnx", "is missing"),
        ("other.onnx", "known here: yolov8n, yolov8s, yolo11n, yolo11s"),
    ):
        with quiet_torch(1), pytest.raises(ModelUnreadable, match=said) as caught:
            reopen(tmp_path / name, pictures, 64)
        assert str(caught.value).count("\n") == 0
    with pytest.raises(UnsafeWeights, match="no such file"):
        start_of(tmp_path / "none.onnx")


def test_a_model_is_gone_on_from_by_its_name() -> None:
    path = model_path(find_model("aerial-stalls"))
    assert (start_of("aerial-stalls").path, start_of("aerial-stalls").sha256) == (str(path), sha256_of(path))
    with pytest.raises(UnsafeWeights, match="neither a file, a finished run nor a model"):
        start_of("aerial-stools")
