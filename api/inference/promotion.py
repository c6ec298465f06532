"""Putting a model in service, and taking it back: what the command line and a page do."""

from collections.abc import Sequence
from pathlib import Path

from models.card import ModelCard
from models.durable import write_text
from models.errors import ShelfUnwritable
from models.registry import verify
from models.shelf import Pointer, Shelf
from models.shelf_changes import locked, promote, roll_back
from training.datasets.manifest import DatasetManifest, read_manifest
from training.datasets.version_store import latest, names, verify_version, versions
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
        report = judge(candidate, serving, sets)
        _keep(shelf, report)
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


def _shows(manifest: DatasetManifest, candidate: ModelCard) -> bool:
    return set(manifest.classes) <= set(candidate.classes)


def _report_path(shelf: Shelf, name: str, version: str) -> Path:
    return shelf.folder / name / ".gate" / f"{version}.json"


def _keep(shelf: Shelf, report: GateReport) -> None:
    path = _report_path(shelf, report.model, report.version)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".part")
        write_text(report.model_dump_json(indent=2) + "\n", half)
        half.replace(path)
    except OSError as error:
        raise ShelfUnwritable(f"{path}: cannot be written ({error.strerror}); nothing was promoted") from error
