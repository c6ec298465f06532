"""Users, sessions, API keys and attempts to sign in; and what grade cameras, candidates, faults and surveys have."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0020"
down_revision = "0019"

USUAL_GRADE = 2  # as in the camera file, for what says none
ROLES = "'viewer', 'reviewer', 'supervisor', 'auditor', 'administrator'"


def upgrade() -> None:
    with op.batch_alter_table("actors") as table:
        table.drop_constraint(op.f("uq_actors_kind_name"), type_="unique")
    _users()
    _what_users_hold()
    _grades()


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password", sa.String()),
        sa.Column("oidc_subject", sa.String()),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("districts", sa.JSON(none_as_null=True)),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("disabled_at", UtcTime()),
        sa.CheckConstraint(f"role IN ({ROLES})", name=op.f("ck_users_role")),
        sa.CheckConstraint("grade IN (1, 2, 3)", name=op.f("ck_users_grade")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
        sa.UniqueConstraint("oidc_subject", name=op.f("uq_users_oidc_subject")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token", name=op.f("uq_sessions_token")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"])
    op.create_table(
        "one_time_links",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.CheckConstraint("purpose IN ('password', 'enter')", name=op.f("ck_one_time_links_purpose")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_one_time_links")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_one_time_links_user_id")),
    )
    op.create_index(op.f("ix_one_time_links_user_id"), "one_time_links", ["user_id"])


def _what_users_hold() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("districts", sa.JSON(none_as_null=True)),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime()),
        sa.Column("used_at", UtcTime()),
        sa.CheckConstraint(f"role IN ({ROLES})", name=op.f("ck_api_keys_role")),
        sa.CheckConstraint("grade IN (1, 2, 3)", name=op.f("ck_api_keys_grade")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("secret", name=op.f("uq_api_keys_secret")),
        sa.ForeignKeyConstraint(["created_by"], ["actors.id"], name=op.f("fk_api_keys_created_by")),
    )
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempts")),
    )
    op.create_index(op.f("ix_login_attempts_login_at"), "login_attempts", ["login", "at"])
    op.create_index(op.f("ix_login_attempts_address_at"), "login_attempts", ["address", "at"])
    op.create_table(
        "oidc_logins",
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("verifier", sa.String(), nullable=False),
        sa.Column("next", sa.String(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("state", name=op.f("pk_oidc_logins")),
    )


def _grades() -> None:
    """Give each row the grade of its camera as it was registered; the usual one where that says none."""
    for name in ("cameras", "candidates", "camera_health", "surveys"):
        op.add_column(name, sa.Column("grade", sa.Integer(), nullable=False, server_default=str(USUAL_GRADE)))
    bind = op.get_bind()
    cameras = sa.table("cameras", *map(sa.column, ("id", "camera", "since", "grade")), sa.column("settings", sa.JSON()))
    candidates = sa.table("candidates", *map(sa.column, ("camera_id", "camera_version", "grade")))
    faults = sa.table("camera_health", *map(sa.column, ("camera", "camera_version", "grade")))
    for row in bind.execute(sa.select(cameras)).all():
        grade = row.settings.get("grade", USUAL_GRADE)
        if grade == USUAL_GRADE:
            continue
        for table, mine in (
            (cameras, (cameras.c.camera == row.camera, cameras.c.since == row.since)),
            (candidates, (candidates.c.camera_id == row.camera, candidates.c.camera_version == row.since)),
            (faults, (faults.c.camera == row.camera, faults.c.camera_version == row.since)),
        ):
            bind.execute(sa.update(table).where(*mine).values(grade=grade))
