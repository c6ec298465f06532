"""The sets to go on with: held-out cameras stay out, signs of rendered walls are left open."""

from pathlib import Path

import pytest

from tests.training.datasets.test_pole_set import BOX, frames, shared  # noqa: F401  # fixtures
from tests.training.sets import save_picture
from training.datasets.labels import open_set, read_pictures
from training.datasets.pole_more import MOST, Mix, build
from training.datasets.pole_set import NAMES, PolePart
from training.datasets.pole_set import build as build_first
from training.datasets.pole_views import CLASSES, SIGNS_UNKNOWN


def test_the_mix_holds_every_part_and_no_held_out_camera(
    shared: Path,  # noqa: F811
    frames: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(MOST[Mix.SIGNS], "fronts", 3)
    save_picture(shared / "data/shop_signs/train", "shop_a", [f"0 {BOX}"])
    save_picture(shared / "data/shop_signs/train", "shop_b", [f"0 {BOX}"])
    base, out = tmp_path / "base", tmp_path / "more"
    build_first(shared, tmp_path / "none", frames, base, without=[PolePart.COMPOSITES])
    counts = build(base, [frames], shared, out, Mix.SIGNS)
    assert counts["fronts"][0] == 3
    assert counts["labelled"][0] == 4  # of the one camera whose signs are labelled
    described = open_set(out)
    assert described.learned == CLASSES
    assert described.train is not None
    kept = {p.path.stem: [box.cls for box in p.labels] for p in read_pictures(described.train, len(NAMES))}
    assert not any("vn00" in name for name in kept)
    assert sorted(kept["rendered-frames-rendered-00000"]) == [0, SIGNS_UNKNOWN]
    assert [p.path.stem for p in read_pictures(described.val, len(CLASSES))] == ["vn00_00"]
