"""Models by name, each loaded once and shared."""

import threading
from pathlib import Path

from api.inference.engine_choice import choose_engine, records_folder
from api.settings import Settings, Wanted
from detector.vision.engine import OnnxModel, load_model
from models.registry import find_model, list_models


class ModelCache:
    """Models by name, each loaded once and shared by all cameras; thread-safe."""

    def __init__(self, folder: Path | None = None, engine: Wanted = "onnxruntime", records: Path = Path()) -> None:
        """`records` is the folder of `streetwarden models agree`, which says where another engine may be used."""
        self._folder = folder
        self._engine = engine
        self._records = records
        self._lock = threading.Lock()
        self._loaded: dict[str, OnnxModel] = {}

    def get(self, name: str) -> OnnxModel:
        """The model, verified against its card; raises ModelError, ModelInputError or EngineRefused."""
        with self._lock:
            if name not in self._loaded:
                engine = choose_engine(find_model(name, self._folder), self._engine, self._records)
                self._loaded[name] = load_model(name, self._folder, engine)
            return self._loaded[name]

    @classmethod
    def of(cls, settings: Settings, folder: Path | None = None) -> "ModelCache":
        """With the engine that the operator has set."""
        return cls(folder, settings.engine, records_folder(settings.data_dir))

    def has(self, name: str) -> bool:
        """Whether a card of that name is on the shelf."""
        return any(card.name == name for card in list_models(self._folder))
