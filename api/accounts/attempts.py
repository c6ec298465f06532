"""Attempts to sign in: too many failures of one login, or from one address, and no more are taken for a while."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, func, insert, select

from api.accounts.tables import login_attempts

WINDOW: Final = timedelta(minutes=15)
PER_LOGIN: Final = 10
PER_ADDRESS: Final = 50  # a whole office may stand behind one address


def begin(connection: Connection, login: str, address: str, now: datetime) -> UUID | None:
    """Count an attempt before it is judged, so that many at once are counted too; None where there were too many."""
    connection.execute(delete(login_attempts).where(login_attempts.c.at <= now - WINDOW))
    for column, value, most in (
        (login_attempts.c.login, login, PER_LOGIN),
        (login_attempts.c.address, address, PER_ADDRESS),
    ):
        seen = connection.execute(select(func.count()).select_from(login_attempts).where(column == value)).scalar_one()
        if seen >= most:
            return None
    attempt = uuid4()
    connection.execute(insert(login_attempts).values(id=attempt, login=login, address=address, at=now))
    return attempt


def succeeded(connection: Connection, attempt: UUID) -> None:
    """Take an attempt off the count."""
    connection.execute(delete(login_attempts).where(login_attempts.c.id == attempt))
