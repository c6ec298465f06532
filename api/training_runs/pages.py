"""The pages of the training runs: which there are, how far each is, how good it became. Read only; no torch."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import FileResponse, HTMLResponse

from api.dependencies import AppSettings, Now, OfEverything
from api.errors import NotFound
from api.pages.base import Render
from api.pages.i18n import register_names
from api.training_runs.chart import draw_curves, draw_losses
from api.training_runs.messages import MISTAKES, RUN_STATES
from training.evaluation.contact_sheet import sheet_size
from training.evaluation.mistakes import MistakeKind
from training.runs.progress import RunProgress, RunState, find_run, list_runs, sheet_path

router = APIRouter(include_in_schema=False, dependencies=[OfEverything])  # pictures of data sets are of no district
register_names("run_state", RUN_STATES)
register_names("mistake", MISTAKES)

Name = Annotated[str, Path(max_length=100)]


@router.get("/training")
def training_page(settings: AppSettings, now: Now, render: Render) -> HTMLResponse:
    """Show every training run, the latest first."""
    runs = list_runs(settings.runs_dir, now)
    return render.page("training.html", active="training", runs=[(run, _left(run)) for run in runs])


@router.get("/training/{name}")
def run_page(settings: AppSettings, now: Now, render: Render, name: Name) -> HTMLResponse:
    """Show one run: its progress, and its report when there is one."""
    run = find_run(settings.runs_dir, name, now)
    if run is None:
        raise NotFound(f"there is no training run {name!r}")
    report = run.report
    return render.page(
        "run.html",
        active="training",
        run=run,
        left=_left(run),
        losses=draw_losses(run.epochs, run.wanted) if run.epochs else None,
        report=report,
        curves=draw_curves(report.curves) if report else None,
        sheets=[(kind, *sheet_size(report.shown.get(kind, 0))) for kind in run.sheets] if report else [],
    )


@router.get("/training/{name}/{sheet}.jpg")
def mistakes(settings: AppSettings, name: Name, sheet: MistakeKind) -> FileResponse:
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
