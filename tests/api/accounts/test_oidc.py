"""Signing in at an identity provider that really runs: the way there and back, and every answer that does not hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import AnyHttpUrl, SecretStr

from api.accounts import users
from api.app import create_app
from api.bootstrap import open_store
from api.db.database import Database
from api.settings import Settings
from tests.api.accounts.provider import CLIENT, SECRET, Provider, run_provider
from tests.api.serving import serve
from tests.api.signing import CHEAP, COOKIE, a_user


@dataclass(frozen=True, slots=True)
class City:
    """A service, its identity provider, and a browser."""

    provider: Provider
    database: Database
    http: httpx.Client

    def there(self, next_: str = "/surveys") -> str:
        """Go to the provider; gives where it sends the browser back to."""
        sent = self.http.get("/login/oidc", params={"next": next_})
        assert sent.status_code == 303
        return httpx.get(sent.headers["location"], trust_env=False).headers["location"]

    def back(self, address: str) -> httpx.Response:
        """Come back to the service, under its test address."""
        return self.http.get("/login/oidc/callback", params=parse_qs(urlsplit(address).query))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Provider, Database, str]]:
    folder: Path = tmp_path_factory.mktemp("oidc")
    with run_provider() as provider:
        settings = Settings(
            _env_file=None,
            data_dir=folder,
            min_free_mb=1,
            oidc_issuer=AnyHttpUrl(provider.url),
            oidc_client_id=CLIENT,
            oidc_client_secret=SecretStr(SECRET),
        )
        database, files = open_store(settings, upgrade=True)
        with serve(create_app(settings, database, files, passwords=CHEAP)) as served:
            yield provider, database, served.url
        database.close()


@pytest.fixture
def city(running: tuple[Provider, Database, str]) -> Iterator[City]:
    provider, database, url = running
    provider.wrong, provider.forged = {}, False
    provider.claims = {"sub": "u-1", "preferred_username": "zhao"}
    with database.write() as connection:
        known = users.by_login(connection, "zhao")
        if known is None:
            users.add(connection, a_user("zhao", "Zhao Min"))
        else:
            users.disable(connection, known.id, None)
    with httpx.Client(base_url=url, timeout=10, trust_env=False) as http:
        yield City(provider, database, http)


def test_a_user_is_signed_in_and_known_by_their_subject_from_then_on(city: City) -> None:
    assert "/login/oidc?next=" in city.http.get("/login").text
    done = city.back(city.there())
    assert (done.status_code, done.headers["location"]) == (303, "/surveys")
    assert "Zhao Min" in city.http.get("/account").text
    city.provider.claims = {"sub": "u-1", "preferred_username": "another name by now"}
    city.http.cookies.clear()
    assert city.back(city.there("https://evil.org")).headers["location"] == "/review"
    city.provider.claims = {"sub": "u-2", "preferred_username": "zhao"}  # somebody else who calls themselves so
    city.http.cookies.clear()
    assert city.back(city.there()).status_code == 403


def test_who_is_no_user_or_a_disabled_one_is_not_let_in(city: City) -> None:
    city.provider.claims = {"sub": "u-9", "preferred_username": "stranger"}
    refused = city.back(city.there())
    assert (refused.status_code, "you are no user here" in refused.text) == (403, True)
    assert COOKIE not in city.http.cookies
    city.provider.claims = {"sub": "u-8", "email": "zhao", "email_verified": False}
    assert city.back(city.there()).status_code == 403
    city.provider.claims = {"sub": "u-1", "preferred_username": "zhao"}
    with city.database.write() as connection:
        users.disable(connection, a_user("zhao").id, datetime.now(UTC))
    assert city.back(city.there()).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "another"},
        {"aud": "another-client"},
        {"iss": "https://evil.example.org"},
        {"exp": 1},
        {"sub": ""},
        {"nonce": None},
    ],
)
def test_a_token_that_does_not_hold_is_refused(city: City, wrong: dict[str, object]) -> None:
    city.provider.wrong = wrong
    assert city.back(city.there()).status_code == 403
    assert COOKIE not in city.http.cookies


def test_a_forged_signature_a_used_state_and_another_browser_are_refused(city: City) -> None:
    city.provider.forged = True
    assert city.back(city.there()).status_code == 403
    city.provider.forged = False
    address = city.there()
    kept = dict(city.http.cookies)
    city.http.cookies.clear()
    assert city.back(address).status_code == 403  # begun in another browser
    city.http.cookies.update(kept)
    assert city.back(address).status_code == 303
    city.http.cookies.update(kept)
    assert city.back(address).status_code == 403  # once only
    assert city.http.get("/login/oidc/callback", params={"state": "x", "code": "y"}).status_code == 403
    code_alone = {"code": parse_qs(urlsplit(city.there()).query)["code"][0], "state": ""}
    assert city.http.get("/login/oidc/callback", params=code_alone).status_code == 403


def test_a_provider_that_calls_itself_otherwise_is_not_gone_to(city: City) -> None:
    kept, city.provider.url = city.provider.url, "https://evil.example.org"
    try:
        refused = city.http.get("/login/oidc")
    finally:
        city.provider.url = kept
    assert (refused.status_code, "location" in refused.headers) == (403, False)
