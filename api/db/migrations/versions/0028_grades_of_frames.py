"""What data grade frames to label and the disagreements of shadows have: that of what they come from."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

USUAL_GRADE = 2  # as in the camera file, for what says none


def upgrade() -> None:
    for name in ("label_frames", "shadow_disagreements"):
        op.add_column(name, sa.Column("grade", sa.Integer(), nullable=False, server_default=str(USUAL_GRADE)))
    cameras = sa.table("cameras", *map(sa.column, ("camera", "grade")))
    surveys = sa.table("surveys", *map(sa.column, ("id", "grade")))
    frames = sa.table("label_frames", *map(sa.column, ("camera_id", "survey_id", "grade")))
    disagreements = sa.table("shadow_disagreements", *map(sa.column, ("source", "grade")))
    # in which version its camera was watched, such a row does not say: the strictest of them holds
    strictest = sa.select(sa.func.max(cameras.c.grade))
    of_survey = sa.select(surveys.c.grade).where(surveys.c.id == frames.c.survey_id)
    for table, grade in (
        (frames, strictest.where(cameras.c.camera == frames.c.camera_id)),
        (frames, of_survey),
        (disagreements, strictest.where(cameras.c.camera == disagreements.c.source)),
    ):
        known = grade.scalar_subquery()
        op.execute(sa.update(table).where(known.is_not(None)).values(grade=known))
