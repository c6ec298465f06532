"""Whoever changes something is an actor, and what is done to the camera registry is a code."""

from uuid import UUID, uuid5

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime
from api.db.migrations.registry_rows import camera_periods

revision = "0007"
down_revision = "0006"

NAMES = UUID("6d1d6b1e-6a0e-5c39-9a63-0f7a0d6a4b1f")  # as in api.accounts.repository


def upgrade() -> None:
    op.create_table(
        "actors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('person', 'service')", name=op.f("ck_actors_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actors")),
        sa.UniqueConstraint("kind", "name", name=op.f("uq_actors_kind_name")),
    )
    people = _people()
    _verdicts(people)
    _camera_versions(people)
    _cameras()
    _camera_health(people)


def _people() -> dict[str, UUID]:
    """Everybody who was ever named, now an actor."""
    bind = op.get_bind()
    named = (("verdicts", "reviewer"), ("camera_versions", "by"), ("camera_health", "accepted_by"))
    names = {
        str(name)
        for table, column in named
        for name in bind.execute(sa.select(sa.column(column, sa.String())).select_from(sa.table(table))).scalars()
        if name is not None
    }
    people = {name: uuid5(NAMES, f"person {name}") for name in sorted(names)}
    actors = sa.table("actors", sa.column("id", sa.Uuid()), sa.column("name"), sa.column("kind"))
    if people:
        op.bulk_insert(actors, [{"id": key, "name": name, "kind": "person"} for name, key in people.items()])
    return people


def _fill(table: str, old: str, new: str, people: dict[str, UUID]) -> None:
    rows = sa.table(table, sa.column(old, sa.String()), sa.column(new, sa.Uuid()))
    for name, key in people.items():
        op.execute(rows.update().where(rows.c[old] == name).values({new: key}))


def _verdicts(people: dict[str, UUID]) -> None:
    op.add_column("verdicts", sa.Column("actor_id", sa.Uuid(), nullable=True))
    op.add_column("verdicts", sa.Column("undone_by", sa.Uuid(), nullable=True))
    _fill("verdicts", "reviewer", "actor_id", people)
    kept = sa.CheckConstraint("decision IN ('confirmed', 'rejected')", name=op.f("ck_verdicts_decision"))
    with op.batch_alter_table("verdicts", table_args=(kept,)) as table:
        table.alter_column("actor_id", existing_type=sa.Uuid(), nullable=False)
        table.create_foreign_key(op.f("fk_verdicts_actor_id"), "actors", ["actor_id"], ["id"])
        table.create_foreign_key(op.f("fk_verdicts_undone_by"), "actors", ["undone_by"], ["id"])
        table.drop_column("reviewer")


def _camera_versions(people: dict[str, UUID]) -> None:
    op.add_column("camera_versions", sa.Column("actor_id", sa.Uuid(), nullable=True))
    op.add_column("camera_versions", sa.Column("change", sa.String(), nullable=True))
    op.add_column("camera_versions", sa.Column("subject", sa.String(), nullable=True))
    _fill("camera_versions", "by", "actor_id", people)
    versions = sa.table(
        "camera_versions", sa.column("version"), sa.column("what"), sa.column("change"), sa.column("subject")
    )
    bind = op.get_bind()
    for version, what in bind.execute(sa.select(versions.c.version, versions.c.what)).all():
        change, subject = _change(what)
        bind.execute(versions.update().where(versions.c.version == version).values(change=change, subject=subject))
    with op.batch_alter_table("camera_versions") as table:
        for name, kind in (("actor_id", sa.Uuid()), ("change", sa.String()), ("subject", sa.String())):
            table.alter_column(name, existing_type=kind, nullable=False)
        table.create_foreign_key(op.f("fk_camera_versions_actor_id"), "actors", ["actor_id"], ["id"])
        table.create_check_constraint(
            op.f("ck_camera_versions_change"), "change IN ('import', 'pause', 'resume', 'remove', 'legacy')"
        )
        table.drop_column("by")
        table.drop_column("what")


def _change(what: str) -> tuple[str, str]:
    """Return what a version said in words as a code and its subject."""
    for words, change in (("import of ", "import"), ("pause ", "pause"), ("resume ", "resume"), ("remove ", "remove")):
        if what.startswith(words):
            return change, what.removeprefix(words)
    return "legacy", what


def _cameras() -> None:
    with op.batch_alter_table("cameras") as table:
        table.create_unique_constraint(op.f("uq_cameras_camera_since"), ["camera", "since"])


def _camera_health(people: dict[str, UUID]) -> None:
    op.add_column("camera_health", sa.Column("accepted_by_id", sa.Uuid(), nullable=True))
    op.add_column("camera_health", sa.Column("camera_version", sa.Integer(), nullable=True))
    op.add_column("camera_health", sa.Column("district", sa.String(), nullable=True))
    _fill("camera_health", "accepted_by", "accepted_by_id", people)
    _registered()
    kept = sa.CheckConstraint(
        "fault IN ('black', 'over-exposed', 'frozen', 'blurred', 'covered', 'moved')",
        name=op.f("ck_camera_health_fault"),
    )
    with op.batch_alter_table("camera_health", table_args=(kept,)) as table:
        table.drop_column("accepted_by")
    with op.batch_alter_table("camera_health", table_args=(kept,)) as table:
        table.alter_column("accepted_by_id", new_column_name="accepted_by", existing_type=sa.Uuid())
    with op.batch_alter_table("camera_health", table_args=(kept,)) as table:
        table.create_foreign_key(op.f("fk_camera_health_accepted_by"), "actors", ["accepted_by"], ["id"])
        table.create_foreign_key(
            op.f("fk_camera_health_camera_camera_version"),
            "cameras",
            ["camera", "camera_version"],
            ["camera", "since"],
        )
        table.create_index(op.f("ix_camera_health_district"), ["district"])


def _registered() -> None:
    """Return the version of each camera that was in force when a fault began, and its district."""
    rows = sa.table(
        "camera_health",
        sa.column("camera"),
        sa.column("started_at", UtcTime()),
        sa.column("camera_version"),
        sa.column("district"),
    )
    for period in camera_periods(op.get_bind()):
        within = [rows.c.camera == period.camera, rows.c.started_at >= period.begun]
        if period.ended is not None:
            within.append(rows.c.started_at < period.ended)
        op.execute(rows.update().where(*within).values(camera_version=period.version, district=period.district))
