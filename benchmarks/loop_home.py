"""A data folder of its own for `benchmarks/loop.py`: data sets, runs and the shelf of models, as a service has them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from api.inference.promotion import frozen_sets, promote_model
from benchmarks.loop_truth import HiddenPicture, HiddenSet, write_export
from models.card import ModelCard
from models.shelf import Shelf
from models.shelf_changes import add
from training.datasets.importing import ImportWish, import_export
from training.datasets.version_store import latest
from training.evaluation.gate import GateReport
from training.finetune import finetune
from training.publish import publish
from training.runs.job import run_training
from training.runs.plan import TrainingPlan, has_bf16, next_version, plan_training
from training.runs.schedule import Schedule

BASE_EPOCHS = 8


@dataclass(frozen=True)
class Home:
    """`folder` holds all; `image_size` in pixels is small, so that a core trains in minutes."""

    folder: Path
    shared: Path
    image_size: int = 224

    @property
    def datasets(self) -> Path:
        return self.folder / "datasets"

    @property
    def shelf(self) -> Shelf:
        shipped = self.folder / "shipped"
        shipped.mkdir(parents=True, exist_ok=True)
        return Shelf(self.folder / "models", shipped)

    def labelled(
        self, name: str, truth: HiddenSet, pictures: Sequence[HiddenPicture], held_out: Sequence[HiddenPicture] = ()
    ) -> Path:
        """Bring labelled pictures in as the next version of a data set, by the importer that a city uses."""
        classes = self.folder / f"{truth.name}-classes.yaml"
        classes.parent.mkdir(parents=True, exist_ok=True)
        classes.write_text("".join(f"{one}: {one}\n" for one in truth.classes), encoding="utf-8")
        export = write_export(self.folder / "export", truth.classes, pictures, held_out)
        wish = ImportWish(name, "benchmark", "yolo", truth.view, classes, None, "not ours to redistribute", truth.name)
        return import_export(export, self.datasets, wish, datetime.now(UTC)).folder

    def first_model(self, dataset: str, model: str, run: str, view: str, seed: int, rate: float = 1e-3) -> ModelCard:
        """Train the model that serves at first, from COCO's weights, and promote it."""
        folder = latest(self.datasets, dataset)
        schedule = Schedule(
            epochs=BASE_EPOCHS,
            image_size=self.image_size,
            batch=8,
            learning_rate=rate,
            flip_up_down=0.5 if view == "above" else 0.0,
        )
        base = self.shared / "weights/yolo11n.pt"
        made = finetune(folder, base, run, runs=self.folder / "runs", schedule=schedule, seed=seed)
        publish(made, folder, model, "1", folder=made.folder / "model")
        add(self.shelf, made.folder / "model")
        self.promote(model, "1", [dataset])
        return self.shelf.in_service(model)

    def plan(self, dataset: str, base: ModelCard) -> TrainingPlan:
        """Return what the product would do with the newest version, at this benchmark's size."""
        plan = plan_training(latest(self.datasets, dataset), base, bf16=has_bf16())
        return replace(plan, schedule=replace(plan.schedule, image_size=self.image_size, input_size=None))

    def train(self, plan: TrainingPlan, run: str, seed: int, judged: Sequence[str]) -> GateReport:
        """Train a candidate, put it onto the shelf, and return what the gate finds on these data sets."""
        serving = plan.base
        sets = frozen_sets(self.datasets, serving, None, judged)
        version = next_version(self.shelf.versions(serving.name))
        result = run_training(plan, run, version, serving, sets, runs=self.folder / "runs", seed=seed)
        add(self.shelf, result.candidate.folder)
        return result.report

    def promote(self, model: str, version: str, judged: Sequence[str]) -> GateReport:
        """Ask the gate, as `streetwarden models promote` does. Raises GateRefused."""
        shelf = self.shelf
        serving = shelf.in_service(model) if shelf.has(model) else None
        return promote_model(
            shelf, model, version, frozen_sets(self.datasets, shelf.card(model, version), serving, judged)
        )
