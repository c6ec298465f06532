"""RTSP messages cut from a stream: whole, in pieces, and from something that is no camera."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.camera.address import CameraAddress
from streams.camera.rtsp_client import MOST, NotRtsp, RtspMessage, bare_url, take_message

OK = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\ncontent-LENGTH: 4\r\nX:  a:b \r\n\r\nv=0\n"


def test_a_message_and_what_follows_it() -> None:
    found = take_message(b"\r\n" + OK + b"$\0\0\1x")
    assert found is not None
    message, rest = found
    assert message == RtspMessage("RTSP/1.0 200 OK", (("CSeq", "1"), ("content-LENGTH", "4"), ("X", "a:b")), b"v=0\n")
    assert rest == b"$\0\0\1x"
    assert (message.status, message.header("content-length"), message.header("session")) == (200, "4", "")


@given(st.integers(0, len(OK) - 1))
def test_a_part_of_a_message_is_none_yet(keep: int) -> None:
    assert take_message(OK[:keep]) is None


def test_a_request_of_the_camera_has_no_status() -> None:
    found = take_message(b"OPTIONS rtsp://10.1.2.3/ RTSP/1.0\r\nCSeq: 9\r\n\r\n")
    assert found is not None
    assert (found[0].status, found[0].first) == (0, "OPTIONS rtsp://10.1.2.3/ RTSP/1.0")


def test_every_header_of_a_name_is_kept_in_order() -> None:
    found = take_message(b"RTSP/1.0 401 No\r\nWWW-Authenticate: A\r\nwww-authenticate: B\r\n\r\n")
    assert found is not None
    assert found[0].all_of("www-authenticate") == ["A", "B"]
    assert found[0].header("www-authenticate") == "A"


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"<html>",
        b"\x16\x03\x01\x02",
        b"rtsp/1.0 200 OK\r\n\r\n",
        b"A" * 30,
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 99999\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 4x\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nX: " + b"a" * (MOST + 1),
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(NotRtsp):
        take_message(data)


def test_no_header_of_a_camera_can_begin_another() -> None:
    found = take_message(b"RTSP/1.0 200 OK\r\nSession: 1\nX-Evil: 2\0\r\n\r\n")
    assert found is not None
    assert found[0].header("session").split() == ["1", "X-Evil:", "2"]
    assert found[0].header("x-evil") == ""


@given(st.lists(st.tuples(st.sampled_from(["CSeq", "Session", "X"]), st.from_regex(r"[a-z0-9]{1,9}", fullmatch=True))))
def test_what_is_sent_is_read(headers: list[tuple[str, str]]) -> None:
    body = b"abc"
    sent = RtspMessage("PLAY rtsp://10.1.2.3/a RTSP/1.0", (*headers, ("Content-Length", "3")), body)
    assert take_message(sent.encoded() + b"more") == (sent, b"more")


@given(st.binary(max_size=200))
def test_no_bytes_do_harm(data: bytes) -> None:
    try:
        found = take_message(data)
    except NotRtsp:
        return
    assert found is None or "RTSP/" in found[0].first


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("rtsp://admin:s3cret@10.1.2.3/main?x=1#part", "rtsp://10.1.2.3:554/main?x=1"),
        ("rtsps://10.1.2.3/main", "rtsps://10.1.2.3:322/main"),
        ("rtsp://a:b@[fd00::1]:8554/m", "rtsp://[fd00::1]:8554/m"),
    ],
)
def test_a_request_names_the_port_and_never_the_password(text: str, bare: str) -> None:
    assert bare_url(CameraAddress.parse(text)) == bare


def test_lines_that_end_without_a_return_are_lines() -> None:
    found = take_message(b"\nRTSP/1.0 200 OK\nCSeq: 1\nContent-Length: 4\nX: a\n\nv=0\nRTSP/1.0 200 OK\n\n")
    assert found is not None
    message, rest = found
    assert message == RtspMessage("RTSP/1.0 200 OK", (("CSeq", "1"), ("Content-Length", "4"), ("X", "a")), b"v=0\n")
    assert rest == b"RTSP/1.0 200 OK\n\n"
    assert take_message(b"RTSP/1.0 200 OK\nCSeq: 1\n") is None
