"""Signing in as a person does: by password, by one-time link, with limits; and all that can be wrong about it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import func, select

from api.accounts import attempts, sessions, users
from api.accounts.guard import cookie_name
from api.accounts.service import first_link
from api.accounts.sessions import Purpose
from api.accounts.tables import login_attempts
from api.accounts.tables import users as user_rows
from api.app import create_app
from api.bootstrap import open_store
from api.db.scope import EVERYWHERE
from api.settings import Settings
from tests.api.conftest import Service
from tests.api.serving import serve
from tests.api.signing import CHEAP, COOKIE, a_user

PASSWORD = "four words of one's own"
HASH = CHEAP.hash(PASSWORD, "zhao")


@pytest.fixture
def browser(service: Service) -> Iterator[httpx.Client]:
    """A browser before Zhao Min signs in."""
    with service.database.write() as connection:
        users.add(connection, a_user("zhao", "Zhao <b>Min</b>", password=HASH))
    with httpx.Client(base_url=service.url, timeout=10, trust_env=False, headers={"Origin": service.url}) as http:
        yield http


def post(http: httpx.Client, login: str = "zhao", password: str = PASSWORD, next_: str = "") -> httpx.Response:
    return http.post("/login", data={"login": login, "password": password, "next": next_})


def test_a_password_opens_a_session_that_logging_out_ends(browser: httpx.Client) -> None:
    answer = post(browser, " ZHAO ", next_="/surveys?lang=zh")
    assert (answer.status_code, answer.headers["location"]) == (303, "/surveys?lang=zh")
    (cookie,) = (one for one in answer.headers.get_list("set-cookie") if one.startswith(COOKIE))
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    page = browser.get("/account").text
    assert "Zhao &lt;b&gt;Min&lt;/b&gt;" in page  # a hostile name is shown, never run
    assert "This browser" in page
    kept = browser.cookies[COOKIE]
    out = browser.post("/logout")
    assert (out.headers["location"], out.headers["clear-site-data"]) == ("/login", '"cache"')
    browser.cookies.set(COOKIE, kept)
    assert browser.get("/api/v1/candidates").status_code == 401


def test_a_session_that_somebody_else_chose_is_not_taken_over(browser: httpx.Client, service: Service) -> None:
    chosen = "A" * 43
    browser.cookies.set(COOKIE, chosen)
    token = post(browser).cookies[COOKIE]
    assert token != chosen
    browser.cookies.clear()
    browser.cookies.set(COOKIE, token)
    renewed = post(browser).cookies[COOKIE]
    with service.database.read() as connection:  # the one before ended with the new sign-in
        now = datetime.now(UTC)
        found = [sessions.find(connection, one, now) is not None for one in (chosen, token, renewed)]
    assert found == [False, False, True]


@pytest.mark.parametrize(
    ("login", "password"), [("zhao", "wrong"), ("nobody", PASSWORD), ("zhao", ""), ("", ""), ("zhao", "x" * 5000)]
)
def test_who_does_not_fit_is_told_nothing_more(browser: httpx.Client, login: str, password: str) -> None:
    answer = post(browser, login, password)
    assert answer.status_code == 403
    assert "Login and password do not belong together." in answer.text
    assert COOKIE not in answer.cookies


@pytest.mark.parametrize("next_", ["https://evil.org", "//evil.org", "/\\evil.org", "javascript:x", "/a\nb", ""])
def test_a_sign_in_leads_nowhere_else(browser: httpx.Client, next_: str) -> None:
    assert post(browser, next_=next_).headers["location"] == "/review"


def test_too_many_failures_of_a_login_are_told_even_with_the_right_password(
    browser: httpx.Client, service: Service
) -> None:
    for _ in range(3):
        assert post(browser).status_code == 303  # what succeeds does not count
    codes = [post(browser, password="wrong").status_code for _ in range(attempts.PER_LOGIN)]
    assert set(codes) == {403}
    late = post(browser)
    assert (late.status_code, "Too many attempts" in late.text) == (429, True)
    assert post(browser, "somebody").status_code == 403
    with service.database.write() as connection:
        later = datetime.now(UTC) + attempts.WINDOW
        assert attempts.begin(connection, "zhao", "10.0.0.1", later) is not None
        assert connection.execute(select(func.count()).select_from(login_attempts)).scalar_one() == 1


def test_an_address_that_tries_many_logins_is_stopped(service: Service) -> None:
    now = datetime.now(UTC)
    with service.database.write() as connection:
        for number in range(attempts.PER_ADDRESS):
            assert attempts.begin(connection, f"user{number}", "10.0.0.1", now) is not None
        assert attempts.begin(connection, "another", "10.0.0.1", now) is None
        assert attempts.begin(connection, "another", "10.0.0.2", now) is not None


def test_the_first_start_makes_a_link_and_no_password(service: Service, browser: httpx.Client) -> None:
    with service.database.write() as connection:
        for user in users.listed(EVERYWHERE, connection):
            users.forget(connection, user.id)
            connection.execute(user_rows.delete().where(user_rows.c.id == user.id))
    link = first_link(service.database, datetime.now(UTC))
    assert link is not None
    newer = first_link(service.database, datetime.now(UTC))  # the first was not used: a start later another
    assert browser.get(f"/welcome/{link}").status_code == 403
    page = browser.get(f"/welcome/{newer}")
    assert (page.status_code, "admin" in page.text) == (200, True)
    assert post(browser, "admin", "").status_code == 403
    weak = browser.post(f"/welcome/{newer}", data={"password": "admin", "again": "admin"})
    assert (weak.status_code, "12 to 200" in weak.text) == (422, True)
    differs = browser.post(f"/welcome/{newer}", data={"password": PASSWORD, "again": "x"})
    assert "not the same" in differs.text
    done = browser.post(f"/welcome/{newer}", data={"password": PASSWORD, "again": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, "/review")
    assert browser.get("/users").status_code == 200
    assert browser.post(f"/welcome/{newer}", data={"password": PASSWORD, "again": PASSWORD}).status_code == 403
    assert first_link(service.database, datetime.now(UTC)) is None
    assert post(browser, "admin").status_code == 303


def test_a_link_to_enter_needs_no_password_and_works_once(service: Service, browser: httpx.Client) -> None:
    with service.database.write() as connection:
        link = sessions.add_link(connection, a_user("zhao").id, Purpose.ENTER, datetime.now(UTC))
    assert 'type="password"' not in browser.get(f"/welcome/{link}").text
    assert browser.post(f"/welcome/{link}").status_code == 303
    assert browser.get("/account").status_code == 200
    assert browser.post(f"/welcome/{link}").status_code == 403


def test_a_new_password_ends_the_other_sessions(browser: httpx.Client, service: Service) -> None:
    other = post(browser).cookies[COOKIE]
    browser.cookies.clear()
    post(browser)
    new = {"password": "another four words", "again": "another four words"}
    assert browser.post("/account/password", data={"old": "wrong"} | new).status_code == 422
    assert browser.post("/account/password", data={"old": PASSWORD, "password": "short", "again": "short"}).is_error
    assert "was changed" in browser.post("/account/password", data={"old": PASSWORD} | new).text
    assert browser.get("/account").status_code == 200
    assert post(browser).status_code == 403
    browser.cookies.clear()
    browser.cookies.set(COOKIE, other)
    assert browser.get("/account").status_code == 303


def test_ones_own_sessions_are_listed_and_ended(browser: httpx.Client, service: Service) -> None:
    other = post(browser).cookies[COOKIE]
    browser.cookies.clear()
    post(browser)
    with service.database.read() as connection:
        found = sessions.find(connection, other, datetime.now(UTC))
        theirs = sessions.find(connection, service.http.cookies[COOKIE], datetime.now(UTC))
    assert found is not None
    assert theirs is not None
    assert browser.get("/account").text.count("End this session") == 1
    assert browser.post(f"/account/sessions/{theirs[0].id}/end").status_code == 404
    assert browser.post(f"/account/sessions/{found[0].id}/end").status_code == 303
    browser.cookies.clear()
    browser.cookies.set(COOKIE, other)
    assert browser.get("/account").status_code == 303


def test_over_tls_the_cookie_is_bound_to_the_host(settings: Settings) -> None:
    safe = Settings(_env_file=None, data_dir=settings.data_dir, public_url="https://a.example.org")
    database, files = open_store(safe)
    with database.write() as connection:
        users.add(connection, a_user("zhao", password=HASH))
    with serve(create_app(safe, database, files, passwords=CHEAP)) as served:
        answer = httpx.post(f"{served.url}/login", data={"login": "zhao", "password": PASSWORD}, trust_env=False)
        (cookie,) = (one for one in answer.headers.get_list("set-cookie") if "session" in one)
        assert cookie.startswith(f"{cookie_name(https=True)}=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert "domain" not in cookie.lower()
        token = cookie.partition("=")[2].partition(";")[0]
        plain = httpx.get(f"{served.url}/account", headers={"Cookie": f"session={token}"}, trust_env=False)
        bound = httpx.get(f"{served.url}/account", headers={"Cookie": f"__Host-session={token}"}, trust_env=False)
    assert (plain.status_code, bound.status_code) == (303, 200)
    database.close()
