"""Inserts that mean the same on every engine."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], unique: Sequence[str]
) -> int:
    """Insert those rows whose `unique` columns are not there yet, and return how many those were."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    inserted = make(table).values([dict(row) for row in rows]).on_conflict_do_nothing(index_elements=list(unique))
    # counted by what comes back: of such inserts psycopg does not tell how many rows they made
    return len(connection.execute(inserted.returning(*(table.c[name] for name in unique))).all())
