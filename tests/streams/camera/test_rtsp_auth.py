"""Signing in to a camera: the examples of the RFCs, and challenges that cannot be answered."""

import hashlib
import re

import pytest

from streams.camera.rtsp_auth import Challenge, choose_challenge

URL = "rtsp://10.1.2.3:554/main"


def fields(authorization: str) -> dict[str, str]:
    scheme, _, rest = authorization.partition(" ")
    assert scheme == "Digest"
    return {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', rest)}


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def challenge(*headers: str) -> Challenge:
    found = choose_challenge(headers)
    assert found is not None
    return found


def test_basic_is_the_example_of_rfc_7617() -> None:
    said = challenge('Basic realm="WallyWorld"').authorization("Aladdin", "open sesame", "DESCRIBE", URL)
    assert said == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_a_digest_without_qop_is_that_of_rfc_2069() -> None:
    one = challenge('Digest realm="cam", nonce="abc"')
    said = fields(one.authorization("admin", "pass", "DESCRIBE", URL))
    assert said == {
        "username": "admin",
        "realm": "cam",
        "nonce": "abc",
        "uri": URL,
        "response": md5(f"{md5('admin:cam:pass')}:abc:{md5(f'DESCRIBE:{URL}')}"),
    }


@pytest.mark.parametrize(("algorithm", "name"), [("MD5", "md5"), ("SHA-256", "sha256"), ("sha-512-256", "sha512_256")])
def test_a_digest_with_qop_counts_its_uses(algorithm: str, name: str) -> None:
    one = challenge(f'Digest realm="cam", nonce="n", qop="auth,auth-int", algorithm={algorithm}, opaque="o"')
    for count in ("00000001", "00000002"):
        said = fields(one.authorization("admin", "pass", "PLAY", URL))

        def hashed(text: str) -> str:
            return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

        expected = hashed(f"{hashed('admin:cam:pass')}:n:{count}:{said['cnonce']}:auth:{hashed(f'PLAY:{URL}')}")
        assert (said["nc"], said["qop"], said["opaque"], said["response"]) == (count, "auth", "o", expected)
        assert said["algorithm"] == algorithm


def test_a_session_digest_says_its_nonce_and_hashes_it() -> None:
    one = challenge('Digest realm="cam", nonce="n", algorithm=MD5-sess')
    said = fields(one.authorization("admin", "pass", "PLAY", URL))
    secret = md5(f"{md5('admin:cam:pass')}:n:{said['cnonce']}")
    assert said["response"] == md5(f"{secret}:n:{md5(f'PLAY:{URL}')}")


def test_each_answer_has_a_client_nonce_of_its_own() -> None:
    one = challenge('Digest realm="cam", nonce="n", qop="auth"')
    assert len({fields(one.authorization("a", "b", "PLAY", URL))["cnonce"] for _ in range(8)}) == 8


def test_a_quote_in_a_user_does_not_end_it_and_no_password_is_said() -> None:
    one = challenge('Digest realm="cam", nonce="n"')
    said = one.authorization('ad"min\\', "s3cret", "PLAY", URL)
    assert 'username="ad\\"min\\\\"' in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("headers", "scheme"),
    [
        (['Basic realm="a"', 'Digest realm="a", nonce="n"'], "digest"),
        (['Digest realm="a", nonce="n", algorithm=SHA-999', 'Basic realm="a"'], "basic"),
        (['Digest realm="a", nonce="n", qop="auth-int"', 'BASIC realm="a"'], "basic"),
        (['Digest realm="a", nonce="n", qop="auth-int auth"'], "digest"),
        (['Digest realm="a", nonce="n", algorithm="MD5-SESS"'], "digest"),
    ],
)
def test_the_best_that_can_be_answered_is_chosen(headers: list[str], scheme: str) -> None:
    assert challenge(*headers).scheme == scheme


@pytest.mark.parametrize(
    "headers", [[], ["Bearer x"], ['Digest nonce="n", qop="auth-int"'], ["Digest algorithm=X"], [""]]
)
def test_nothing_is_chosen_where_nothing_can_be_answered(headers: list[str]) -> None:
    assert choose_challenge(headers) is None


def test_a_realm_with_commas_and_spaces_is_one_realm() -> None:
    one = challenge('Digest  realm="IP Camera(1,2)" , nonce = bare , stale=FALSE')
    assert one.fields == {"realm": "IP Camera(1,2)", "nonce": "bare", "stale": "FALSE"}
