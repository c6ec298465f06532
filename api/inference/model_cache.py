"""Models by name, each loaded once and shared; a version that is put in service takes the place of the one before."""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from api.inference.engine_choice import choose_engine, records_folder
from api.settings import Settings, Wanted
from detector.errors import DetectorError
from detector.vision.engine import OnnxModel, load_card
from models import registry
from models.card import ModelCard
from models.errors import ModelError
from models.registry import find_model, list_models
from models.shelf import Shelf

log = logging.getLogger(__name__)

Mark = tuple[int, int, int] | None
"""Of the file that says which version serves: another mark, another version (`Shelf.pointer_mark`)."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    model: OnnxModel
    mark: Mark  # the last one that was looked at, also where its version could not be loaded


class ModelCache:
    """Models by name, each loaded once and shared by all cameras; thread-safe.

    With a shelf, whoever asks gets the version that serves at that moment. What is loaded never changes: a model that
    somebody holds goes on being the version that it was. Whoever looks at a frame asks once, before the look.
    """

    def __init__(
        self,
        folder: Path | None = None,
        engine: Wanted = "onnxruntime",
        records: Path = Path(),
        shelf: Shelf | None = None,
    ) -> None:
        """`folder` holds cards (the shipped ones when absent) and takes the place of the shelf.

        `records` is the folder of `streetwarden models agree`, which says where another engine may be used.
        """
        self._folder = folder
        self._shelf = shelf if folder is None else None
        self._engine = engine
        self._records = records
        self._lock = threading.Lock()
        self._loaded: dict[str, _Loaded] = {}
        self._loading: set[str] = set()

    def get(self, name: str) -> OnnxModel:
        """Return the model that serves, verified against its card; raises ModelError, ModelInputError or EngineRefused.

        Where a new version cannot be loaded, the one before serves on, and the log says so once.
        """
        mark = self._shelf.pointer_mark(name) if self._shelf else None
        with self._lock:
            known = self._loaded.get(name)
            if known is None:
                known = self._loaded[name] = _Loaded(self._load(name), mark)
            if known.mark == mark or name in self._loading:
                return known.model
            self._loading.add(name)  # the others look on with the version before while this thread loads the new one
        model = known.model
        try:
            model = self._load(name)
            log.info("model %s: version %s is in service now", name, model.identity.version)
        except (ModelError, DetectorError) as error:
            log.error("model %s: version %s stays in service: %s", name, model.identity.version, error)
        finally:
            with self._lock:
                self._loaded[name] = _Loaded(model, mark)
                self._loading.discard(name)
        return model

    def get_all(self, names: Iterable[str]) -> dict[str, OnnxModel]:
        """Return the models of one look, each name asked once: a look never works with two versions of one model."""
        return {name: self.get(name) for name in dict.fromkeys(names)}

    @classmethod
    def of(cls, settings: Settings, folder: Path | None = None) -> "ModelCache":
        """With the operator's engine and shelf; a folder of cards takes the shelf's place."""
        return cls(folder, settings.engine, records_folder(settings.data_dir), shelf_of(settings))

    def has(self, name: str) -> bool:
        """Return whether a model of that name serves."""
        if self._shelf is not None:
            return self._shelf.has(name)
        return any(card.name == name for card in list_models(self._folder))

    def _load(self, name: str) -> OnnxModel:
        card = self._card(name)
        return load_card(card, choose_engine(card, self._engine, self._records))

    def _card(self, name: str) -> ModelCard:
        return self._shelf.in_service(name) if self._shelf else find_model(name, self._folder)


def pinned(get: Callable[[str], OnnxModel]) -> Callable[[str], OnnxModel]:
    """As `get`, but a name that was asked once gives the same model ever after; for one thread."""
    held: dict[str, OnnxModel] = {}

    def get_once(name: str) -> OnnxModel:
        if name not in held:
            held[name] = get(name)
        return held[name]

    return get_once


def shelf_of(settings: Settings) -> Shelf:
    """Return the models of this service: `models/` in its data folder, beside the shipped ones."""
    return Shelf(settings.data_dir / "models", registry.WEIGHTS)
