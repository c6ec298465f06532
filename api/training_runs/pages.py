"""The pages of the training runs: begun with a button, how far each is, how good it became. No torch."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Path, Query, status
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse

from api.audit import repository as audit
from api.audit.acts import Act
from api.cameras.dependencies import Live
from api.dependencies import AppSettings, CurrentScope, Db, MayManage, Now, OfEverything
from api.errors import NotFound, TrainingRefused
from api.pages.base import Render
from api.pages.i18n import register_names
from api.training_runs import service
from api.training_runs.chart import draw_curves, draw_losses
from api.training_runs.jobs import cancel, status_of
from api.training_runs.messages import JOB_STATES, MISTAKES, RUN_STATES
from api.web.parameters import Stamp
from streams.camera.state import CameraState
from training.evaluation.contact_sheet import sheet_size
from training.evaluation.mistakes import MistakeKind
from training.runs.progress import RunProgress, RunState, find_run, list_runs, sheet_path

router = APIRouter(include_in_schema=False, dependencies=[OfEverything])  # pictures of data sets are of no district
register_names("run_state", RUN_STATES)
register_names("mistake", MISTAKES)
register_names("job_state", JOB_STATES)

Name = Annotated[str, Path(max_length=100)]
NameQuery = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for in place of the product's choice; None where the form's field was left empty."""

    asked: dict[str, int | float | None]


def asked_for(
    epochs: Annotated[str, Query(max_length=10)] = "",
    learning_rate: Annotated[str, Query(max_length=20)] = "",
    image_size: Annotated[str, Query(max_length=10)] = "",
) -> Asked:
    """Return what the form's fields say. Raises TrainingRefused where one is no number."""
    try:
        return Asked(
            {
                "epochs": int(epochs) if epochs.strip() else None,
                "learning_rate": float(learning_rate) if learning_rate.strip() else None,
                "image_size": int(image_size) if image_size.strip() else None,
            }
        )
    except ValueError as error:
        raise TrainingRefused(f"epochs, rate and size are numbers: {error}") from error


WishQuery = Annotated[Asked, Depends(asked_for)]


@router.get("/training")
def training_page(settings: AppSettings, now: Now, render: Render) -> HTMLResponse:
    """Show what could be trained, and every training run, the latest first."""
    runs = list_runs(settings.runs_dir, now)
    waiting = service.waiting_jobs(settings, {run.name for run in runs})
    return render.page(
        "training.html",
        active="training",
        runs=[(run, _left(run)) for run in runs],
        jobs=[status for name in waiting if (status := status_of(settings.runs_dir, name))],
        states={run.name: status.state for run in runs if (status := status_of(settings.runs_dir, run.name))},
        trainable=service.trainable(settings),
        missing=service.missing_parts(),
        under_way=service.under_way(settings),
    )


@router.get("/training/new")
def new_page(
    settings: AppSettings, live: Live, render: Render, wish: WishQuery, dataset: NameQuery, base: NameQuery
) -> HTMLResponse:
    """Show what a training would do and cost, with the button that begins it. Raises TrainingRefused."""
    wanted = service.wish_of(settings, dataset, base, **wish.asked)
    try:
        planned, refused = service.plan(settings, wanted), ""
    except TrainingRefused as error:
        planned, refused = None, str(error)
    return render.page(
        "training_new.html",
        active="training",
        wish=wanted,
        plan=planned,
        refused=refused,
        query=urlencode({name: value for name, value in wish.asked.items() if value is not None}),
        watched=sum(view.state == CameraState.LIVE for view in live.views()),
        memory_mb=settings.training_memory_mb,
        missing=service.missing_parts(),
        under_way=service.under_way(settings),
    )


@router.post("/training/new", dependencies=[MayManage])
def start_from_page(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    now: Now,
    wish: WishQuery,
    dataset: NameQuery,
    base: NameQuery,
) -> RedirectResponse:
    """Begin a training, then show it."""
    wanted = service.wish_of(settings, dataset, base, **wish.asked)
    job = service.start(settings, wanted, scope.actor.name, now)
    with database.write() as connection:
        audit.record(scope, connection, Act.TRAINING_BEGUN, job.name, now, details={"dataset": dataset, "base": base})
    return _to_run(job.name)


@router.post("/training/{name}/cancel", dependencies=[MayManage])
def cancel_from_page(settings: AppSettings, name: Name) -> RedirectResponse:
    """End a training that is under way, then show how far it got."""
    cancel(settings.runs_dir, name)
    return _to_run(name)


@router.post("/training/{name}/go-on", dependencies=[MayManage])
def go_on_from_page(settings: AppSettings, name: Name) -> RedirectResponse:
    """Go on with a training that was interrupted, cancelled or failed."""
    service.go_on(settings, name)
    return _to_run(name)


def _to_run(name: str) -> RedirectResponse:
    return RedirectResponse(f"/training/{quote(name, safe='')}", status.HTTP_303_SEE_OTHER)


@router.get("/training/{name}")
def run_page(settings: AppSettings, now: Now, render: Render, name: Name) -> HTMLResponse:
    """Show one run: its progress, how its job stands, and the comparison and report when there are some."""
    run = find_run(settings.runs_dir, name, now)
    job = status_of(settings.runs_dir, name)
    if run is None and job is None:
        raise NotFound(f"there is no training run {name!r}")
    report = run.report if run else None
    return render.page(
        "run.html",
        active="training",
        name=name,
        run=run,
        job=job,
        left=_left(run) if run else None,
        losses=draw_losses(run.epochs, run.wanted) if run and run.epochs else None,
        report=report,
        curves=draw_curves(report.curves) if report else None,
        sheets=[(kind, *sheet_size(report.shown.get(kind, 0))) for kind in run.sheets] if run and report else [],
    )


@router.get("/training/{name}/{sheet}.jpg")
def mistakes(settings: AppSettings, name: Name, sheet: MistakeKind, v: Stamp = "") -> FileResponse:
    """Return a contact sheet of a run; its address changes when it does (`?v=`), so the browser may keep it."""
    path = sheet_path(settings.runs_dir, name, sheet)
    if path is None:
        raise NotFound(f"the training run {name!r} has no sheet of {sheet}")
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})


def _left(run: RunProgress) -> timedelta | None:
    """About how long a run will go on, by its last epoch."""
    if run.state is not RunState.RUNNING or not run.epochs:
        return None
    return timedelta(seconds=min(run.epochs[-1].seconds, 86400) * max(run.wanted - len(run.epochs), 0))
