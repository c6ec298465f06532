"""What endpoints and pages ask for in their signatures.

`create_app` provides one value of each type; every domain declares an annotated dependency for the ones it owns. A
signature thus names exactly what a route can reach.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Depends, FastAPI, Request

from api.clock import Clock
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.settings import Settings

T = TypeVar("T")


def provide(app: FastAPI, *values: object) -> None:
    """Make each value available to the application's routes under its own type."""
    app.state.provided = {type(value): value for value in values}


def provided(kind: type[T]) -> Callable[[Request], T]:
    """Return a dependency that gives the application's value of this type.

    Raises:
        TypeError: the application was not given one.
    """

    def of(request: Request) -> T:
        value = request.app.state.provided.get(kind)
        if not isinstance(value, kind):
            raise TypeError(f"the application was made without a {kind.__name__}")
        return value

    return of


def request_time(request: Request) -> datetime:
    """Return the time of the request by the service's clock, with its zone."""
    clock: Clock = request.app.state.clock
    return clock()


def current_scope() -> Scope:
    """Return what the client may see: everything, until there are accounts."""
    return EVERYWHERE


CurrentScope = Annotated[Scope, Depends(current_scope)]
Db = Annotated[Database, Depends(provided(Database))]
AppSettings = Annotated[Settings, Depends(provided(Settings))]
Now = Annotated[datetime, Depends(request_time)]
