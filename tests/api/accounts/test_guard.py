"""Who gets in: sessions that hold, and all those that do not; keys; and what answers without either."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import update

from api.accounts import keys, sessions, users
from api.accounts.tables import api_keys
from api.accounts.tables import sessions as session_rows
from api.accounts.users import Grant
from api.db.scope import EVERYWHERE, Scope
from api.roles import Role
from tests.api.conftest import Service
from tests.api.signing import COOKIE, a_user, bearer, make_key, sign_in

API = "/api/v1/candidates"


@pytest.fixture
def stranger(service: Service) -> Iterator[httpx.Client]:
    """A client that brings nothing along."""
    with httpx.Client(base_url=service.url, timeout=10, trust_env=False) as http:
        yield http


def status(http: httpx.Client, token: str, path: str = API) -> int:
    return http.get(path, headers={"Cookie": f"{COOKIE}={token}"}).status_code


def test_without_a_session_the_api_says_401_and_pages_lead_to_the_login(stranger: httpx.Client) -> None:
    refused = stranger.get(API)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.headers["content-type"] == "application/problem+json"
    page = stranger.get("/surveys", params={"cursor": "x y"})
    assert (page.status_code, page.headers["location"]) == (303, f"/login?next={quote('/surveys?cursor=x+y', safe='')}")
    fragment = stranger.get("/review/queue", headers={"Sec-Fetch-Dest": "empty"})
    assert fragment.status_code == 401
    assert stranger.post("/cameras/cam-1/pause").headers["location"] == "/login"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/login", "/static/streetwarden.css", "/static/mark.svg"])
def test_what_answers_everybody(stranger: httpx.Client, path: str) -> None:
    assert stranger.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/static/review.js", "/static/vendor/README.md", "/api/v1/openapi.json", "/nowhere", "/login/", "//livez/x"],
)
def test_nothing_else_does(stranger: httpx.Client, path: str) -> None:
    assert stranger.get(path).status_code in (303, 401)


def test_a_session_is_known_by_its_hash_alone(service: Service, stranger: httpx.Client) -> None:
    token = sign_in(service.database)
    assert status(stranger, token) == 200
    for forged in ("", "x", token[:-1], token + "x", sessions.hash_of(token), "\\x00", '"' + token):
        assert status(stranger, forged) == 401, forged
    both = {"Cookie": f"{COOKIE}={token}", "Authorization": "Basic bGk6d2Vp"}
    assert stranger.get(API, headers=both).status_code == 401


@pytest.mark.parametrize(("idle", "age"), [(sessions.IDLE, sessions.IDLE), (timedelta(0), sessions.LONGEST)])
def test_a_session_ends_when_it_is_idle_or_old(
    service: Service, stranger: httpx.Client, idle: timedelta, age: timedelta
) -> None:
    token, now = sign_in(service.database), datetime.now(UTC)
    for margin, expected in ((timedelta(minutes=1), 200), (timedelta(0), 401)):
        with service.database.write() as connection:
            times = {"seen_at": now - idle + margin, "created_at": now - age + margin}
            connection.execute(update(session_rows).values(**times))
        assert status(stranger, token) == expected


def test_a_session_in_use_goes_on_and_is_written_once_a_minute(service: Service, stranger: httpx.Client) -> None:
    token, now = sign_in(service.database), datetime.now(UTC)
    with service.database.write() as connection:
        connection.execute(update(session_rows).values(seen_at=now - timedelta(hours=7)))
    assert status(stranger, token) == 200
    with service.database.read() as connection:
        found = sessions.find(connection, token, now + timedelta(hours=7))
    assert found is not None
    before = found[0].seen_at
    assert status(stranger, token) == 200
    with service.database.read() as connection:
        again = sessions.find(connection, token, now)
    assert again is not None
    assert again[0].seen_at == before


def test_a_disabled_users_session_and_a_changed_role_count_at_once(service: Service, stranger: httpx.Client) -> None:
    zhao = a_user("zhao.min", "Zhao Min", Grant(Role.SUPERVISOR, None, 3))
    token = sign_in(service.database, zhao)
    headers = {"Cookie": f"{COOKIE}={token}", "Origin": service.url}
    pause = "/api/v1/cameras/cam-9/pause"
    assert stranger.post(pause, headers=headers).status_code == 404
    with service.database.write() as connection:
        users.set_grant(connection, zhao.id, Grant(Role.VIEWER, None, 3))
    refused = stranger.post(pause, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:streetwarden:problem:forbidden")
    with service.database.write() as connection:
        users.disable(connection, zhao.id, datetime.now(UTC))
        connection.execute(session_rows.insert().values(sessions_row(zhao.id, token)))  # as if it had been left behind
    assert status(stranger, token) == 401


def sessions_row(user_id: object, token: str) -> dict[str, object]:
    now = datetime.now(UTC)
    own = {"id": user_id, "user_id": user_id, "token": sessions.hash_of(token)}
    return own | {"created_at": now, "seen_at": now, "address": "", "agent": ""}


def test_a_session_acts_only_where_the_browser_says_where_from(service: Service, stranger: httpx.Client) -> None:
    cookie = {"Cookie": f"{COOKIE}={sign_in(service.database)}"}
    pause = "/api/v1/cameras/cam-9/pause"
    assert stranger.post(pause, headers=cookie).status_code == 403
    assert stranger.post(pause, headers=cookie | {"Origin": service.url}).status_code == 404
    assert stranger.post(pause, headers=cookie | {"Sec-Fetch-Site": "same-origin"}).status_code == 404
    assert stranger.post(pause, headers=bearer(service.key)).status_code == 404


def test_a_key_holds_until_it_ends_or_is_revoked(service: Service, stranger: httpx.Client) -> None:
    key = make_key(service.database, Grant(Role.VIEWER, frozenset({"erqi"}), 1))
    assert stranger.get(API, headers=bearer(key)).status_code == 200
    assert stranger.post("/api/v1/surveys", headers=bearer(key), json={}).status_code == 403
    for wrong in (key[:-1], key + "x", "sw_", sessions.hash_of(key)):
        assert stranger.get(API, headers=bearer(wrong)).status_code == 401
    with service.database.write() as connection:
        (known,) = (one for one in keys.listed(EVERYWHERE, connection) if one.prefix == key[:11])
        assert known.used_at is not None
        assert key not in str(known)
        connection.execute(update(api_keys).values(expires_at=datetime.now(UTC)))
    assert stranger.get(API, headers=bearer(key)).status_code == 401
    with service.database.write() as connection:
        connection.execute(update(api_keys).values(expires_at=datetime.now(UTC) + timedelta(days=1)))
        assert keys.revoke(Scope.of(["jinshui"]), connection, known.id, known.created_at) is None
        assert keys.revoke(EVERYWHERE, connection, known.id, datetime.now(UTC)) is not None
    assert stranger.get(API, headers=bearer(key)).status_code == 401
