"""The pages of the training runs: which there are, how far each is, how good it became. Read only; no torch."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import FileResponse, HTMLResponse

from api.dependencies import Service
from api.errors import NotFound
from api.pages.base import Speaks, draw_page
from api.training_runs.chart import draw_curves, draw_losses
from training.evaluation.contact_sheet import sheet_size
from training.evaluation.mistakes import MistakeKind
from training.runs.progress import RunProgress, RunState, find_run, list_runs, sheet_path

router = APIRouter(include_in_schema=False)

Name = Annotated[str, Path(max_length=100)]


@router.get("/training")
def training_page(service: Service, speaks: Speaks) -> HTMLResponse:
    """Every training run, the latest first."""
    runs = list_runs(service.settings.runs_dir, service.clock())
    return draw_page(service, speaks, "training.html", active="training", runs=[(run, _left(run)) for run in runs])


@router.get("/training/{name}")
def run_page(service: Service, speaks: Speaks, name: Name) -> HTMLResponse:
    """One run: its progress, and its report when there is one."""
    run = find_run(service.settings.runs_dir, name, service.clock())
    if run is None:
        raise NotFound(f"there is no training run {name!r}")
    report = run.report
    return draw_page(
        service,
        speaks,
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
def mistakes(service: Service, name: Name, sheet: MistakeKind) -> FileResponse:
    """A contact sheet of a run; its address changes when it does (`?v=`), so the browser may keep it."""
    path = sheet_path(service.settings.runs_dir, name, sheet)
    if path is None:
        raise NotFound(f"the training run {name!r} has no sheet of {sheet}")
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})


def _left(run: RunProgress) -> timedelta | None:
    """About how long a run will go on, by its last epoch."""
    if run.state is not RunState.RUNNING or not run.epochs:
        return None
    return timedelta(seconds=min(run.epochs[-1].seconds, 86400) * max(run.wanted - len(run.epochs), 0))
