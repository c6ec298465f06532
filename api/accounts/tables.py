"""The tables of accounts: actors, users, their sessions and one-time links, API keys, and attempts to sign in."""

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Uuid

from api.db.columns import UtcTime, one_of
from api.db.metadata import metadata
from api.roles import Role

actors = Table(
    "actors",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String, nullable=False),  # two people may have the same one
    Column("kind", String, nullable=False),
    CheckConstraint("kind IN ('person', 'service')", name="kind"),
)


# Tokens, codes and keys are never stored: only their SHA-256, in lower-case hexadecimal.
users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("login", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("password", String),  # Argon2; None until the one-time link was used
    Column("oidc_subject", String, unique=True),
    Column("role", String, nullable=False),
    Column("districts", JSON(none_as_null=True)),  # None: every district
    Column("grade", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    one_of("role", Role),
    CheckConstraint("grade IN (1, 2, 3)", name="grade"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("token", String(64), nullable=False, unique=True),
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False, index=True),
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("address", String, nullable=False),
    Column("agent", String, nullable=False),
)

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False, index=True),
    Column("purpose", String, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    CheckConstraint("purpose IN ('password', 'enter')", name="purpose"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String, nullable=False),
    Column("prefix", String, nullable=False),  # what of the key may be shown
    Column("secret", String(64), nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("districts", JSON(none_as_null=True)),
    Column("grade", Integer, nullable=False),
    Column("created_by", Uuid, ForeignKey(actors.c.id), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("used_at", UtcTime),
    one_of("role", Role),
    CheckConstraint("grade IN (1, 2, 3)", name="grade"),
)

# One row an attempt, removed when it succeeds: what is left are failures.
login_attempts = Table(
    "login_attempts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("login", String, nullable=False),
    Column("address", String, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index(None, "login", "at"),
    Index(None, "address", "at"),
)

# A sign-in that was sent to the identity provider and has not come back.
oidc_logins = Table(
    "oidc_logins",
    metadata,
    Column("state", String(64), primary_key=True),
    Column("nonce", String, nullable=False),
    Column("verifier", String, nullable=False),
    Column("next", String, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)
