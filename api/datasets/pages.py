"""The pages of data sets: which versions there are, what each holds and lacks, and pictures of it."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, HTMLResponse

from api.datasets import service
from api.datasets.messages import SPLITS
from api.datasets.schemas import FEW, ClassCount, DatasetVersionOut
from api.dependencies import AppSettings, OfEverything
from api.errors import NotFound
from api.pages.base import Render
from api.pages.i18n import register_names
from training.datasets.interchange import Side
from training.datasets.manifest import DatasetManifest, read_manifest
from training.datasets.version_store import verify_version
from training.errors import DatasetInvalid

router = APIRouter(include_in_schema=False, dependencies=[OfEverything])  # a data set is of no district
register_names("split_by", SPLITS)
Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Version = Annotated[str, Path(pattern=r"^[0-9]{1,10}-[0-9a-f]{12}$")]
SAMPLES: Final = 12
MEDIA: Final = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


@dataclass(frozen=True, slots=True)
class SampleBox:
    """A box of a sample picture, in its pixels."""

    class_name: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class SamplePicture:
    """A picture of a version as the page shows it."""

    side: Side
    file: str
    width: int
    height: int
    where: str
    boxes: tuple[SampleBox, ...]


@router.get("/datasets")
def datasets_page(settings: AppSettings, render: Render) -> HTMLResponse:
    """Show every data set, and make a new version from labels or a ZIP."""
    return render.page("datasets.html", active="labels", datasets=service.list_datasets(settings.datasets_dir), few=FEW)


@router.get("/datasets/{name}/{version}")
async def dataset_page(
    settings: AppSettings, render: Render, name: Name, version: Version, check: Annotated[bool, Query()] = False
) -> HTMLResponse:
    """Show one version: counts by class and side, what it lacks, some pictures; with `check`, look at every file."""
    folder = service.find_version(settings.datasets_dir, name, version)
    fault, checked, manifest = None, False, None
    try:
        manifest = read_manifest(folder)
        if check:
            await run_in_threadpool(verify_version, folder)
            checked = True
    except DatasetInvalid as error:
        fault = str(error).replace(f"{folder}/", "")
    shown = DatasetVersionOut.of(manifest) if manifest else None
    return render.page(
        "dataset.html",
        active="labels",
        name=name,
        version=version,
        shown=shown,
        acts=manifest.acts if manifest else (),
        short=_short(shown.classes) if shown else (),
        few=FEW,
        samples=_samples(manifest) if manifest else (),
        fault=fault,
        checked=checked,
    )


@router.get("/datasets/{name}/{version}/{side}/{file}")
def dataset_picture(settings: AppSettings, name: Name, version: Version, side: Side, file: str) -> FileResponse:
    """Return a picture of a version; only those that its manifest names."""
    folder = service.find_version(settings.datasets_dir, name, version)
    try:
        known = any(one.file == file and one.side == side for one in read_manifest(folder).pictures)
    except DatasetInvalid as error:
        raise NotFound(str(error)) from error
    path = folder / side / "images" / file
    if not known or not path.is_file() or path.suffix not in MEDIA:
        raise NotFound(f"the version has no picture {file!r} that a browser shows")
    return FileResponse(path, media_type=MEDIA[path.suffix], headers={"Cache-Control": "private, max-age=86400"})


def _short(classes: list[ClassCount]) -> tuple[ClassCount, ...]:
    return tuple(one for one in classes if min(one.train, one.val) < FEW)


def _samples(manifest: DatasetManifest) -> tuple[SamplePicture, ...]:
    """Return some pictures of each side, spread over the version, those with boxes first."""
    found: list[SamplePicture] = []
    sides: tuple[Side, Side] = ("train", "val")
    for side in sides:
        pictures = sorted(manifest.of(side), key=lambda one: not one.boxes)
        step = max(1, len(pictures) // (SAMPLES // 2))
        for one in pictures[::step][: SAMPLES // 2]:
            boxes = tuple(
                SampleBox(
                    manifest.classes[box.cls],
                    (box.x - box.width / 2) * one.width,
                    (box.y - box.height / 2) * one.height,
                    box.width * one.width,
                    box.height * one.height,
                )
                for box in one.boxes
            )
            found.append(SamplePicture(side, one.file, one.width, one.height, one.group, boxes))
    return tuple(found)
