"""The demo's configuration beside the clips: camera, rulebook, permits, control points, what must be found."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from training.scenes.block import FAR, FRONT, NEAR, ROAD, SIGN_BASE, SIGNS
from training.scenes.camera import CameraPose, project, to_wgs84
from training.scenes.script import SceneScript
from training.scenes.truth import pose_document, write_json

CAMERA_ID = "demo-street"
SITE = (ROAD, 17.0, FRONT, 26.0)  # the permitted site on the eastern pavement: x1, y1, x2, y2
# What a surveyor would mark on the roadway: corners of parking bays, kerb joints, corners of the zebra crossing.
CONTROL = (
    (-3.15, 8.0), (-3.15, 14.0), (-3.15, 20.0), (-3.15, 26.0), (-3.15, 32.0), (-5.25, 14.0), (-5.25, 20.0),
    (5.25, 8.0), (5.25, 12.0), (5.25, 17.0), (5.25, 24.0), (5.25, 34.0), (-4.85, 44.0), (4.6, 44.0), (0.1, 47.2),
)  # fmt: skip
SIGN_ZONE = ((0, 0), (640, 0), (640, 200), (0, 380))  # pixels of a picture 1280 wide: the fronts of the first shops


def write(folder: Path, script: SceneScript, pose: CameraPose, clip: str) -> None:
    """Write cameras.yaml, rulebook.yaml, permits.csv, calibration.csv and demo.json to `folder`."""
    (folder / "calibration.csv").write_text(_table(("u", "v", "lat", "lon"), _control(pose)), encoding="utf-8")
    (folder / "permits.csv").write_text(_permits(), encoding="utf-8")
    (folder / "cameras.yaml").write_text(_cameras(pose), encoding="utf-8")
    (folder / "rulebook.yaml").write_text(_rulebook(pose), encoding="utf-8")
    expected = []
    for actor in script.actors:
        if actor.role == "violation":
            lat, lon = to_wgs84(actor.path[0].x, actor.path[0].y)
            sign = actor.label == "signboard"
            expected.append(
                {
                    "name": actor.name,
                    "class": actor.label,
                    "lat": round(lat, 7),
                    "lon": round(lon, 7),
                    "within_m": 6.0 if sign else 4.0,
                    "base_height_m": SIGN_BASE if sign else actor.ground(),
                    "zone": "shop-fronts" if sign else "daxue-road-west",
                    "rule": "sign-without-permit" if sign else "stall-on-main-road",
                }
            )
    content = {
        "clip": clip,
        "truth": clip.replace(".mp4", ".json"),
        "camera": CAMERA_ID,
        "start": script.start.isoformat(),
        "speed": script.speed,
        "duration_s": script.frames * script.step,
        "pose": pose_document(pose),
        "expected": expected,
        "flight": {"clip": "flight.mp4", "telemetry": "flight.srt", "truth": "flight.json"},
    }
    write_json(folder / "demo.json", content)


def _control(pose: CameraPose) -> list[tuple[str, ...]]:
    pixels = project(pose, np.array([(x, y, 0.0) for x, y in CONTROL]))
    rows: list[tuple[str, ...]] = []
    for (x, y), (u, v) in zip(CONTROL, pixels, strict=True):
        lat, lon = to_wgs84(x, y)
        if 0 <= u < pose.width and 0 <= v < pose.size_v:
            rows.append((str(round(u)), str(round(v)), f"{lat:.7f}", f"{lon:.7f}"))
    return rows


def _permits() -> str:
    head = ("id", "class", "lat", "lon", "radius_m", "width_m", "height_m", "bearing_deg", "valid_from", "valid_to")
    rows = []
    for sign in SIGNS:
        if sign.role == "violation":
            continue
        west = "west" in sign.building
        lat, lon = to_wgs84(-FRONT if west else FRONT, sign.along)
        size = (f"{sign.width:.2f}", f"{sign.height:.2f}", "90" if west else "270")
        place = (f"{lat:.7f}", f"{lon:.7f}", "4.0")
        rows.append((f"ZZ-AD-2026-{sign.number:04d}", "signboard", *place, *size, "2026-01-01", "2027-12-31"))
    return _table(head, rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([head, *rows])
    return out.getvalue()


def _cameras(pose: CameraPose) -> str:
    lat, lon = to_wgs84(pose.east, pose.north)
    return f"""# The camera of the sample street. The demo streams the clip over loopback and puts its own address here.
cameras:
  - id: "{CAMERA_ID}"
    name: Daxue Road, sample street
    url: rtsp://127.0.0.1:8554/street
    every: 1s
    models: [street]
    position: {{lat: {lat:.7f}, lon: {lon:.7f}}}
    calibration: calibration.csv
    district: erqi
    grade: 1
    legal_review: {{reference: "SAMPLE-2026-001", valid_to: 2027-12-31}}
"""


def _ground(x1: float, y1: float, x2: float, y2: float) -> str:
    corners = (to_wgs84(x, y) for x, y in ((x1, y1), (x2, y1), (x2, y2), (x1, y2)))
    return "[" + ", ".join(f"[{lon:.7f}, {lat:.7f}]" for lat, lon in corners) + "]"


def _rulebook(pose: CameraPose) -> str:
    scale = pose.width / 1280
    fronts = ", ".join(f"[{round(u * scale)}, {round(v * scale)}]" for u, v in SIGN_ZONE)
    return f"""# The sample street's rules. Ground polygons are lon, lat (WGS-84), image polygons pixels of one camera.
version: "2026-11-01"
timezone: Asia/Shanghai
zones:
  - {{id: daxue-road-west, kind: main_road, name: "Daxue Road, west side", name_zh: 大学路西侧,
     polygon: {_ground(-FRONT, NEAR, ROAD, FAR)}}}
  - {{id: daxue-road-east-south, kind: main_road, name: "Daxue Road, east side (south)", name_zh: 大学路东侧南段,
     polygon: {_ground(ROAD, NEAR, FRONT, SITE[1])}}}
  - {{id: daxue-road-east-north, kind: main_road, name: "Daxue Road, east side (north)", name_zh: 大学路东侧北段,
     polygon: {_ground(ROAD, SITE[3], FRONT, FAR)}}}
  - {{id: morning-market, kind: permitted_site, name: Morning market, name_zh: 早市,
     polygon: {_ground(*SITE)}}}
  - {{id: west-facades, kind: wall, name: "Facades, west side", name_zh: 西侧沿街立面,
     polygon: {_ground(-FRONT - 0.4, NEAR, -FRONT + 0.4, FAR)}}}
  - {{id: shop-fronts, kind: shop_front, name: "Shops on Daxue Road", name_zh: 大学路沿街店铺,
     camera: "{CAMERA_ID}", image: [{fronts}]}}
rules:
  - id: stall-on-permitted-site
    classes: [stall]
    zones: [permitted_site]
    permitted: "06:00-22:00"
    dwell: 300s
    gap: 90s
    code: "0501"
  - id: stall-on-main-road
    classes: [stall]
    zones: [main_road]
    permitted: "19:00-25:00; Jul 01-Oct 31 18:00-26:00"
    dwell: 300s
    gap: 90s
    code: "0501"
  - id: sign-without-permit
    classes: [signboard]
    zones: [shop_front]
    permit: required
    dwell: 0s
    code: "0202"
permits: permits.csv
permits_as_of: 2026-11-20T00:00:00+08:00
"""
