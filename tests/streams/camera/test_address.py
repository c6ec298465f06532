from string import ascii_letters, digits

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.camera.address import PRIVATE_NETWORKS, CameraAddress, mask_url, parse_networks
from streams.errors import AddressRefused, Unreachable

secret = st.text(ascii_letters + digits + "%:!$&'()*+,;=._~-", min_size=8, max_size=20)


@given(secret, st.sampled_from(["rtsp", "RTSP", "http"]))
@settings(max_examples=50)
def test_no_password_survives_masking(password: str, scheme: str) -> None:
    masked = mask_url(f"cannot open {scheme}://operator:{password}@10.1.2.3:554/main: refused")
    assert password not in masked
    assert "operator" not in masked
    assert "10.1.2.3:554/main: refused" in masked


def test_a_password_in_the_query_is_masked() -> None:
    assert mask_url("rtsp://10.1.2.3/a?user=me&password=abc&x=1") == "rtsp://10.1.2.3/a?user=***&password=***&x=1"


def test_an_address_shows_its_password_nowhere() -> None:
    address = CameraAddress.parse("rtsp://me:s3cret@10.1.2.3/main")
    assert (address.host, address.port, address.user, address.password) == ("10.1.2.3", 554, "me", "s3cret")
    assert "s3cret" not in f"{address} {address!r} {address.masked}"


def test_escaped_characters_in_credentials_are_read() -> None:
    assert CameraAddress.parse("rtsp://me:a%40b%2Fc@10.1.2.3/").password == "a@b/c"


@pytest.mark.parametrize(
    "text",
    [
        "http://me:s3cret@10.1.2.3/",
        "rtsp://me:s3cret@/main",
        "rtsp://me:s3cret@10.1.2.3:99999/",
        "rtsp://me:s3cret@10.1.2.3/a b",
        "concat:rtsp://me:s3cret@10.1.2.3/",
        "rtsp://me:s3cret@[10.1.2.3/",
        "",
    ],
)
def test_a_bad_address_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(AddressRefused) as refusal:
        CameraAddress.parse(text)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("host", ["10.255.0.1", "192.168.1.9", "100.64.3.2", "[fd00::1]"])
def test_camera_networks_are_allowed(host: str) -> None:
    address = CameraAddress.parse(f"rtsp://{host}/")
    address.check_allowed(PRIVATE_NETWORKS)
    with pytest.raises(AddressRefused):  # it is the networks that allow it
        address.check_allowed(())


@pytest.mark.parametrize(
    "host",
    ["8.8.8.8", "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "0.0.0.0", "224.0.0.1"],
)
def test_everything_else_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        CameraAddress.parse(f"rtsp://{host}/").check_allowed(PRIVATE_NETWORKS)


def test_loopback_is_allowed_only_when_asked_for() -> None:
    CameraAddress.parse("rtsp://127.0.0.1:8554/").check_allowed((), loopback=True)
    with pytest.raises(AddressRefused):
        CameraAddress.parse("rtsp://127.0.0.1:8554/").check_allowed(parse_networks(["127.0.0.0/8"]))


def test_a_host_that_does_not_resolve_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        CameraAddress.parse("rtsp://camera.invalid/").check_allowed(PRIVATE_NETWORKS)


def test_a_bad_network_is_named() -> None:
    with pytest.raises(AddressRefused, match=r"10\.1\.0\.0/99"):
        parse_networks(["10.1.0.0/99"])


def test_a_slash_in_a_password_is_refused_and_the_password_not_shown() -> None:
    with pytest.raises(AddressRefused, match="%2F") as caught:
        CameraAddress.parse("rtsp://user:12/hunter2@10.1.2.3/main")
    assert "hunter2" not in str(caught.value)
