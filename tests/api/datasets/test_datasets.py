"""A ZIP becomes a version over HTTP, or every fault of it is named; the pages show what a version holds and lacks."""

import io
import zipfile

import cv2
import httpx
import numpy as np

from tests.api.conftest import Service


def export(**faults: str) -> bytes:
    """A YOLO export of eight pictures of two days, as a ZIP; `faults` replace files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("data.yaml", "names: [stall, banner]\ntrain: train/images\nval: valid/images\n")
        for number in range(8):
            side = "valid" if number > 5 else "train"
            image = np.full((64, 96, 3), number * 30, np.uint8)
            archive.writestr(f"{side}/images/p{number}.png", cv2.imencode(".png", image)[1].tobytes())
            archive.writestr(
                f"{side}/labels/p{number}.txt", faults.get(f"p{number}", f"{number % 2} 0.5 0.5 0.4 0.4\n")
            )
        for name, text in faults.items():
            if "/" in name:
                archive.writestr(name, text)
    return content.getvalue()


def send(service: Service, content: bytes, name: str = "river") -> httpx.Response:
    headers = {"Content-Type": "application/zip"}
    return service.http.put(f"/api/v1/datasets/{name}/archive", content=content, headers=headers, timeout=60)


def test_a_zip_becomes_a_version_that_the_pages_show(service: Service) -> None:
    answer = send(service, export())
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["name"], made["train"], made["val"]) == ("river", 6, 2)
    assert made["classes"] == [{"name": "stall", "train": 3, "val": 1}, {"name": "banner", "train": 3, "val": 1}]
    (listed,) = service.http.get("/api/v1/datasets").json()
    assert (listed["versions"], listed["fault"]) == ([made["version"]], None)
    address = f"/datasets/river/{made['version']}"
    page = service.http.get(address, params={"lang": "zh", "check": "true"}).text
    assert "全部文件与生成该版本时一致" in page
    assert "“横幅”较少：训练框 3 个，留出框 1 个" in page
    picture = page.split('<image href="')[1].split('"')[0]
    assert service.http.get(picture).headers["content-type"] == "image/png"
    assert service.http.get(f"{address}/train/manifest.json").status_code == 404
    folder = service.data_dir / "datasets" / "river" / made["version"]
    (folder / "manifest.json").write_text((folder / "manifest.json").read_text() + " ")
    assert "was edited" in service.http.get(address).text
    assert "was edited" in service.http.get("/datasets").text


def test_every_fault_of_a_zip_is_named_by_file_and_line(service: Service) -> None:
    refused = send(service, export(p1="0 0.5 0.5 0.4 0.4\n7 0.5 0.5 0.1 0.1\n", p7="1 0.9 0.5 0.4 0.4\n"), "faulty")
    assert refused.status_code == 422
    document = refused.json()
    assert document["detail"].startswith("2 faults; nothing was imported")
    assert [(one["where"], one["what"].split(";")[0]) for one in document["errors"]] == [
        ("train/labels/p1.txt:2", "class 7"),
        ("valid/labels/p7.txt:1", "the box leaves the picture"),
    ]
    assert not list((service.data_dir / "datasets").glob(".sent-*"))
    assert not list((service.data_dir / "datasets").glob("faulty/*-*"))


def test_a_hostile_zip_is_refused_before_anything_is_written(service: Service) -> None:
    refused = send(service, export(**{"../../evil.txt": "x"}), "hostile")
    assert refused.status_code == 422
    assert "'../../evil.txt' would lie outside the folder" in refused.json()["detail"]
    assert not list(service.data_dir.rglob("evil.txt"))


def test_what_is_no_zip_needs_no_process(service: Service) -> None:
    refused = send(service, b"PK not really", "none")
    assert refused.json()["detail"].startswith("what was sent is no ZIP")
