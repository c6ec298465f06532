"""The pages of the models: what serves, what lies on the shelf, what the gate says, what a shadow shows, and drift."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, status
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from api.audit import repository as audit
from api.audit.acts import Act
from api.db.database import Database
from api.db.scope import Scope
from api.dependencies import AppSettings, CurrentScope, Db, MayManage, Now, OfEverything, provided
from api.errors import NotFound
from api.evidence.dependencies import EvidenceFiles
from api.inference.model_cache import shelf_of
from api.inference.promotion import gate_pictures, read_gate_report, roll_back_model
from api.models import drift, repository
from api.models.drawing import draw_both
from api.models.messages import GROUPS, REFUSALS
from api.models.promotions import Promotions, refusing
from api.pages.base import Render
from api.pages.i18n import register_names
from api.web.parameters import Stamp
from models.card import ModelCard
from models.errors import ModelError
from models.shadow import Shadow, end_shadow, set_shadow, shadow_of
from models.shelf import NAME_PATTERN, VERSION_PATTERN, Shelf
from models.shelf_changes import locked

router = APIRouter(include_in_schema=False, dependencies=[OfEverything])  # a model is of no district
register_names("refusal", REFUSALS)
register_names("drift_group", GROUPS)

ModelName = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")]
Version = Annotated[str, Path(pattern=f"^{VERSION_PATTERN}$")]
ThePromotions = Annotated[Promotions, Depends(provided(Promotions))]
SHARES = (0.01, 0.05, 0.2, 1.0)
SHOWN = 12


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model on the list: what serves, or why that cannot be said."""

    name: str
    serving: str | None
    card: ModelCard | None
    versions: int
    shadow: Shadow | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version on the shelf; `fault` in place of a card that is not what was added."""

    version: str
    card: ModelCard | None
    serves: bool
    gate: bool | None
    fault: str = ""


@router.get("/models")
def models_page(scope: CurrentScope, settings: AppSettings, database: Db, now: Now, render: Render) -> HTMLResponse:
    """Show every model with the version in service, and how right they are by the verdicts."""
    shelf = shelf_of(settings)
    with database.read() as connection:
        found = drift.figures(scope, connection, now)
    rows = [_row(shelf, name) for name in shelf.names()]
    fallen = [one for one in found if one.fell]
    return render.page(
        "models.html", active="models", rows=rows, figures=found, fallen=fallen, groups=tuple(drift.Group)
    )


@router.get("/models/disagreements/{wanted}.jpg")
def disagreement_picture(scope: CurrentScope, database: Db, files: EvidenceFiles, wanted: UUID) -> Response:
    """Return a frame on which two versions disagree, with what each saw."""
    with database.read() as connection:
        found = repository.find_disagreement(scope, connection, wanted)
    if found is None:
        raise NotFound(f"there is no disagreement {wanted}")
    picture = draw_both(files.read(found.frame), found)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})


@router.get("/models/{name}")
def model_page(
    scope: CurrentScope, settings: AppSettings, database: Db, render: Render, promotions: ThePromotions, name: ModelName
) -> HTMLResponse:
    """Show the versions of one model, and how its shadow compares."""
    shelf = _known(settings, name)
    with database.read() as connection:
        counts = repository.counts(scope, connection, name)
        differing = repository.disagreements(scope, connection, SHOWN, name)
    return render.page(
        "model.html",
        active="models",
        row=_row(shelf, name),
        versions=[_version(shelf, name, version) for version in shelf.versions(name)],
        before=_before(shelf, name),
        judging=promotions.latest(),
        counts=counts,
        differing=differing,
    )


@router.get("/models/{name}/{version}")
def version_page(
    settings: AppSettings, render: Render, promotions: ThePromotions, name: ModelName, version: Version
) -> HTMLResponse:
    """Show one version: its figures, the gate's verdict with pictures, and the buttons."""
    shelf = _known(settings, name)
    if version not in shelf.versions(name):
        raise NotFound(f"model {name!r} has no version {version!r}")
    return render.page(
        "model_version.html",
        active="models",
        name=name,
        row=_version(shelf, name, version),
        report=read_gate_report(shelf, name, version),
        judging=promotions.latest(),
        shadow=shadow_of(shelf, name),
        shares=SHARES,
        cpu_share=settings.shadow_cpu_share,
    )


@router.get("/models/{name}/{version}/worse/{file}")
def worse_picture(
    settings: AppSettings,
    name: ModelName,
    version: Version,
    file: Annotated[str, Path(pattern=r"^[a-z0-9-]+\.jpg$")],
    v: Stamp = "",
) -> FileResponse:
    """Return a picture that shows where a version is worse."""
    path = gate_pictures(_known(settings, name), name, version) / file
    if not path.is_file() or path.is_symlink():
        raise NotFound(f"model {name} {version} has no picture {file}")
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})


@router.post("/models/{name}/{version}/promote", dependencies=[MayManage])
def promote_from_page(
    scope: CurrentScope, database: Db, settings: AppSettings, promotions: ThePromotions, now: Now, name: ModelName,
    version: Version,
) -> RedirectResponse:  # fmt: skip
    """Ask the gate, and put the version in service if it passes. Raises PromotionRefused."""
    _known(settings, name)
    promotions.begin(name, version, scope.actor.name)
    _record(scope, database, Act.MODEL_PROMOTION, name, now, version)
    return _to(f"/models/{name}/{version}")


@router.post("/models/{name}/rollback", dependencies=[MayManage])
def roll_back_from_page(
    scope: CurrentScope, database: Db, settings: AppSettings, now: Now, name: ModelName
) -> RedirectResponse:
    """Put the version in service that served before. Raises PromotionRefused."""
    shelf = _known(settings, name)
    refusing(lambda: roll_back_model(shelf, name))
    _record(scope, database, Act.MODEL_ROLLED_BACK, name, now, shelf.serving_version(name))
    return _to(f"/models/{name}")


@router.post("/models/{name}/{version}/shadow", dependencies=[MayManage])
def shadow_from_page(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    now: Now,
    name: ModelName,
    version: Version,
    share: Annotated[float, Query(gt=0, le=1)] = 0.05,
) -> RedirectResponse:
    """Let a version look beside the one in service at a share of the frames. Raises PromotionRefused."""
    shelf = _known(settings, name)

    def begin() -> None:
        with locked(shelf, name):
            set_shadow(shelf, name, version, share)

    refusing(begin)
    _record(scope, database, Act.MODEL_SHADOW, name, now, version)
    return _to(f"/models/{name}")


@router.post("/models/{name}/shadow/end", dependencies=[MayManage])
def end_shadow_from_page(
    scope: CurrentScope, database: Db, settings: AppSettings, now: Now, name: ModelName
) -> RedirectResponse:
    """Let no version look beside any more."""
    shelf = _known(settings, name)
    refusing(lambda: end_shadow(shelf, name))
    _record(scope, database, Act.MODEL_SHADOW, name, now, None)
    return _to(f"/models/{name}")


def _record(scope: Scope, database: Database, act: Act, name: str, now: datetime, version: str | None) -> None:
    with database.write() as connection:
        audit.record(scope, connection, act, name, now, details={"version": version})


def _known(settings: AppSettings, name: str) -> Shelf:
    shelf = shelf_of(settings)
    if name not in shelf.names():
        raise NotFound(f"there is no model {name!r}")
    return shelf


def _to(address: str) -> RedirectResponse:
    return RedirectResponse(quote(address), status.HTTP_303_SEE_OTHER)


def _row(shelf: Shelf, name: str) -> ModelRow:
    versions, shadow = len(shelf.versions(name)), shadow_of(shelf, name)
    try:
        serving = shelf.serving_version(name)
        return ModelRow(name, serving, shelf.in_service(name), versions, shadow)
    except ModelError as error:
        return ModelRow(name, None, None, versions, shadow, str(error))


def _version(shelf: Shelf, name: str, version: str) -> VersionRow:
    try:
        serves = shelf.serving_version(name) == version
    except ModelError:
        serves = False
    try:
        report = read_gate_report(shelf, name, version)
        return VersionRow(version, shelf.card(name, version), serves, report.passed if report else None)
    except ModelError as error:
        return VersionRow(version, None, serves, None, str(error))


def _before(shelf: Shelf, name: str) -> str | None:
    """Return the version that `rollback` would put in service; None where none served before."""
    try:
        pointer = shelf.pointer(name)
    except ModelError:
        return None
    return pointer.before[-1] if pointer and pointer.before else None
