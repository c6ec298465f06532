"""Composition of cameras, models, rulebook and store into the watchers that run."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path

from api.cameras.repository import RegisteredCamera
from api.inference.model_cache import ModelCache
from api.inference.model_choice import STREET, default_models
from api.models.shadow_runner import ShadowRunner
from detector.candidate import Origin
from detector.errors import CalibrationError
from detector.geometry.calibration import ControlPoint, calibrate, read_points
from detector.geometry.fixed_camera import FixedCamera
from detector.look import Look
from detector.rules.rulebook import Rulebook
from detector.vision.engine import OnnxModel
from streams.camera.address import PRIVATE_NETWORKS, Network, Reach
from streams.camera.config_file import CameraConfig, read_cameras
from streams.camera.job import CameraJob


@dataclass(frozen=True, slots=True)
class LookSpec:
    """What one camera's look is made of: `lat`, `lon` are the geotag of last resort, `origin` is what it is."""

    id: str
    models: tuple[str, ...]
    camera: FixedCamera | None = None
    lat: float | None = None
    lon: float | None = None
    origin: Origin = field(default_factory=Origin)


def build_look(spec: LookSpec, rulebook: Rulebook, shelf: ModelCache, shadows: ShadowRunner | None = None) -> Look:
    """One camera's look: the models it was told to use, and the everyday objects that occupancy must not mistake.

    Before each frame it takes the versions that serve then. `shadows` may look at the frames of strong looks, too.
    """
    position = None if spec.lat is None or spec.lon is None else (spec.lat, spec.lon)
    objects = (STREET,) if shelf.has(STREET) else ()

    def serving() -> tuple[list[OnnxModel], OnnxModel | None]:
        found = shelf.get_all((*spec.models, *objects))
        return [found[name] for name in spec.models], found.get(STREET) if objects else None

    look = Look(spec.id, rulebook, *serving(), spec.camera, position, spec.origin)
    look.serving = serving
    if shadows is not None:
        beside, district = shadows, spec.origin.district
        look.beside = lambda frame: beside.offer(spec.id, district, frame, spec.models)
    return look


def read_camera(points: Path | None) -> FixedCamera | None:
    """Return a fixed camera from its file of control points; raises CalibrationError."""
    return None if points is None else calibrate(read_points(points)).camera


@dataclass(frozen=True, slots=True)
class Site:
    """The cameras of a file, and what each one's look and reading are made of."""

    cameras: tuple[CameraConfig, ...]
    specs: dict[str, LookSpec]
    jobs: tuple[CameraJob, ...]


def read_site(
    path: Path, shelf: ModelCache, networks: Sequence[Network] = PRIVATE_NETWORKS, *, loopback: bool = False
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
    path: Path, shelf: ModelCache, networks: Sequence[Network] = PRIVATE_NETWORKS, *, loopback: bool = False
) -> tuple[RegisteredCamera, ...]:
    """Return a camera file with the control points that it names.

    Raises CamerasInvalid with every fault and its line.
    """
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


def spec_of(camera: RegisteredCamera, shelf: ModelCache) -> LookSpec:
    """Return what a camera's look is made of, its models loaded; raises ModelError or CalibrationError."""
    config = camera.config
    models = config.models or default_models(shelf)
    for name in models:
        shelf.get(name)
    calibrated = calibrate(camera.points).camera if camera.points else None
    return LookSpec(config.id, models, calibrated, config.lat, config.lon, origin_of(camera))


def origin_of(camera: RegisteredCamera) -> Origin:
    """Return what a camera's candidates come from; one that is in no registry has no version to refer to."""
    printed = json.dumps([astuple(point) for point in camera.points])
    return Origin(
        district=camera.config.district or None,
        grade=camera.config.grade,
        camera_id=camera.id if camera.since else None,
        camera_version=camera.since or None,
        calibration=hashlib.sha256(printed.encode()).hexdigest() if camera.points else None,
    )


def job_of(camera: CameraConfig, reach: Reach) -> CameraJob:
    """Return how a camera is read, and where it may stand whenever it is opened."""
    substream = camera.substream.url if camera.substream else None
    return CameraJob(camera.id, camera.address.url, camera.every, camera.transport, substream, reach=reach)
