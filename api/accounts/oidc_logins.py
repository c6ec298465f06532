"""Sign-ins that were sent to the identity provider and have not come back. Queries only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert

from api.accounts.sessions import hash_of
from api.accounts.tables import oidc_logins


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """What must fit when the browser comes back: the token's nonce, PKCE's verifier; and where it goes on."""

    nonce: str
    verifier: str
    next: str


def add(connection: Connection, state: str, pending: PendingLogin, expires_at: datetime) -> None:
    """Store a sign-in under the hash of its state."""
    row = {"nonce": pending.nonce, "verifier": pending.verifier, "next": pending.next, "expires_at": expires_at}
    connection.execute(insert(oidc_logins).values(state=hash_of(state), **row))


def take(connection: Connection, state: str, now: datetime) -> PendingLogin | None:
    """Return a sign-in once; None where it has expired or was taken."""
    mine = (oidc_logins.c.state == hash_of(state), oidc_logins.c.expires_at > now)
    row = connection.execute(delete(oidc_logins).where(*mine).returning(oidc_logins)).one_or_none()
    return PendingLogin(row.nonce, row.verifier, row.next) if row else None
