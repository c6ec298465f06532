"""Data sets over HTTP: which there are, a new version from labels, a new version from a ZIP."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, status

from api.datasets import service
from api.datasets.schemas import DatasetOut, DatasetVersionOut
from api.dependencies import AppSettings, CurrentScope, Db, MayManage, Now, OfEverything
from api.evidence.dependencies import EvidenceFiles
from api.labels.dataset import make_version
from api.web.problems import problem_responses

router = APIRouter(tags=["data sets"], prefix="/datasets", dependencies=[OfEverything])
DatasetName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
View = Annotated[Literal["street", "pole", "oblique", "above"], Query(description="How the pictures show the street.")]
Licence = Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
ZIP_BODY: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("", responses=problem_responses(422))
def list_datasets(settings: AppSettings) -> list[DatasetOut]:
    """Every data set with its newest version."""
    return service.list_datasets(settings.datasets_dir)


@router.post(
    "/{name}/from-labels",
    dependencies=[MayManage],
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(400, 403, 413, 422),
)
def from_labels(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    evidence_files: EvidenceFiles,
    now: Now,
    name: DatasetName,
    view: View = "street",
) -> DatasetVersionOut:
    """Make the next version of a data set from complete frames and verdicts; `notes` say what was left out."""
    root = settings.datasets_dir
    result = make_version(scope, database, evidence_files, root, name, view, scope.actor.name, now)
    return DatasetVersionOut.of(result.manifest, result.notes)


@router.put(
    "/{name}/archive",
    dependencies=[MayManage],
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(400, 403, 413, 422, 507),
    openapi_extra=ZIP_BODY,
)
async def put_archive(
    settings: AppSettings, request: Request, name: DatasetName, view: View = "street", licence: Licence = ""
) -> DatasetVersionOut:
    """Make the next version of a data set from what a labelling tool exported, as a ZIP; every fault is named."""
    announced = request.headers.get("content-length", "")
    length = int(announced) if announced.isdigit() else None
    return await service.take_archive(settings, name, view, licence, request.stream(), length)
