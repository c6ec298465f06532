"""Signing in at the city's identity provider (OpenID Connect, authorization code with PKCE); needs the extra `oidc`."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import httpx
from pydantic import AnyHttpUrl, BaseModel, ValidationError

from api.accounts import oidc_logins, users
from api.accounts.oidc_logins import PendingLogin
from api.accounts.sessions import new_token
from api.accounts.sign_in import Browser, begin_session
from api.accounts.users import User
from api.audit import repository as audit
from api.audit.acts import Act
from api.db.database import Database
from api.db.scope import Scope
from api.errors import ExtraMissing, IdentityRefused
from api.settings import Settings, is_this_machine

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import OAuth2Client

LASTS: Final = timedelta(minutes=10)
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")  # never `none`, never one with a shared secret
SCOPES: Final = "openid profile email"
TIMEOUT: Final = 10.0


class Provider(BaseModel):
    """What a provider says of itself (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: AnyHttpUrl
    token_endpoint: AnyHttpUrl
    jwks_uri: AnyHttpUrl


class Claims(BaseModel):
    """What an ID token says that is used here; signature, issuer, audience, time and nonce were checked."""

    sub: str
    preferred_username: str | None = None
    email: str | None = None
    email_verified: bool = False

    @property
    def login(self) -> str | None:
        """Return the login of the user that is meant, None where the provider does not vouch for one."""
        named = self.preferred_username or (self.email if self.email_verified else None)
        return named.strip().lower() if named else None


@dataclass(frozen=True, slots=True)
class Started:
    """Where the browser is sent, and the state that it brings back in a cookie as well."""

    address: str
    state: str


def start(database: Database, settings: Settings, next_: str, now: datetime) -> Started:
    """Begin a sign-in at the provider. Raises IdentityRefused or ExtraMissing."""
    provider = _discover(settings)
    state, nonce, verifier = new_token(), new_token(), new_token() + new_token()
    with _client(settings) as client:
        address, _ = client.create_authorization_url(
            str(provider.authorization_endpoint), state=state, nonce=nonce, code_verifier=verifier
        )
    with database.write() as connection:
        oidc_logins.add(connection, state, PendingLogin(nonce, verifier, next_), now + LASTS)
    return Started(str(address), state)


def finish(
    database: Database, settings: Settings, state: str, remembered: str, code: str, browser: Browser, now: datetime
) -> tuple[str, str]:
    """Return the token of a new session and where the browser wanted to go.

    `remembered` is the state in the browser's own cookie: without it somebody else could sign a victim in as
    themselves. Raises IdentityRefused.
    """
    if not hmac.compare_digest(state.encode(), remembered.encode()):
        raise IdentityRefused("this sign-in was begun in another browser")
    with database.write() as connection:
        pending = oidc_logins.take(connection, state, now)
    if pending is None:
        raise IdentityRefused("this sign-in has expired, or was finished already")
    claims = _claims(settings, pending, code, now)
    with database.write() as connection:
        user = users.by_subject(connection, claims.sub)
        if user is None and claims.login is not None:
            user = users.by_login(connection, claims.login)
            if user is not None and user.oidc_subject is None:
                users.set_subject(connection, user.id, claims.sub)
            elif user is not None:
                user = None  # the login belongs to another subject
        if user is not None and user.disabled_at is None:
            return begin_session(connection, user, browser, now), pending.next
        audit.record(Scope(address=browser.address), connection, Act.LOGIN_REFUSED, _named(claims, user), now)
    raise IdentityRefused("there is no user here for this account of the identity provider")


def _named(claims: Claims, user: User | None) -> str:
    shown = user.login if user else claims.login or claims.sub
    return "".join(letter for letter in shown if letter.isprintable())[:64]


def _claims(settings: Settings, pending: PendingLogin, code: str, now: datetime) -> Claims:
    """Return what the provider's ID token says. Raises IdentityRefused."""
    from authlib.integrations.base_client import OAuthError
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    provider = _discover(settings)
    try:
        with _client(settings) as client:
            token = client.fetch_token(str(provider.token_endpoint), code=code, code_verifier=pending.verifier)
            keys = KeySet.import_key_set({"keys": _keys(_get(str(provider.jwks_uri)))})
        decoded = jwt.decode(str(token["id_token"]), keys, algorithms=list(ALGORITHMS))
        rules = jwt.JWTClaimsRegistry(
            now=lambda: int(now.timestamp()),
            leeway=60,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": settings.oidc_client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": pending.nonce},
        )
        rules.validate(decoded.claims)
        return Claims.model_validate(decoded.claims)
    except (OAuthError, JoseError, httpx.HTTPError, ValidationError, ValueError, KeyError) as error:
        raise IdentityRefused(f"the identity provider's answer does not hold ({type(error).__name__})") from error


def _discover(settings: Settings) -> Provider:
    issuer = str(settings.oidc_issuer).rstrip("/") if settings.oidc_issuer else ""
    if not issuer:
        raise IdentityRefused("no identity provider is set")
    try:
        provider = Provider.model_validate(_get(f"{issuer}/.well-known/openid-configuration"))
    except (httpx.HTTPError, ValidationError, ValueError) as error:
        raise IdentityRefused(f"the identity provider does not answer ({type(error).__name__})") from error
    if provider.issuer.rstrip("/") != issuer:
        raise IdentityRefused("the identity provider calls itself otherwise than STREETWARDEN_OIDC_ISSUER")
    for address in (provider.authorization_endpoint, provider.token_endpoint, provider.jwks_uri):
        if address.scheme != "https" and not is_this_machine(address.host or ""):
            raise IdentityRefused("the identity provider names an address without TLS")
    return provider


def _get(address: str) -> Mapping[str, object]:
    answer = httpx.get(address, timeout=TIMEOUT, follow_redirects=False, trust_env=False)
    answer.raise_for_status()
    document = answer.json()
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    return document


def _keys(document: Mapping[str, object]) -> list[dict[str, str | list[str]]]:
    found = document.get("keys")
    if not isinstance(found, list) or not all(isinstance(key, dict) for key in found):
        raise ValueError("no key set")
    return found


def _client(settings: Settings) -> "OAuth2Client":
    try:
        from authlib.integrations.httpx_client import OAuth2Client
    except ImportError as error:
        raise ExtraMissing("signing in by OpenID Connect needs the extra: pip install 'streetwarden[oidc]'") from error
    secret = settings.oidc_client_secret
    return OAuth2Client(
        settings.oidc_client_id,
        secret.get_secret_value() if secret else None,
        token_endpoint_auth_method="client_secret_basic" if secret else "none",  # the name of a method
        scope=SCOPES,
        redirect_uri=f"{settings.base_url}/login/oidc/callback",
        code_challenge_method="S256",
        timeout=TIMEOUT,
        trust_env=False,
    )
