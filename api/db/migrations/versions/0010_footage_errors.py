"""Why footage was set aside is a code; surveys have a district, frames the model that looked at them."""

import sqlalchemy as sa
from alembic import op

from api.db.migrations.legacy_sentences import Param, Told, footage_error, legacy

revision = "0010"
down_revision = "0009"

chunks = sa.table(
    "survey_chunks",
    sa.column("id", sa.Uuid()),
    sa.column("survey_id", sa.Uuid()),
    sa.column("kind"),
    sa.column("files", sa.JSON()),
    sa.column("start", sa.Float()),
    sa.column("end", sa.Float()),
    sa.column("state"),
    sa.column("place"),
    sa.column("reason"),
    sa.column("error", sa.JSON(none_as_null=True)),
)
surveys = sa.table("surveys", sa.column("id", sa.Uuid()), sa.column("error"), sa.column("errors", sa.JSON()))
files = sa.table(
    "survey_files",
    sa.column("id", sa.Uuid()),
    sa.column("survey_id", sa.Uuid()),
    sa.column("name"),
    sa.column("note"),
    sa.column("same_as_id", sa.Uuid()),
)


def upgrade() -> None:
    op.add_column("survey_frames", sa.Column("model", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("survey_chunks", sa.Column("error", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("surveys", sa.Column("district", sa.String(), nullable=True))
    op.add_column("surveys", sa.Column("errors", sa.JSON(), nullable=True))
    op.add_column("survey_files", sa.Column("same_as_id", sa.Uuid(), nullable=True))
    bind = op.get_bind()
    for survey_id, error in bind.execute(sa.select(surveys.c.id, surveys.c.error)).all():
        mine = bind.execute(sa.select(files.c.id, files.c.name).where(files.c.survey_id == survey_id)).all()
        names = {str(row.id): row.name for row in mine}
        told = _chunk_errors(survey_id, names)
        if error and not told:
            told = [_of_survey(error)]
        bind.execute(surveys.update().where(surveys.c.id == survey_id).values(errors=told))
    _notes()
    _constrain()


def _chunk_errors(survey_id: object, names: dict[str, str]) -> list[Told]:
    """Record the errors of a survey's chunks; those of the dead ones are the survey's."""
    bind = op.get_bind()
    order = (chunks.c.place, chunks.c.start, chunks.c.id)
    told = []
    for row in bind.execute(sa.select(chunks).where(chunks.c.survey_id == survey_id).order_by(*order)).all():
        if row.reason is None:
            continue
        error = footage_error(row.reason, names.values())
        bind.execute(chunks.update().where(chunks.c.id == row.id).values(error=error))
        if row.state == "dead":
            told.append({"code": error["code"], "params": {**_piece(row, names), **dict(error["params"])}})  # type: ignore[call-overload]  # of JSON
    return told


def _piece(row: sa.Row[tuple[object, ...]], names: dict[str, str]) -> dict[str, Param]:
    called = [names.get(one, one) for one in row.files]
    piece: dict[str, Param] = {}
    if called:
        piece["file"] = called[0]
    if len(called) > 1:
        piece["last_file"] = called[-1]
    if row.kind == "look" and (row.start > 0 or row.end is not None):
        piece |= {"start": row.start, "end": row.end}
    return piece


def _of_survey(error: str) -> Told:
    told = footage_error(error)
    return told if told["code"] == "no_footage" else legacy(error)


def _notes() -> None:
    """Replace the name of the file with the same content by a reference to it."""
    bind = op.get_bind()
    twin = files.alias("twin")
    for row in bind.execute(sa.select(files).where(files.c.note.like("same\\_as %", escape="\\"))).all():
        name = row.note.removeprefix("same_as ")
        wanted = sa.select(twin.c.id).where(twin.c.survey_id == row.survey_id, twin.c.name == name)
        values = {"note": "same_as", "same_as_id": bind.execute(wanted).scalar_one_or_none()}
        bind.execute(files.update().where(files.c.id == row.id).values(**values))


def _constrain() -> None:
    kept = sa.CheckConstraint(
        "state IN ('uploading', 'ready', 'processing', 'done', 'done_with_errors')", name=op.f("ck_surveys_state")
    )
    with op.batch_alter_table("surveys", table_args=(kept,)) as table:
        table.alter_column("errors", existing_type=sa.JSON(), nullable=False)
        table.drop_column("error")
        table.create_index(op.f("ix_surveys_district"), ["district"])
    checks = (
        sa.CheckConstraint("kind IN ('probe', 'look', 'link')", name=op.f("ck_survey_chunks_kind")),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'dead')", name=op.f("ck_survey_chunks_state")),
    )
    with op.batch_alter_table("survey_chunks", table_args=checks) as table:
        table.drop_column("reason")
    checks = (
        sa.CheckConstraint("kind IN ('video', 'photo', 'telemetry', 'other')", name=op.f("ck_survey_files_kind")),
        sa.CheckConstraint(
            "state IN ('missing', 'uploading', 'stored', 'corrupt', 'duplicate', 'odd')",
            name=op.f("ck_survey_files_state"),
        ),
    )
    with op.batch_alter_table("survey_files", table_args=checks) as table:
        table.alter_column("note", existing_type=sa.String(), nullable=True)
        table.create_foreign_key(op.f("fk_survey_files_same_as_id"), "survey_files", ["same_as_id"], ["id"])
    op.execute(files.update().where(files.c.note == "").values(note=None))
