import time
from string import ascii_letters, digits, punctuation

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.camera.address import PRIVATE_NETWORKS, CameraAddress, Reach, mask_url, parse_networks
from streams.errors import AddressRefused, Unreachable

secret = st.text(ascii_letters + digits + "%:!$&'()*+,;=._~-", min_size=8, max_size=20)
WAYS = [  # how makers write the user and the password into an address (ipcamtalk, ZoneMinder's and iSpy's lists)
    "{scheme}://operator:{secret}@10.1.2.3:554/main",
    "{scheme}://10.1.2.3:554/user=operator_password={secret}_channel=1_stream=0.sdp?real_stream",
    "{scheme}://10.1.2.3:554/user=operator&password={secret}&channel=1&stream=0.sdp",
    "{scheme}://10.1.2.3:554/main?user=operator&password={secret}&x=1",
    "{scheme}://10.1.2.3:554/main?operator:{secret}",
    "{scheme}://10.1.2.3:554/main?loginuse=operator&loginpas={secret}",
    "{scheme}://10.1.2.3:554/main?usr=operator&psw={secret}",
    "{scheme}://10.1.2.3:554/main?authbasic={secret}",
    "{scheme}://10.1.2.3:554/main/operator/{secret}/ch1",
    "{scheme}://10.1.2.3:554/main;operator:{secret}",
    "{scheme}://10.1.2.3:554/main#operator:{secret}",
    "{scheme}://10.1.2.3:554/operator:{secret}/main",
    "{scheme}://10.1.2.3:554?operator:{secret}",
    "{scheme}://10.1.2.3:554/9{secret}",  # a token as path (UniFi Protect)
]


@pytest.mark.parametrize("way", WAYS)
@given(secret, st.sampled_from(["rtsp", "rtsps", "RTSP", "http"]))
@settings(max_examples=20)
def test_no_password_survives_masking(way: str, password: str, scheme: str) -> None:
    address = way.format(scheme=scheme, secret=password)
    masked = mask_url(f"cannot open {address}: refused")
    assert password not in masked
    assert "operator" not in masked
    assert masked.startswith(f"cannot open {scheme}://")
    assert "10.1.2.3:554" in masked
    assert masked.endswith(": refused")
    assert mask_url(masked) == masked


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://10.1.2.3/a?user=me&password=abc&x=1", "rtsp://10.1.2.3/a/***"),
        ("rtsp://me:pw@10.1.2.3:554/Streaming/Channels/101", "rtsp://***@10.1.2.3:554/Streaming/***"),
        ("rtsp://gate.city/axis-media/media.amp", "rtsp://gate.city/axis-media/***"),
        ("rtsp://[fd00::1]:554/h264", "rtsp://[fd00::1]:554/h264"),
        ("(rtsp://[fd00::1]), rtsp://10.1.2.3/.", "(rtsp://[fd00::1]), rtsp://10.1.2.3/."),
        ("rtsps://10.1.2.3:7441/8fA3kd0sk2jQ", "rtsps://10.1.2.3:7441/***"),
        ("rtsp://me:12/hunter2@10.1.2.3/main", "rtsp://***"),
        ("rtsp://me:pw", "rtsp://***"),
    ],
)
def test_an_address_is_shown_by_scheme_host_port_and_first_word(address: str, shown: str) -> None:
    assert mask_url(address) == shown


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
        "rtsp://me:a s3cret@10.1.2.3/a",
        "me:s3cret@10.1.2.3/a",
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


@pytest.mark.parametrize(
    "text",
    [
        "rtsp:\\\\admin:s3cret@10.0.0.9\\h264",
        "rtsp:admin:s3cret@10.0.0.9/h264",
        "//admin:s3cret@10.0.0.9/h264",
        "admin:s3cret@10.0.0.9:554/h264",
        "rtsp%3A%2F%2Fadmin%3As3cret%4010.0.0.9%2Fh264",
        "redirect to http://10.0.0.1/go?to=rtsp%3a%2f%2fadmin%3as3cret%4010.0.0.9",
        "Location: rtsp://admin：s3cret@10.0.0.9/h264",
        "admin:Abc@s3cret@10.0.0.9:554/h264",
        "admin:s3cret/Abc@10.0.0.9",
        "admin:Abc/s3cret@10.0.0.9",
        'admin:s3cret"Abc@10.0.0.9',
        "admin:Abc<s3cret@10.0.0.9",
        "admin%3As3cret%4010.0.0.9",
        "admin%253As3cret%254010.0.0.9",
        "rtsp:%2F%2Fadmin:s3cret%4010.0.0.9",
        "admin：s3cret＠10.0.0.9",
        "admin:s3cret://Abc@10.0.0.9",
        f"admin:{'s3cret' * 50}@10.0.0.9",
        f"{'x' * 40}://10.0.0.9/user=admin_password=s3cret",
    ],
)
def test_a_password_in_what_only_resembles_an_address_is_not_shown(text: str) -> None:
    assert "s3cret" not in mask_url(text)


@pytest.mark.parametrize(
    "form",
    [
        "admin:{}@10.0.0.9:554/h264",
        'url="admin:{}@10.0.0.9"',
        "//admin:{}@10.0.0.9/h264",
        "rtsp:\\\\admin:{}@10.0.0.9\\h264",
        "admin：{}＠10.0.0.9",
        "admin%3A{}%4010.0.0.9",
        "rtsp%3A%2F%2Fadmin%3A{}%4010.0.0.9%2Fh264",
        "rtsp:%2F%2Fadmin:{}%4010.0.0.9",
        "rtsp://admin:{}@10.0.0.9/h264",
    ],
)
@given(st.text(ascii_letters + digits + punctuation + "：＠／密码é", max_size=20))
@settings(max_examples=20)
def test_a_password_of_any_signs_is_not_shown_nor_where_it_begins_or_ends(form: str, password: str) -> None:
    shown = mask_url(f"cannot open {form.format(f'Qz7{password}Xk9')} now")
    assert "Qz7" not in shown
    assert "Xk9" not in shown
    assert (shown.startswith("cannot open "), shown.endswith(" now")) == (True, True)


def test_the_host_of_what_only_resembles_an_address_is_shown() -> None:
    assert mask_url("open admin:Abc@12345@10.0.0.9:554/h264") == "open ***@10.0.0.9:554/h264"
    assert mask_url("(admin%3As3cret%4010.0.0.9)") == "***@10.0.0.9)"


@pytest.mark.parametrize("text", ["a.b-", "a:", "@a", "a:@", ":/", "%3a", "%25", "a%40", "[", "："])
def test_a_long_line_is_masked_in_a_moment(text: str) -> None:
    begun = time.process_time()
    mask_url(text * (40_000 // len(text)))
    assert time.process_time() - begun < 2  # one that looks again from every letter takes nine seconds


def test_what_is_no_address_stays_readable() -> None:
    text = "line 3: url: write rtsp:// or rtsps:// before cam@example.org, at 10:00:00"
    assert mask_url(text) == text


@pytest.mark.parametrize("password", ["s3：cret", "s3#cret", "s3?cret", "s3/cret", "s3[cret", "s3]cret"])
def test_a_refusal_says_how_to_write_the_password_and_never_shows_it(password: str) -> None:
    with pytest.raises(AddressRefused) as raised:
        CameraAddress.parse(f"rtsp://admin:{password}@10.0.0.9/h264")
    said = str(raised.value)
    assert "cret" not in said
    assert "NFKC" not in said
    assert "%5B" in said or "%23" in said


@pytest.mark.parametrize(
    ("network", "said"),
    [("10.1.2.3/8", "is a host in 10.0.0.0/8, write that"), ("10.0.0.0/99", "write it like"), ("x", "write it like")],
)
def test_a_network_that_is_none_is_said_in_our_words(network: str, said: str) -> None:
    with pytest.raises(AddressRefused, match=said) as raised:
        parse_networks([network])
    assert "host bits" not in str(raised.value)


def test_no_camera_has_the_port_nought() -> None:
    with pytest.raises(AddressRefused, match="no number from 1"):
        CameraAddress.parse("rtsp://10.0.0.9:0/h264")


@given(st.lists(st.tuples(st.sampled_from(WAYS), secret), min_size=1, max_size=4), st.sampled_from([" ", "\n", "; "]))
def test_of_several_addresses_in_one_text_none_shows_its_password(ways: list[tuple[str, str]], between: str) -> None:
    shown = mask_url(between.join(way.format(scheme="rtsp", secret=password) for way, password in ways))
    assert not any(password in shown for _, password in ways)
    assert shown.count("10.1.2.3:554") == len(ways)


@given(st.text())
def test_what_was_masked_once_stays_as_it_is_and_any_text_can_be(text: str) -> None:
    assert mask_url(mask_url(text)) == mask_url(text)


@given(secret.map(lambda password: password.replace("%", "")), st.sampled_from(["10.1.2.3", "[fd00::1]", "gate.city"]))
def test_a_pinned_address_reaches_the_camera_with_its_password_and_shows_the_name(password: str, host: str) -> None:
    address = CameraAddress.parse(f"rtsps://me:{password}@{host}/main")
    assert (address.password, address.port) == (password, 322)
    if host != "gate.city":
        pinned = address.pinned(Reach())
        assert (pinned.password, pinned.masked) == (password, f"rtsps://***@{host}/main")
        assert f"me:{password}@{host}:322" in pinned.url
        assert password not in f"{pinned} {pinned!r}"
