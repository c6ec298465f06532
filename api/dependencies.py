"""What endpoints and pages ask for in their signatures.

`create_app` provides one value of each type; every domain declares an annotated dependency for the ones it owns. A
signature thus names exactly what a route can reach.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import Depends, FastAPI, Request

from api.clock import Clock
from api.db.database import Database
from api.db.scope import Scope
from api.errors import Forbidden, NotSignedIn
from api.roles import Permission
from api.settings import Settings

T = TypeVar("T")
PRINCIPAL: Final = "streetwarden.principal"
"""The key of the ASGI scope under which the guard of sessions puts who sent the request."""


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


@dataclass(frozen=True, slots=True)
class Principal:
    """Who sent a request: what they may do and see, and the session where they come with a browser's."""

    scope: Scope
    session_id: UUID | None = None


def current_principal(request: Request) -> Principal:
    """Return who sent the request; what stands before every route has found that out. Raises NotSignedIn."""
    principal = request.scope.get(PRINCIPAL)
    if not isinstance(principal, Principal):
        raise NotSignedIn("sign in first, or send an API key")
    return principal


CurrentPrincipal = Annotated[Principal, Depends(current_principal)]


def current_scope(principal: CurrentPrincipal) -> Scope:
    """Return what the client may do and see. Raises NotSignedIn."""
    return principal.scope


CurrentScope = Annotated[Scope, Depends(current_scope)]


@dataclass(frozen=True, slots=True)
class Needs:
    """A dependency: lets those through whose role has the permission. Raises Forbidden or NotSignedIn."""

    permission: Permission

    def __call__(self, scope: CurrentScope) -> None:
        if not scope.may(self.permission):
            raise Forbidden(f"your role, {scope.role}, may not do this")


def sees_everything(scope: CurrentScope) -> None:
    """Let through who sees every district and grade: for what is of none. Raises Forbidden."""
    if not scope.unrestricted:
        raise Forbidden("this is of all districts and grades, and you see only some")


OfEverything: Final = Depends(sees_everything)
MayView: Final = Depends(Needs(Permission.VIEW))
MayDecide: Final = Depends(Needs(Permission.DECIDE))
MayUpload: Final = Depends(Needs(Permission.UPLOAD))
MayOperate: Final = Depends(Needs(Permission.OPERATE))
MayExport: Final = Depends(Needs(Permission.EXPORT))
MayManage: Final = Depends(Needs(Permission.MANAGE))
MayAudit: Final = Depends(Needs(Permission.AUDIT))

Db = Annotated[Database, Depends(provided(Database))]
AppSettings = Annotated[Settings, Depends(provided(Settings))]
Now = Annotated[datetime, Depends(request_time)]
