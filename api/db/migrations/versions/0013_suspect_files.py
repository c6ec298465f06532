"""A file that is set aside as it looks wrong is called suspect."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

STATES = ("missing", "uploading", "stored", "corrupt", "duplicate")
files = sa.table("survey_files", sa.column("state", sa.String()))


def upgrade() -> None:
    with op.batch_alter_table("survey_files") as table:
        table.drop_constraint(op.f("ck_survey_files_state"), type_="check")
    op.get_bind().execute(sa.update(files).where(files.c.state == "odd").values(state="suspect"))
    with op.batch_alter_table("survey_files") as table:
        allowed = ", ".join(f"'{state}'" for state in (*STATES, "suspect"))
        table.create_check_constraint(op.f("ck_survey_files_state"), f"state IN ({allowed})")
