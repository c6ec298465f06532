"""`/metrics` says what is promised, under declared names, and the alert rules and the dashboard use no other."""

import json
import re
from pathlib import Path

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from api.cameras import leases
from api.operations.disk import DAY, DiskTrend
from api.operations.metrics import METRICS, PREFIX
from tests.api.conftest import Service
from tests.conftest import REPO

DEPLOY = REPO / "deploy"
NAME = re.compile(r"\bstreetwarden_\w+|\bprocess_\w+")


def samples(http: httpx.Client) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels."""
    answer = http.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_what_waits_who_watches_and_how_old_pictures_are(service: Service) -> None:
    service.seed(2)
    with service.database.write() as connection:
        leases.claim(connection, leases.join(connection, "host 7"), ["cam-1"])
    found = samples(service.http)
    assert found["streetwarden_candidates", "open"] == 2
    assert found["streetwarden_backlog_age_seconds",] >= 0
    assert found["streetwarden_outbox_deliveries", "dead"] == 0
    assert 0 <= found["streetwarden_watcher_heartbeat_age_seconds", "host 7"] < 60
    assert found["streetwarden_leases_unheld",] == 0
    assert 11 <= found["streetwarden_camera_frame_age_seconds", "cam-1"] < 60
    assert 6 <= found["streetwarden_camera_sampling_lateness_seconds", "cam-1"] < 55
    assert ("streetwarden_camera_frame_age_seconds", "cam-2") not in found, "it has had no picture: nothing is invented"
    assert found["streetwarden_cameras", "waiting"] == 1
    assert found["streetwarden_disk_free_bytes",] > 0
    assert len([key for key in found if key[0] == "streetwarden_model" and len(key[2]) == 64]) >= 3
    assert {key[0] for key in found if key[0].startswith(PREFIX)} <= declared()


def test_days_until_the_disk_is_full() -> None:
    free, now = [1000], [0.0]
    disk = DiskTrend(Path("/"), lambda _: free[0], lambda: now[0])
    assert disk.days_left(disk.observe()) is None, "not known in the first hour"
    now[0], free[0] = DAY / 2, 900
    assert disk.days_left(disk.observe()) == 4.5
    free[0] = 1100
    assert disk.days_left(disk.observe()) == float("inf")


def declared() -> set[str]:
    return {PREFIX + name + ("_total" if info.counter else "") for name, info in METRICS.items()}


def rules() -> list[dict[str, object]]:
    document = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text("utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def test_every_alert_uses_known_metrics_and_has_its_page_in_the_runbook() -> None:
    runbook = (REPO / "docs" / "runbook.md").read_text("utf-8")
    headings = set(re.findall(r"^## (\w+)$", runbook, re.MULTILINE))
    names = [str(rule["alert"]) for rule in rules()]
    assert set(names) == headings
    assert len(names) == len(set(names))
    for rule in rules():
        used = set(NAME.findall(str(rule["expr"])))
        assert used or str(rule["expr"]).startswith("up{")
        assert {one for one in used if one.startswith(PREFIX)} <= declared()
        assert str(rule["annotations"]["runbook"]).endswith(f"runbook.html#{str(rule['alert']).lower()}")  # type: ignore[index]  # YAML


def test_the_dashboard_uses_known_metrics_and_shows_each_that_alerts() -> None:
    board = json.loads((DEPLOY / "grafana" / "streetwarden.json").read_text("utf-8"))
    asked = {target["expr"] for panel in board["panels"] for target in panel.get("targets", ())}
    used = {one for text in asked for one in NAME.findall(text)}
    assert {one for one in used if one.startswith(PREFIX)} <= declared()
    assert {one for rule in rules() for one in NAME.findall(str(rule["expr"]))} <= used
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
