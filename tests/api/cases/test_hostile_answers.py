"""A case API that answers badly, or for ever: what it took is delivered, and nothing holds up the next case."""

import gzip
import itertools
import resource
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from api.cases.adapters import HttpCaseApi, Receipt, retry_after
from api.errors import CaseUnavailable
from tests.api.cases.raw_server import RawServer, raw_server
from tests.api.samples import NOON


@pytest.fixture
def server() -> Iterator[RawServer]:
    with raw_server() as running:
        yield running


def deliver(server: RawServer, *answer: bytes, timeout: float = 5) -> Receipt:
    if answer:
        server.answer = answer
    return HttpCaseApi(server.url, "t0ken", timedelta(seconds=timeout)).deliver(uuid4(), b"{}")


@pytest.mark.parametrize(
    ("head", "body", "reference"),
    [
        (b"Transfer-Encoding: chunked", b"5\r\nhello\r\nnot a chunk", None),
        (b"Content-Length: 500", b'{"id": 7', None),
        (b"Content-Encoding: gzip\r\nContent-Length: 8", b"no gzip!", None),
        (b"Content-Encoding: br\r\nContent-Length: 4", b"\x00\x01\x02\x03", None),
        (b"Content-Length: 17", b'{"id": "a\\u0000b"}', None),
        (b"Content-Length: 18", b'{"id": "a\\u0000b"}', "ab"),
        (b"Content-Length: 16", b'{"id": "\\ud800"}', None),
        (b"Location: http://[half\r\nContent-Length: 0", b"", "*"),
        (b"Location: http://a:b/\r\nContent-Length: 9", b'{"id": 7}', "7"),
        (b"Location: " + b"x" * 9000 + b"\r\nContent-Length: 0", b"", "x" * 10),
        (b"Location: /c/7\r\nContent-Length: 0", b"", "http://127.0.0.1:{port}/c/7"),
        (b"Location: http://u:p4ss@elsewhere/7\r\nContent-Length: 0", b"", "http://elsewhere/7"),
        (b"Retry-After: " + b"9" * 5000 + b"\r\nContent-Length: 0", b"", None),
        (b"Content-Length: 9\r\nContent-Type: \xff\xfe", b'{"id": 7}', "7"),
    ],
)
def test_2xx_is_delivered_whatever_else_it_says(
    server: RawServer, head: bytes, body: bytes, reference: str | None
) -> None:
    receipt = deliver(server, b"HTTP/1.1 201 Created\r\n" + head + b"\r\n\r\n" + body)
    assert receipt.status == 201
    port = server.listener.getsockname()[1]
    wanted = reference.format(port=port) if reference else None
    if reference == "x" * 10:
        assert receipt.reference is not None
        assert receipt.reference.endswith(reference)
        assert len(receipt.reference) <= 500
    elif reference != "*":  # that one may be called anything
        assert receipt.reference == wanted
    assert "s3cret" not in str(receipt.reference)


@pytest.mark.parametrize("drips", ["header", "body"])
def test_the_deadline_counts_in_all(server: RawServer, drips: str) -> None:
    """One byte now and then would hold up every other case."""
    server.pause = 0.05
    began = time.monotonic()
    if drips == "header":
        server.answer = itertools.chain([b"HTTP/1.1 201 Created\r\nX: "], itertools.repeat(b"x"))
        with pytest.raises(CaseUnavailable, match=r"no answer within 0\.4 s"):
            deliver(server, timeout=0.4)
    else:
        head = b"HTTP/1.1 201 Created\r\nContent-Length: 100000\r\n\r\n"
        server.answer = itertools.chain([head], itertools.repeat(b"x"))
        assert deliver(server, timeout=0.4) == Receipt(201, None)
    assert time.monotonic() - began < 5


def test_a_packed_answer_is_not_unpacked_whole(server: RawServer) -> None:
    packed = gzip.compress(bytes(150_000_000), 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for coding, content in ((b"gzip", packed), (b"gzip, gzip", gzip.compress(packed))):
        head = b"HTTP/1.1 201 Created\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding, len(content))
        assert deliver(server, head + content) == Receipt(201, None)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB
    assert b"identity" in server.asked[0]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 2000 Created\r\n\r\n",
        b"HTTP/1.1 500 \x00\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 201 Created\r\n" + b"A: " + b"b" * 300_000 + b"\r\n\r\n",
        b"HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\nno chunk",
    ],
)
def test_what_is_no_answer_is_tried_again_and_says_why(server: RawServer, answer: bytes) -> None:
    with pytest.raises(CaseUnavailable) as caught:
        deliver(server, answer)
    said = str(caught.value)
    assert said.isprintable()
    assert "s3cret" not in said
    assert "t0ken" not in said


@pytest.mark.parametrize(
    "value",
    ["9" * 5000, "Fri, 20 Nov 99999 04:01:00 GMT", f"Fri, {'9' * 400} Nov 2026 04:01:00 GMT",
     "Fri, 20 Nov 2026 99:99:99",     "Fri, 31 Dec 9999 23:59:59 -9999", "Mon, 01 Jan 0001 00:00:00 +9999"],
)  # fmt: skip
def test_a_retry_after_that_cannot_be_is_no_error(value: str) -> None:
    wait = retry_after(value, NOON)
    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)
