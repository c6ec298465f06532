"""What a command does beside the database, kept in the service's audit log."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.audit.acts import Act
    from api.audit.repository import Detail
    from api.settings import Settings

    Record = Callable[[Act, object, Mapping[str, Detail]], None]


@contextmanager
def recorded(settings: "Settings") -> "Iterator[Record]":
    """Open the log before a command acts, and give what records an act in it, signed by who types.

    So nothing is done that cannot be recorded. A machine without a service, like one that only trains, has no log.

    Raises:
        DatabaseUnavailable, DatabaseVersionMismatch: there is a service, and its log cannot be written now.
    """
    from api.audit import repository as audit
    from api.bootstrap import open_database
    from api.cli.options import operator_scope

    if settings.database_url is None and not settings.database_file.is_file():
        yield lambda act, subject, details: None
        return
    database = open_database(settings)

    def record(act: "Act", subject: object, details: "Mapping[str, Detail]") -> None:
        with database.write() as connection:
            audit.record(operator_scope(), connection, act, subject, details=details)

    try:
        yield record
    finally:
        database.close()
