"""Small footage: bytes that begin like what they claim to be, and a client that sends them."""

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

TUS = {"Tus-Resumable": "1.0.0"}
STREAM = TUS | {"Content-Type": "application/offset+octet-stream"}


@dataclass(frozen=True, slots=True)
class Given:
    """One file of a card."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def announced(self, **other: object) -> dict[str, object]:
        return {"name": self.name, "size": len(self.content), "sha256": self.sha256} | other


def video(name: str = "DJI_0001.MP4", size: int = 100_000, seed: int = 1) -> Given:
    return Given(name, b"\0\0\0\x10ftypisom\0\0\0\0" + random.Random(seed).randbytes(size - 16))


def photo(name: str = "DJI_0002.JPG", size: int = 5_000, seed: int = 2) -> Given:
    return Given(name, b"\xff\xd8\xff\xe0" + random.Random(seed).randbytes(size - 4))


def sidecar(name: str = "DJI_0001.SRT") -> Given:
    return Given(name, f"1\n00:00:00,000 --> 00:00:01,000\n{name} [latitude: 34.7466]\n".encode())


def announce(http: httpx.Client, *files: Given, name: str = "Daxue Road, morning") -> httpx.Response:
    said = json.dumps({"name": name, "files": [file.announced() for file in files]})
    return http.post("/api/v1/surveys", content=said, headers={"Content-Type": "application/json"})


def send(
    http: httpx.Client, upload: str, content: bytes | Iterator[bytes], offset: int = 0, checksum: str = ""
) -> httpx.Response:
    headers = STREAM | {"Upload-Offset": str(offset)} | ({"Upload-Checksum": checksum} if checksum else {})
    return http.patch(upload, content=content, headers=headers)


def offset(http: httpx.Client, upload: str) -> int:
    return int(http.head(upload, headers=TUS).headers["Upload-Offset"])


def files_of(http: httpx.Client, survey_id: str) -> dict[str, dict[str, object]]:
    items = http.get(f"/api/v1/surveys/{survey_id}/files", params={"limit": 200}).json()["items"]
    return {item["name"]: item for item in items}


def settled(http: httpx.Client, survey_id: str, state: str = "ready") -> dict[str, dict[str, object]]:
    """The files, once the survey is in that state."""
    until(lambda: http.get(f"/api/v1/surveys/{survey_id}").json()["state"] == state)
    return files_of(http, survey_id)


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something that can be asked holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not become true in time"
        time.sleep(0.02)
