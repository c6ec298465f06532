"""Candidates say in codes why, where they come from, and what judged them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime
from api.db.migrations.legacy_sentences import ruling_reason
from api.db.migrations.registry_rows import camera_periods

revision = "0009"
down_revision = "0008"

BATCH = 500

old = sa.table(
    "candidates",
    sa.column("id", sa.Uuid()),
    sa.column("source"),
    sa.column("created_at", UtcTime()),
    sa.column("last_seen", UtcTime()),
    sa.column("reasons", sa.JSON()),
    sa.column("reasons_zh", sa.JSON()),
    sa.column("models", sa.JSON()),
    sa.column("frame_at", UtcTime()),
    sa.column("camera_id"),
    sa.column("camera_version"),
    sa.column("district"),
    sa.column("survey_id", sa.Uuid()),
)


def upgrade() -> None:
    with op.batch_alter_table("candidates") as table:
        for column in (
            sa.Column("district", sa.String(), nullable=True),
            sa.Column("camera_id", sa.String(), nullable=True),
            sa.Column("camera_version", sa.Integer(), nullable=True),
            sa.Column("calibration", sa.String(length=64), nullable=True),
            sa.Column("survey_id", sa.Uuid(), nullable=True),
            sa.Column("file_sha256", sa.String(length=64), nullable=True),
            sa.Column("frame_at", UtcTime(), nullable=True),
            sa.Column("rulebook_hash", sa.String(length=64), nullable=True),
        ):
            table.add_column(column)
    _fill()
    _cameras()
    _surveys()
    _constrain()


def _fill() -> None:
    """Sentences become codes, names of models become models of which no more is known."""
    bind = op.get_bind()
    for row in _rows():
        chinese = row.reasons_zh if len(row.reasons_zh) == len(row.reasons) else [None] * len(row.reasons)
        values = {
            "reasons": [ruling_reason(said, other) for said, other in zip(row.reasons, chinese, strict=True)],
            "models": [{"name": name, "version": None, "sha256": None} for name in row.models],
        }
        bind.execute(old.update().where(old.c.id == row.id).values(**values))
    # the frame that shows a candidate best is its scene; one without pictures was seen last when it was seen last
    evidence = sa.table(
        "evidence", sa.column("candidate_id", sa.Uuid()), sa.column("kind"), sa.column("captured_at", UtcTime())
    )
    scene = (
        sa.select(evidence.c.captured_at)
        .where(evidence.c.candidate_id == old.c.id, evidence.c.kind == "scene")
        .scalar_subquery()
    )
    op.execute(old.update().values(frame_at=sa.func.coalesce(scene, old.c.last_seen)))


def _rows() -> Iterator[Any]:
    """Every candidate, some hundred at a time."""
    bind = op.get_bind()
    after: UUID | None = None
    while True:
        query = sa.select(old.c.id, old.c.reasons, old.c.reasons_zh, old.c.models).order_by(old.c.id).limit(BATCH)
        rows = bind.execute(query if after is None else query.where(old.c.id > after)).all()
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1].id


def _cameras() -> None:
    """Return the camera in the version that was in force when a candidate was stored."""
    for period in camera_periods(op.get_bind()):
        within = [old.c.source == period.camera, old.c.created_at >= period.begun]
        if period.ended is not None:
            within.append(old.c.created_at < period.ended)
        values = {"camera_id": period.camera, "camera_version": period.version, "district": period.district}
        op.execute(old.update().where(*within).values(**values))


def _surveys() -> None:
    surveys = sa.table("surveys", sa.column("id", sa.Uuid()))
    for survey_id in op.get_bind().execute(sa.select(surveys.c.id)).scalars().all():
        mine = old.update().where(old.c.source == f"survey {survey_id}")
        op.execute(mine.values(survey_id=survey_id, camera_id=None, camera_version=None, district=None))


def _constrain() -> None:
    kept = sa.CheckConstraint("state IN ('open', 'confirmed', 'rejected')", name=op.f("ck_candidates_state"))
    with op.batch_alter_table("candidates", table_args=(kept,)) as table:
        table.alter_column("frame_at", existing_type=UtcTime(), nullable=False)
        table.drop_column("reasons_zh")
        table.create_foreign_key(
            op.f("fk_candidates_camera_id_camera_version"),
            "cameras",
            ["camera_id", "camera_version"],
            ["camera", "since"],
        )
        table.create_foreign_key(op.f("fk_candidates_survey_id"), "surveys", ["survey_id"], ["id"])
        table.create_foreign_key(op.f("fk_candidates_rulebook_hash"), "rulebooks", ["rulebook_hash"], ["sha256"])
        table.create_check_constraint(op.f("ck_candidates_origin"), "camera_id IS NULL OR survey_id IS NULL")
        table.create_check_constraint(op.f("ck_candidates_camera"), "(camera_id IS NULL) = (camera_version IS NULL)")
        table.create_index(op.f("ix_candidates_camera_id_camera_version"), ["camera_id", "camera_version"])
        table.create_index(op.f("ix_candidates_survey_id"), ["survey_id"])
        table.create_index(op.f("ix_candidates_district"), ["district"])
