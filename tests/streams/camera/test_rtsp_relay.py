"""What FFmpeg is told of a camera's answers, and how a password is proved."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.camera.rtsp_auth import choose_challenge
from streams.camera.rtsp_client import NotRtsp, take_message
from streams.camera.rtsp_relay import checked_transport

ASKED = {"tcp": "RTP/AVP/TCP;unicast;interleaved=0-1", "udp": "RTP/AVP/UDP;unicast;client_port=5000-5001"}
TRANSPORTS = st.sampled_from(["tcp", "udp"])


@pytest.mark.parametrize(
    ("wanted", "answer", "told"),
    [
        ("tcp", "RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1F", "RTP/AVP/TCP;unicast;interleaved=2-3"),
        ("tcp", "RTP/AVP/TCP;unicast", "RTP/AVP/TCP;unicast;interleaved=0-1"),
        ("tcp", "", "RTP/AVP/TCP;unicast;interleaved=0-1"),
        ("tcp", "RTP/AVP;unicast;client_port=5000-5001", None),
        ("udp", "RTP/AVP/TCP;unicast;interleaved=0-1", None),
        ("udp", "RTP/AVP;multicast;destination=239.1.1.1;port=5000-5001", None),
        (
            "udp",
            "RTP/AVP;unicast;destination=8.8.8.8;source=8.8.4.4;client_port=5000-5001;server_port=7000-7001",
            "RTP/AVP;unicast;client_port=5000-5001;server_port=7000-7001;source=10.1.2.3",
        ),
    ],
)
def test_a_transport_as_ffmpeg_is_told(wanted: str, answer: str, told: str | None) -> None:
    assert checked_transport(answer, ASKED[wanted], wanted, "10.1.2.3") == told  # type: ignore[arg-type]


@given(TRANSPORTS, st.text(st.characters(codec="ascii"), max_size=60), st.sampled_from(["source", "destination"]))
def test_whatever_a_camera_answers_no_other_address_is_told(wanted: str, noise: str, name: str) -> None:
    for answer in (noise, f"RTP/AVP/{wanted.upper()};{noise};{name}=8.8.8.8;server_port=1-2;interleaved=0-1"):
        told = checked_transport(answer, ASKED[wanted], wanted, "10.1.2.3")  # type: ignore[arg-type]
        assert told is None or re.fullmatch(r"[A-Za-z0-9/;=_.-]+", told)
        assert set(re.findall(r"\d+\.\d+\.\d+\.\d+", told or "")) <= {"10.1.2.3"}


@given(st.binary(max_size=300))
def test_what_is_no_message_is_refused_or_waited_for(data: bytes) -> None:
    try:
        found = take_message(data)
    except NotRtsp:
        return
    if found is not None:
        message, rest = found
        assert data.endswith(rest)
        assert not re.search(r"[\r\n]", "".join(f"{name}{value}" for name, value in message.headers))


def test_digest_as_rfc_7616_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of section 3.9.1, for both hashes."""
    nonce, own = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr("streams.camera.rtsp_auth.secrets.token_hex", lambda _: own)
    for algorithm, response in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ]:
        asked = f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="{nonce}"'
        challenge = choose_challenge([asked])
        assert challenge is not None
        said = challenge.authorization("Mufasa", "Circle of Life", "GET", "/dir/index.html")
        assert f'response="{response}"' in said
        assert "nc=00000001" in said


def test_the_old_digest_of_most_cameras() -> None:
    challenge = choose_challenge(['Basic realm="x"', 'Digest realm="camera", nonce="5a1f", stale=FALSE'])
    assert challenge is not None
    said = challenge.authorization('me"x', "pw", "DESCRIBE", "rtsp://h/main")
    first = hashlib.md5(b'me"x:camera:pw').hexdigest()
    second = hashlib.md5(b"DESCRIBE:rtsp://h/main").hexdigest()
    assert hashlib.md5(f"{first}:5a1f:{second}".encode()).hexdigest() in said
    assert 'username="me\\"x"' in said
    assert "qop" not in said


@pytest.mark.parametrize("asked", [[], ["Negotiate"], ['Digest algorithm=SHA-1, nonce="a"'], ['Digest qop="auth-int"']])
def test_what_cannot_be_answered_is_not_answered(asked: list[str]) -> None:
    assert choose_challenge(asked) is None
