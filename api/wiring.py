"""The only place that knows everybody: cameras, models, rulebook and store put together into something that runs."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from api.context import MapZone
from api.engines import choose_engine, records_folder
from api.settings import Settings, Wanted
from api.store.cameras import RegisteredCamera
from detector.calibration import ControlPoint, calibrate, read_points
from detector.engine import OnnxModel, load_model
from detector.errors import CalibrationError
from detector.fixed_camera import FixedCamera
from detector.look import Look
from detector.rulebook import Rule, Rulebook
from detector.zones import Zone
from models.registry import find_model, list_models
from streams.address import PRIVATE_NETWORKS, Network, Reach
from streams.cameras_file import CameraConfig, read_cameras
from streams.job import CameraJob
from streams.survey import Find

STREET = "street"
STALLS = "aerial-stalls"
OBLIQUE = "oblique-stalls"
CAMERAS = "street-cameras"


class ModelShelf:
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
    def of(cls, settings: Settings, folder: Path | None = None) -> "ModelShelf":
        """With the engine that the operator has set."""
        return cls(folder, settings.engine, records_folder(settings.data_dir))

    def has(self, name: str) -> bool:
        """Whether a card of that name is on the shelf."""
        return any(card.name == name for card in list_models(self._folder))


@dataclass(frozen=True, slots=True)
class Spec:
    """What one camera's look is made of: `lat`, `lon` are the geotag of last resort."""

    id: str
    models: tuple[str, ...]
    camera: FixedCamera | None = None
    lat: float | None = None
    lon: float | None = None


def look_for(spec: Spec, rulebook: Rulebook, shelf: ModelShelf) -> Look:
    """One camera's look: the models it was told to use, and the everyday objects that occupancy must not mistake."""
    position = None if spec.lat is None or spec.lon is None else (spec.lat, spec.lon)
    models = [shelf.get(name) for name in spec.models]
    objects = shelf.get(STREET) if shelf.has(STREET) else None
    return Look(spec.id, rulebook, models, objects, spec.camera, position)


def default_models(shelf: ModelShelf) -> tuple[str, ...]:
    """What a fixed camera looks with where nobody has said: at stalls and signs as they look from a pole, at shop
    fronts; the first that knows a class looks for it."""
    elevated = CAMERAS if shelf.has(CAMERAS) else OBLIQUE
    return tuple(name for name in (elevated, STREET) if shelf.has(name))


def read_camera(points: Path | None) -> FixedCamera | None:
    """A fixed camera from its file of control points; raises CalibrationError."""
    return None if points is None else calibrate(read_points(points)).camera


@dataclass(frozen=True, slots=True)
class Site:
    """The cameras of a file, and what each one's look and reading are made of."""

    cameras: tuple[CameraConfig, ...]
    specs: dict[str, Spec]
    jobs: tuple[CameraJob, ...]


def read_site(
    path: Path, shelf: ModelShelf, networks: Sequence[Network] = PRIVATE_NETWORKS, *, loopback: bool = False
) -> Site:
    """Cameras and their calibrations from a camera file; calibrations lie beside it.

    Raises CamerasInvalid or ModelError before anything is started.
    """
    cameras = read_camera_file(path, shelf, networks, loopback=loopback)
    specs = {camera.id: spec_of(camera, shelf) for camera in cameras}
    reach = Reach(tuple(networks), loopback)
    jobs = tuple(job_of(camera.config, reach) for camera in cameras)
    return Site(tuple(camera.config for camera in cameras), specs, jobs)


def read_camera_file(
    path: Path, shelf: ModelShelf, networks: Sequence[Network] = PRIVATE_NETWORKS, *, loopback: bool = False
) -> tuple[RegisteredCamera, ...]:
    """A camera file with the control points that it names; raises CamerasInvalid with every fault and its line."""
    points: dict[str, tuple[ControlPoint, ...]] = {}

    def check(camera: CameraConfig) -> Iterator[tuple[str, str]]:
        unknown = [name for name in camera.models if not shelf.has(name)]
        if unknown:
            yield "models", f"there is no model {', '.join(unknown)}"
        if camera.calibration:
            try:
                points[camera.id] = tuple(read_points(path.parent / camera.calibration))
                calibrate(points[camera.id])
            except CalibrationError as error:
                yield "calibration", str(error)

    cameras = read_cameras(path, networks, loopback=loopback, check=check)
    return tuple(RegisteredCamera(camera, points.get(camera.id, ())) for camera in cameras)


def spec_of(camera: RegisteredCamera, shelf: ModelShelf) -> Spec:
    """What a camera's look is made of, its models loaded; raises ModelError or CalibrationError."""
    config = camera.config
    models = config.models or default_models(shelf)
    for name in models:
        shelf.get(name)
    calibrated = calibrate(camera.points).camera if camera.points else None
    return Spec(config.id, models, calibrated, config.lat, config.lon)


def job_of(camera: CameraConfig, reach: Reach) -> CameraJob:
    """How a camera is read, and where it may stand whenever it is opened."""
    substream = camera.substream.url if camera.substream else None
    return CameraJob(camera.id, camera.address.url, camera.every, camera.transport, substream, reach=reach)


def map_zones(rulebook: Rulebook) -> tuple[MapZone, ...]:
    """The rulebook's zones on the ground, for the map."""
    return tuple(MapZone(zone.id, zone.kind, zone.corners) for zone in rulebook.zones if zone.on_ground)


def without_rulebook(cameras: Sequence[str]) -> Rulebook:
    """Stands in where no rulebook was given: whatever stands anywhere in view is worth a look, and nothing is known.

    Every ruling is `unknown`: what is allowed where, and what has a permit, nobody has said.
    """
    everywhere = ((-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6))
    return _nothing_known([Zone(f"view of {camera}", "view", everywhere, camera) for camera in cameras])


def rules_without_book(finds: Sequence[Find]) -> Rulebook:
    """Stands in for a survey's rulebook where none was given: all ground flown over is in view, nothing is known."""
    positions = [find.sighting.position for find in finds if find.sighting.position]
    lat, lon = (positions[0].lat, positions[0].lon) if positions else (0.0, 0.0)
    around = ((lon - 0.5, lat - 0.5), (lon + 0.5, lat - 0.5), (lon + 0.5, lat + 0.5), (lon - 0.5, lat + 0.5))
    return _nothing_known([Zone("ground flown over", "view", around)])


def _nothing_known(zones: Sequence[Zone]) -> Rulebook:
    stalls = Rule("no-rulebook", ("stall",), ("view",), dwell=timedelta(minutes=5), permit_required=True)
    signs = Rule("no-rulebook-signs", ("signboard", "cantilever_sign", "window_ad"), ("view",), permit_required=True)
    return Rulebook.of("none", ZoneInfo("UTC"), zones, (stalls, signs), None)
