"""The people of the demo: one of each role, who enter by a one-time link and need no password."""

from datetime import datetime
from typing import Final
from uuid import uuid4

from api.accounts import sessions, users
from api.accounts.sessions import Purpose
from api.accounts.users import Grant, User
from api.db.database import Database
from api.roles import Role

PEOPLE: Final = (
    ("li.wei", "Li Wei", Role.REVIEWER),
    ("zhao.min", "Zhao Min", Role.SUPERVISOR),
    ("chen.jie", "Chen Jie", Role.VIEWER),
    ("wang.fang", "Wang Fang", Role.AUDITOR),
    ("liu.yang", "Liu Yang", Role.ADMINISTRATOR),
)
"""The reviewer first: as them the demo opens."""


def add_people(database: Database, base_url: str, now: datetime) -> tuple[tuple[User, str], ...]:
    """Store one user of each role, and return each with the address by which they enter once."""
    with database.write() as connection:
        made = [User(uuid4(), login, name, None, None, Grant(role, None, 3), now) for login, name, role in PEOPLE]
        for user in made:
            users.add(connection, user)
        links = [sessions.add_link(connection, user.id, Purpose.ENTER, now) for user in made]
    return tuple((user, f"{base_url}/welcome/{link}") for user, link in zip(made, links, strict=True))
