"""Old pictures mixed into a training, so that a model does not forget what it knew (rehearsal).

They are those that the base was trained on, of data sets that are still on this machine. As many as are new.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from models.card import ModelCard
from training.datasets.manifest import DatasetManifest, read_manifest

SHARE: Final = 1.0
"""Old pictures for each new one, at most.

With 50 new ones and the gentle rate, what was forgotten with and without old ones was the same within the interval
(docs/trials.md, "Small sets"). They cost as much as they are many.
"""


def old_pictures(root: Path, base: ModelCard, manifest: DatasetManifest) -> tuple[Path, ...]:
    """Return pictures that the base was trained on and that this version of a data set does not show.

    Args:
        root: the folder of data sets, in which the versions lie that the base's card names.
        base: the model that is gone on from.
        manifest: what is trained on; none of its held-out pictures, groups or tiles comes back.

    None where the set adds a class: nobody labelled it in the old pictures, which would teach that it is not there.
    """
    if tuple(manifest.classes) != tuple(base.classes):
        return ()
    wanted = round(len(manifest.of("train")) * SHARE)
    seen = {one.sha256 for one in manifest.pictures}
    held = {one.group for one in manifest.of("val")}
    found: dict[str, Path] = {}
    for folder in _versions(root, base):
        old = read_manifest(folder)
        if old.classes != manifest.classes:
            continue
        for one in old.of("train"):
            if one.sha256 not in seen and one.group not in held:
                found.setdefault(one.sha256, folder / one.side / "images" / one.file)
    order = sorted(found)
    random.Random(manifest.version).shuffle(order)
    return tuple(found[sha256] for sha256 in order[:wanted])


def _versions(root: Path, base: ModelCard) -> Sequence[Path]:
    """Return the folders of the data sets that a card says its model was trained on, the latest first."""
    names = dict.fromkeys(source.name.split(",", 1)[0] for source in base.data if source.role == "train")
    folders = [root / name for name in names if name.count("/") == 1 and ".." not in name]
    return [folder for folder in folders if folder.is_dir() and folder.resolve().is_relative_to(root.resolve())][::-1]
