"""Putting a model in service, and taking it back: what the command line and a page do."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from models.card import ModelCard
from models.durable import write_text
from models.errors import ShelfUnwritable
from models.registry import verify
from models.shelf import Pointer, Shelf
from models.shelf_changes import locked, promote, roll_back
from training.datasets.manifest import DatasetManifest, read_manifest
from training.datasets.near_copies import refuse_near_copies
from training.datasets.version_store import latest, names, picture_files, verify_version, versions
from training.errors import DatasetInvalid, GateRefused
from training.evaluation.gate import FrozenSet, GateReport, judge


def promote_model(shelf: Shelf, name: str, version: str, sets: Sequence[FrozenSet]) -> GateReport:
    """Put a version in service if the gate lets it pass; what the gate found is kept in `.gate/` beside the versions.

    Raises:
        GateRefused: it may not serve; the message says where it is worse. Nothing was changed.
        ModelError, TrainingError, DetectorError: a version, set or picture cannot be used. Nothing was changed.
    """
    with locked(shelf, name):
        candidate = shelf.card(name, version)
        verify(candidate)
        serving = shelf.in_service(name) if shelf.has(name) else None
        with drawing(shelf, name, version) as pictures:
            report = judge(candidate, serving, sets, pictures=pictures)
        keep_gate_report(shelf, report)
        if not report.passed:
            first, *more = report.refusals
            rest = f"; and {len(more)} more reason{'s' if len(more) > 1 else ''}" if more else ""
            raise GateRefused(f"{name} {version} is not promoted: {first.text}{rest}")
        promote(shelf, name, version)
    return report


def roll_back_model(shelf: Shelf, name: str) -> Pointer:
    """Put the version in service that served before. Raises ModelError; then nothing was changed."""
    with locked(shelf, name):
        return roll_back(shelf, name)


def read_gate_report(shelf: Shelf, name: str, version: str) -> GateReport | None:
    """Return what the gate last found of a version; None where it was never asked."""
    path = _report_path(shelf, name, version)
    return GateReport.model_validate_json(path.read_bytes()) if path.is_file() else None


@contextmanager
def drawing(shelf: Shelf, name: str, version: str) -> Iterator[Path]:
    """Give an empty folder for the pictures of a gate's report; they take the place of earlier ones when this ends.

    Raises:
        ShelfUnwritable: it cannot be made or filled.
    """
    folder = gate_pictures(shelf, name, version)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent, prefix=".new-") as staged:
            yield Path(staged)
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(staged, folder)
    except OSError as error:
        said = error.strerror or error
        raise ShelfUnwritable(f"{folder}: cannot be written ({said}); nothing was promoted") from error


def gate_pictures(shelf: Shelf, name: str, version: str) -> Path:
    """Return the folder of the pictures that show where a version is worse (`Refusal.drawn`); it need not exist."""
    return _report_path(shelf, name, version).with_suffix("")


def sets_of_training(root: Path, base: ModelCard, dataset: str) -> list[FrozenSet]:
    """Return what a candidate trained on a data set is compared on: its held-out pictures, which are the goal.

    And those of every other data set whose classes the base knows and of which it has seen no held-out picture.
    """
    found = [replace(one, goal=True) for one in frozen_sets(root, base, None, [dataset])]
    for name in names(root):
        if name == dataset or not _shows(read_manifest(latest(root, name)), base):
            continue
        with suppress(DatasetInvalid):  # the base has seen pictures that this one holds out: it says nothing
            found += [replace(one, goal=False) for one in frozen_sets(root, base, None, [name])]
    return found


def frozen_sets(root: Path, candidate: ModelCard, serving: ModelCard | None, wanted: Sequence[str]) -> list[FrozenSet]:
    """Return the held-out sides to judge a candidate on.

    Args:
        root: the folder of data sets, `data_dir/datasets`.
        wanted: names of data sets there, or folders of others; where there are none, every data set there whose
            classes the candidate knows.

    What the candidate was trained on, and the one in service was not, is its goal; a set of which it has seen
    held-out pictures is refused.
    """
    if not wanted:
        wanted = [name for name in names(root) if _shows(read_manifest(latest(root, name)), candidate)]
    trained = {source.name for source in candidate.data if source.role == "train"}
    trained -= {source.name for source in serving.data if source.role == "train"} if serving else set()
    return [_frozen_set(root, one, candidate, trained) for one in wanted]


def _frozen_set(root: Path, wanted: str, candidate: ModelCard, trained: set[str]) -> FrozenSet:
    if (folder := Path(wanted)).is_dir() and wanted not in names(root):
        return FrozenSet(
            folder, folder.resolve().name, goal=folder.resolve().name in {Path(one).name for one in trained}
        )
    folder = latest(root, wanted)
    manifest = verify_version(folder)
    held = {one.sha256 for one in manifest.of("val")}
    _refuse_copies(root, folder, manifest, candidate)
    same: set[str] = set()
    for version in versions(root, wanted):
        other = read_manifest(version)
        if other.evaluation == manifest.evaluation:
            same |= {version.name, f"{wanted}/{version.name}"}
        if f"{wanted}/{version.name}" in {one.name for one in candidate.data if one.role == "train"}:
            seen = held & {one.sha256 for one in other.of("train")}
            if seen:
                raise DatasetInvalid(
                    f"{candidate.name} {candidate.version} was trained on {len(seen)} of the held-out pictures of "
                    f"{wanted} ({version.name}): train it again on {folder.name}"
                )
    goal = any(name.startswith(f"{wanted}/") for name in trained)
    return FrozenSet(folder, wanted, goal=goal, same_as=frozenset(same))


def _refuse_copies(root: Path, folder: Path, manifest: DatasetManifest, candidate: ModelCard) -> None:
    """Refuse to judge a candidate by pictures of which it was trained on copies, in whichever data set they lie."""
    trained: dict[str, Path] = {}
    for name in dict.fromkeys(one.name for one in candidate.data if one.role == "train"):
        path = root / name
        if name.count("/") == 1 and path.parent.name in names(root) and path in versions(root, path.parent.name):
            other = read_manifest(path)
            files = picture_files(path, other)
            trained |= {one.sha256: files[one.sha256] for one in other.of("train")}
    held = picture_files(folder, manifest)
    refuse_near_copies(
        [path for sha256, path in trained.items() if sha256 not in held],
        [held[one.sha256] for one in manifest.of("val")],
    )


def _shows(manifest: DatasetManifest, candidate: ModelCard) -> bool:
    return set(manifest.classes) <= set(candidate.classes)


def _report_path(shelf: Shelf, name: str, version: str) -> Path:
    return shelf.folder / name / ".gate" / f"{version}.json"


def keep_gate_report(shelf: Shelf, report: GateReport) -> None:
    """Keep what the gate found of a version, for the page and for `models versions`. Raises ShelfUnwritable."""
    path = _report_path(shelf, report.model, report.version)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".part")
        write_text(report.model_dump_json(indent=2) + "\n", half)
        half.replace(path)
    except OSError as error:
        raise ShelfUnwritable(f"{path}: cannot be written ({error.strerror}); nothing was promoted") from error
