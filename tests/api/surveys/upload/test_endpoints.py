"""tus 1.0: files come in pieces, each byte once, and the hash has the last word."""

import base64
import hashlib
import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.surveys.upload import receiver as uploads
from tests.api.conftest import Service
from tests.api.signing import bearer
from tests.api.surveys.footage import STREAM, TUS, Given, announce, files_of, offset, photo, send, settled, until, video
from tests.api.surveys.upload.test_finalizer import no_room_beyond


def footage(service: Service, file: Given) -> Path:
    return service.data_dir / "footage" / file.sha256[:2] / file.sha256[2:4] / file.sha256


def upload_of(service: Service, file: Given) -> tuple[str, str]:
    answer = announce(service.http, file).json()
    return answer["survey"]["id"], answer["files"][0]["upload"]


def test_pieces_make_the_file(service: Service) -> None:
    survey_id, upload = upload_of(service, video())
    content = video().content
    assert offset(service.http, upload) == 0
    for start in range(0, len(content), 30_000):
        answer = send(service.http, upload, content[start : start + 30_000], start)
        assert answer.status_code == 204
        assert answer.headers["Upload-Offset"] == str(min(start + 30_000, len(content)))
        assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert settled(service.http, survey_id)["DJI_0001.MP4"]["state"] == "stored"
    assert footage(service, video()).read_bytes() == content
    assert offset(service.http, upload) == len(content)
    assert list((service.data_dir / "footage" / "incoming").iterdir()) == []
    assert send(service.http, upload, b"", len(content)).status_code == 204
    assert send(service.http, upload, b"more", 0).status_code == 409
    assert footage(service, video()).read_bytes() == content


def test_a_piece_that_is_sent_twice_is_written_once(service: Service) -> None:
    survey_id, upload = upload_of(service, video())
    content = video().content
    assert send(service.http, upload, content[:40_000]).status_code == 204
    again = send(service.http, upload, content[:40_000])
    assert again.status_code == 409
    assert "goes on at byte 40000" in again.json()["detail"]
    assert again.headers["Tus-Resumable"] == "1.0.0"
    assert send(service.http, upload, content[60_000:], 60_000).status_code == 409
    assert offset(service.http, upload) == 40_000
    assert send(service.http, upload, content[40_000:], 40_000).status_code == 204
    settled(service.http, survey_id)
    assert footage(service, video()).read_bytes() == content


def test_a_line_that_breaks_keeps_what_has_come(service: Service) -> None:
    survey_id, upload = upload_of(service, video())
    content, host, port = video().content, *service.url.removeprefix("http://").split(":")
    head = f"PATCH {upload} HTTP/1.1\r\nHost: {host}\r\nUpload-Offset: 0\r\nContent-Length: {len(content)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in (STREAM | bearer(service.key)).items())
    with socket.create_connection((host, int(port))) as line:
        line.sendall(f"{head}\r\n".encode() + content[:50_000])
        until(lambda: list((service.data_dir / "footage" / "incoming").iterdir()) != [])
    until(lambda: offset(service.http, upload) == 50_000)
    until(lambda: files_of(service.http, survey_id)["DJI_0001.MP4"]["received"] == 50_000)
    assert files_of(service.http, survey_id)["DJI_0001.MP4"]["state"] == "uploading"
    until(lambda: send(service.http, upload, content[50_000:], 50_000).status_code == 204)
    settled(service.http, survey_id)
    assert footage(service, video()).read_bytes() == content


def test_a_silent_line_lets_its_file_go(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SILENCE", 0.3)
    _, upload = upload_of(service, video())
    content, host, port = video().content, *service.url.removeprefix("http://").split(":")
    head = f"PATCH {upload} HTTP/1.1\r\nHost: {host}\r\nUpload-Offset: 0\r\nContent-Length: {len(content)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in (STREAM | bearer(service.key)).items())
    with socket.create_connection((host, int(port))) as line:
        line.sendall(f"{head}\r\n".encode() + content[:50_000])
        until(lambda: offset(service.http, upload) == 50_000)
        until(lambda: send(service.http, upload, content[50_000:], 50_000).status_code == 204)
        assert b"204" in line.recv(100)
    until(lambda: footage(service, video()).is_file())


def test_a_line_that_trickles_lets_its_file_go_and_what_came_stays(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then is no upload: somebody else may send the file."""
    monkeypatch.setattr(uploads, "SILENCE", 0.4)
    _, upload = upload_of(service, video())
    content, host, port = video().content, *service.url.removeprefix("http://").split(":")
    head = f"PATCH {upload} HTTP/1.1\r\nHost: {host}\r\nUpload-Offset: 0\r\nContent-Length: {len(content)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in (STREAM | bearer(service.key)).items())
    ended, at = threading.Event(), itertools.count(50_000)

    def trickle(line: socket.socket) -> None:
        with suppress(OSError):
            while not ended.wait(0.05):
                line.sendall(content[(byte := next(at)) : byte + 1])

    with socket.create_connection((host, int(port))) as line:
        line.sendall(f"{head}\r\n".encode() + content[:50_000])
        thread = threading.Thread(target=trickle, args=(line,))
        thread.start()
        try:
            line.settimeout(10)
            assert b"204" in line.recv(100)
        finally:
            ended.set()
            thread.join()
    ends = offset(service.http, upload)
    assert 50_000 <= ends < 51_000
    assert send(service.http, upload, content[ends:], ends).status_code == 204
    until(lambda: footage(service, video()).is_file())


def test_a_disk_that_fills_up_costs_nothing_but_time(service: Service) -> None:
    file = video(size=15_000_000, seed=99)
    survey_id, upload = upload_of(service, file)
    with no_room_beyond(12_000_000):
        answer = send(service.http, upload, file.content)
        assert answer.status_code == 507
        assert "what was received is kept" in answer.json()["detail"]
    assert offset(service.http, upload) == 12_000_000
    send(service.http, upload, file.content[12_000_000:], 12_000_000)
    assert settled(service.http, survey_id)["DJI_0001.MP4"]["state"] == "stored"


def test_two_at_once_do_not_write_into_each_other(service: Service) -> None:
    _, upload = upload_of(service, video())
    content = video().content

    def slowly() -> Iterator[bytes]:
        yield content[:20_000]
        until(lambda: offset(service.http, upload) in (0, 20_000))
        with httpx.Client(base_url=service.url, trust_env=False, headers=bearer(service.key)) as second:
            until(lambda: send(second, upload, b"x" * 10).status_code == 423)
        yield content[20_000:]

    assert send(service.http, upload, slowly()).status_code == 204
    until(lambda: footage(service, video()).is_file())
    assert footage(service, video()).read_bytes() == content


def test_another_content_than_announced_is_said_and_can_be_sent_again(service: Service) -> None:
    file = video(seed=uuid4().int)
    survey_id, upload = upload_of(service, file)
    content = bytearray(file.content)
    content[77_777] ^= 1
    send(service.http, upload, bytes(content))
    until(lambda: files_of(service.http, survey_id)["DJI_0001.MP4"]["state"] == "corrupt")
    shown = files_of(service.http, survey_id)["DJI_0001.MP4"]
    assert (shown["note"], shown["received"], shown["upload"]) == ("damaged", 0, upload)
    assert service.http.get(f"/api/v1/surveys/{survey_id}").json()["state"] == "uploading"
    assert not footage(service, file).exists()
    assert offset(service.http, upload) == 0
    send(service.http, upload, file.content)
    assert settled(service.http, survey_id)["DJI_0001.MP4"]["note"] == "no_telemetry"


def test_a_file_that_is_not_what_its_name_says_is_set_aside(service: Service) -> None:
    playlist = Given("DJI_0001.MP4", b"ffconcat version 1.0\nfile /etc/passwd\n")
    picture = Given("DJI_0002.JPG", video().content)
    answer = announce(service.http, playlist, picture).json()
    for file, given_ in zip(answer["files"], (playlist, picture), strict=True):
        send(service.http, file["upload"], given_.content)
    files = settled(service.http, answer["survey"]["id"])
    assert {(file["state"], file["note"]) for file in files.values()} == {("suspect", "mislabelled")}


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_checksum_guards_each_piece(service: Service, algorithm: str) -> None:
    _, upload = upload_of(service, photo())
    content = photo().content
    digest = base64.b64encode(hashlib.new(algorithm, content[:3000]).digest()).decode()
    bad = send(service.http, upload, content[:2999] + b"?", checksum=f"{algorithm} {digest}")
    assert bad.status_code == 460
    assert offset(service.http, upload) == 0
    good = send(service.http, upload, content[:3000], checksum=f"{algorithm} {digest}")
    assert good.status_code == 204


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Tus-Resumable": ""}, 412),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Upload-Offset": "-1"}, 422),
        ({"Upload-Offset": "x"}, 422),
        ({"Upload-Offset": "1"}, 409),
        ({"Upload-Checksum": "md5 abcd"}, 400),
        ({"Upload-Checksum": "sha256 ?"}, 400),
        ({"Origin": "https://evil.example.org"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example.org"}, 421),
    ],
)
def test_what_is_refused_is_not_written(service: Service, change: dict[str, str], status: int) -> None:
    _, upload = upload_of(service, photo())
    answer = service.http.patch(upload, content=photo().content, headers=STREAM | {"Upload-Offset": "0"} | change)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert offset(service.http, upload) == 0


def test_no_method_hides_behind_another(service: Service) -> None:
    _, upload = upload_of(service, photo())
    send(service.http, upload, photo().content[:100])
    override = TUS | {"X-HTTP-Method-Override": "DELETE", "Origin": "https://evil.example.org"}
    service.http.request("HEAD", upload, headers=override)
    assert offset(service.http, upload) == 100


def test_more_than_was_announced_is_refused(service: Service) -> None:
    _, upload = upload_of(service, photo())
    assert send(service.http, upload, photo().content + b"x").status_code == 413
    assert offset(service.http, upload) <= len(photo().content)


def test_only_what_was_announced_is_taken(service: Service) -> None:
    survey_id, upload = upload_of(service, photo())
    other, _ = upload_of(service, video())
    file_id = upload.rpartition("/")[2]
    for unknown in (f"/api/v1/surveys/{other}/files/{file_id}", f"/api/v1/surveys/{survey_id}/files/{other}"):
        assert send(service.http, unknown, b"x").status_code == 404
        assert service.http.head(unknown, headers=TUS).status_code == 404
        assert service.http.delete(unknown, headers=TUS).status_code == 404
    for hostile in ("..%2F..%2Fetc%2Fpasswd", "x", "%00"):
        assert send(service.http, f"/api/v1/surveys/{survey_id}/files/{hostile}", b"x").status_code in (404, 422)


def test_termination_forgets_what_has_come_but_not_the_file(service: Service) -> None:
    survey_id, upload = upload_of(service, photo())
    send(service.http, upload, photo().content[:100])
    assert service.http.delete(upload, headers=TUS).status_code == 204
    assert offset(service.http, upload) == 0
    assert files_of(service.http, survey_id)["DJI_0002.JPG"]["state"] == "missing"
    send(service.http, upload, photo().content)
    settled(service.http, survey_id)
    assert service.http.delete(upload, headers=TUS).status_code == 409
    assert footage(service, photo()).is_file()


def test_a_client_that_knows_only_the_survey_finds_its_file(service: Service) -> None:
    survey_id, upload = upload_of(service, photo())
    where = f"/api/v1/surveys/{survey_id}/files"

    def create(name: str, length: int) -> httpx.Response:
        metadata = f"filename {base64.b64encode(name.encode()).decode()},empty"
        return service.http.post(where, headers=TUS | {"Upload-Length": str(length), "Upload-Metadata": metadata})

    found = create("DJI_0002.JPG", 5000)
    assert (found.status_code, found.headers["Location"]) == (201, upload)
    assert create("DJI_0002.JPG", 5001).status_code == 400
    assert create("DJI_0003.JPG", 5000).status_code == 404
    options = service.http.options(where)
    assert options.headers["Tus-Version"] == "1.0.0"
    assert set(options.headers["Tus-Extension"].split(",")) == {"creation", "checksum", "termination"}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 12_000), st.integers(0, 5_000)), max_size=6))
def test_whatever_is_sent_where_the_file_is_its_own_beginning(service: Service, sent: list[tuple[int, int]]) -> None:
    file = video(size=12_000, seed=uuid4().int)  # a content that is known would not be wanted
    _, upload = upload_of(service, file)
    ends = 0
    for start, length in sent:
        answer = send(service.http, upload, file.content[start : start + length], start)
        if answer.status_code == 204:
            assert start == ends
            ends = min(start + length, 12_000)
        else:
            assert answer.status_code == 409
            assert start != ends
        assert offset(service.http, upload) == ends
    while ends < 12_000:
        ends = int(send(service.http, upload, file.content[ends : ends + 7000], ends).headers["Upload-Offset"])
    until(lambda: footage(service, file).is_file())
    assert footage(service, file).read_bytes() == file.content


OVERRIDES = ["PATCH", "patch"]


@pytest.mark.parametrize("method", OVERRIDES)
def test_post_with_an_override_is_the_other_method(service: Service, method: str) -> None:
    survey_id, upload = upload_of(service, photo())
    content = photo().content
    for start in range(0, len(content), 3000):
        headers = STREAM | {"Upload-Offset": str(start), "X-HTTP-Method-Override": method}
        answer = service.http.post(upload, content=content[start : start + 3000], headers=headers)
        assert answer.status_code == 204
        assert answer.headers["Upload-Offset"] == str(min(start + 3000, len(content)))
    assert settled(service.http, survey_id)["DJI_0002.JPG"]["state"] == "stored"
    assert footage(service, photo()).read_bytes() == content


def test_the_other_overrides(service: Service) -> None:
    _, upload = upload_of(service, photo())
    send(service.http, upload, photo().content[:100])
    asked = service.http.post(upload, headers=TUS | {"X-HTTP-Method-Override": "HEAD"})
    assert asked.headers["Upload-Offset"] == "100"
    assert service.http.post(upload, headers=TUS | {"X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert offset(service.http, upload) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 405),
        ({"X-HTTP-Method-Override": "GET"}, 405),
        ({"X-HTTP-Method-Override": "PATCH"}, 400),
        ({"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "7"}, 409),
        ({"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0", "Content-Type": "text/plain"}, 415),
        ({"X-HTTP-Method-Override": "DELETE", "Origin": "https://evil.example.org"}, 403),
        ({"X-HTTP-Method-Override": "DELETE", "Tus-Resumable": "0.2.2"}, 412),
    ],
)
def test_an_override_has_the_same_rules(service: Service, headers: dict[str, str], status: int) -> None:
    _, upload = upload_of(service, photo())
    answer = service.http.post(upload, content=b"x", headers=STREAM | headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("key", ["filename", "name"])
def test_creating_a_half_sent_file_begins_it_again(service: Service, key: str) -> None:
    survey_id, upload = upload_of(service, photo())
    send(service.http, upload, photo().content[:1000])
    metadata = f"{key} {base64.b64encode(b'DJI_0002.JPG').decode()},filetype {base64.b64encode(b'image/jpeg').decode()}"
    created = service.http.post(
        f"/api/v1/surveys/{survey_id}/files", headers=TUS | {"Upload-Length": "5000", "Upload-Metadata": metadata}
    )
    assert (created.status_code, created.headers["Location"], created.headers["Upload-Offset"]) == (201, upload, "0")
    assert send(service.http, upload, photo().content).status_code == 204
    assert settled(service.http, survey_id)["DJI_0002.JPG"]["state"] == "stored"


def test_parameters_of_the_content_type_are_passed_over(service: Service) -> None:
    _, upload = upload_of(service, photo())
    headers = STREAM | {"Upload-Offset": "0", "Content-Type": f"{STREAM['Content-Type']}; charset=utf-8"}
    assert service.http.patch(upload, content=b"x", headers=headers).status_code == 204


@pytest.mark.parametrize("ground", [False, True, "3"])
def test_a_ground_that_is_no_number_is_refused(service: Service, ground: object) -> None:
    file = photo()
    files = [{"name": file.name, "size": len(file.content), "sha256": file.sha256}]
    answer = service.http.post("/api/v1/surveys", json={"name": "x", "files": files, "ground": ground})
    assert answer.status_code == 422
