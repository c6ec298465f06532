"""The pages of training runs: a run under way, a finished one with its report, and what must not be reached."""

import json
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.card import ClassMetrics, Interval
from tests.api.conftest import Service
from training.evaluation.report_models import Curve, Report, RunReport

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import Page, expect  # noqa: E402  # after the skip above

from tests.api.review.test_browser import browser, context, expected, page  # noqa: E402

__all__ = ["browser", "context", "expected", "page"]

HEAD = "epoch,time,train/box_loss,train/cls_loss,train/dfl_loss\n"
WICKED = "<img src=x onerror=alert(1)>"


def save_run(service: Service, name: str, epochs: int, dataset: str = "runs/data/street") -> Path:
    folder = service.data_dir / "runs" / name
    (folder / "report").mkdir(parents=True)
    run = {"schedule": {"epochs": 8, "image_size": 640}, "seed": 7, "base": "yolo11n.pt", "command": "python -m …"}
    (folder / "run.json").write_text(json.dumps(run | {"dataset": dataset}))
    rows = [f"{n},{n * 60},{2 / n},{3 / n},{1.5 / n}\n" for n in range(1, epochs + 1)]
    (folder / "results.csv").write_text(HEAD + "".join(rows))
    return folder


def save_report(folder: Path, name: str = "signboard") -> None:
    sure = Interval(value=0.754, low=0.69, high=0.82)
    metrics = ClassMetrics(pictures=105, boxes=261, ap50=sure, ap50_95=sure)
    figures = Report(
        model="street",
        dataset="street",
        map50=0.754,
        map50_95=0.42,
        map50_interval=(0.69, 0.82),
        map50_95_interval=(0.38, 0.47),
        per_class={name: metrics},
        merged={},
        images=112,
        boxes=261,
        latency_ms=42.0,
    )
    curve = Curve(recall=(0.1, 0.6), precision=(1.0, 0.8), confidence=0.47, precision_there=0.8, recall_there=0.6)
    report = RunReport(
        figures=figures,
        classes=(name,),
        curves={name: curve},
        confusion=((173, 88), (41, 0)),
        shown={"false-alarms": 20, "misses": 0, "wrong-classes": 0},
        found={"false-alarms": 41, "misses": 0, "wrong-classes": 0},
    )
    (folder / "report/report.json").write_text(report.model_dump_json())
    assert cv2.imwrite(str(folder / "report/false-alarms.jpg"), np.full((1242, 1280, 3), 60, np.uint8))
    (folder / "finished").write_text("")


def test_no_run_yet(service: Service) -> None:
    assert "No training run yet" in service.http.get("/training").text
    assert "暂无训练" in service.http.get("/training", params={"lang": "zh"}).text


@pytest.mark.parametrize(("lang", "words"), [("en", "Under way|about 5 min|Losses"), ("zh", "进行中|约剩 5 分|损失")])
def test_a_run_under_way_shows_its_epochs_and_losses(service: Service, lang: str, words: str) -> None:
    save_run(service, "street-3", 3)
    listed = service.http.get("/training", params={"lang": lang}).text
    shown = service.http.get("/training/street-3", params={"lang": lang}).text
    for word in words.split("|")[:2]:
        assert word in listed
    for word in words.split("|"):
        assert word in shown
    assert len(re.findall(r"<polyline[^>]*points=\"(?:[\d.]+,[\d.]+ ?){3}\"", shown)) == 3
    assert "data-refresh" in shown


def test_what_a_folder_holds_cannot_become_markup(service: Service) -> None:
    save_report(save_run(service, "a", 2, dataset=WICKED), name=WICKED)
    save_run(service, WICKED.replace("/", ""), 2)
    for path in ("/training", "/training/a"):
        answer = service.http.get(path)
        assert answer.status_code == 200
        assert "<img src=x" not in answer.text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"", answer.text)


@pytest.mark.parametrize(
    "path",
    [
        "/training/%2e%2e",
        "/training/..%2fevidence",
        "/training/none",
        "/training/link",
        "/training/none/misses.jpg",
        "/training/a/misses.jpg",
        "/training/a/wrong-classes.jpg",
        "/training/a/report.json.jpg",
        "/training/a/..%2f..%2frun.jpg",
        "/training/%00",
    ],
)
def test_nothing_but_sheets_of_runs_is_handed_out(service: Service, path: str) -> None:
    folder = save_run(service, "a", 1)
    (service.data_dir / "secret.jpg").write_bytes(b"secret")
    (folder / "report/misses.jpg").symlink_to(service.data_dir / "secret.jpg")
    (service.data_dir / "runs/link").symlink_to(folder)
    answer = service.http.get(path)
    assert answer.status_code in (404, 422)
    assert b"secret" not in answer.content


@pytest.mark.parametrize(
    ("lang", "heading", "cell"), [("en", "The worst mistakes", "Shop sign"), ("zh", "最严重的错误", "店招")]
)
def test_a_finished_run_in_the_browser(page: Page, service: Service, lang: str, heading: str, cell: str) -> None:
    save_report(save_run(service, "street-2", 8))
    page.goto(f"{service.url}/training?lang={lang}")
    page.get_by_role("link", name="street-2").click()
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.locator("table").first).to_contain_text(cell)
    expect(page.locator("table").first).to_contain_text("0.754")
    expect(page.locator(".confusion .right").first).to_have_text("173")
    sheet = page.locator(".boxed img")
    assert sheet.evaluate("async image => { await image.decode(); return image.naturalWidth }") == 1280
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_the_service_knows_no_torch() -> None:
    code = "import sys, api.app; print(sorted({'torch', 'ultralytics', 'matplotlib'} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
