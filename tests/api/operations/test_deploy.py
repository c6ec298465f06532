"""What lies under `deploy/` is read by the tools that it is for, and does not run as root."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.conftest import REPO

DEPLOY = REPO / "deploy"


def test_promtool_takes_the_alert_rules() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on this machine: apt-get install prometheus")
    done = subprocess.run(
        [promtool, "check", "rules", str(DEPLOY / "prometheus" / "alerts.yml")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("no systemd-analyze on this machine: apt-get install systemd")
    units = []
    for unit in sorted((DEPLOY / "systemd").iterdir()):
        text = unit.read_text("utf-8").replace("/opt/streetwarden/bin/streetwarden", "/bin/true")  # it must exist
        (tmp_path / unit.name).write_text(text)
        units.append(str(tmp_path / unit.name.replace("@.", "@1.")))
    done = subprocess.run([verify, "verify", "--man=no", *units], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_the_image_runs_as_nobody_from_fixed_versions() -> None:
    last = (DEPLOY / "Dockerfile").read_text("utf-8").rpartition("FROM ")[2]
    assert "USER 65534:65534" in last
    assert "--require-hashes --requirement requirements.lock" in (DEPLOY / "Dockerfile").read_text("utf-8")


def test_the_lock_holds_the_tested_versions_of_all_that_the_service_needs() -> None:
    def versions(text: str) -> dict[str, str]:
        return {name.replace("_", "-"): v for name, v in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)}

    pinned, lock = (
        versions((REPO / "constraints.txt").read_text("utf-8")),
        (REPO / "requirements.lock").read_text("utf-8"),
    )
    locked = versions(lock)
    project = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["postgres"]
    assert {re.split(r"[\[<>=]", one)[0].lower() for one in wanted} <= locked.keys(), "make lock"
    assert {name: pinned.get(name) for name in locked} == locked, "make lock"
    assert re.fullmatch(r"(#.*\n)*([\w.-]+==\S+( ;.*)?( \\\n +--hash=sha256:[0-9a-f]{64})+\n)+", lock)


def test_compose_lets_the_service_write_to_its_data_alone() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    service = compose["services"]["service"]
    assert (service["read_only"], service["user"], service["cap_drop"]) == (True, "65534:65534", ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert compose["networks"]["inside"]["internal"] is True
    assert set(compose["services"]["database"]["networks"]) == {"inside"}
    assert {volume.partition(":")[0] for one in compose["services"].values() for volume in one["volumes"]} == set(
        compose["volumes"]
    )
