"""A query parameter that a route does not know is refused: a filter that is misspelt must not list everything."""

from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

LONGEST: Final = 64
"""So much of a stranger's name is repeated."""
MOST_NAMED: Final = 5
"""So many of a stranger's names are repeated."""
FROM_STRANGERS: Final = frozenset({"/login/oidc/callback"})
"""Where others add parameters of their own, as OpenID Connect allows them."""


Stamp = Annotated[
    str, Query(max_length=64, description="Any text: a new one makes a browser ask again for a picture that it has.")
]


async def known_parameters_only(request: Request) -> None:
    """Refuse parameters that the route does not declare. Raises RequestValidationError."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not request.query_params or route.path in FROM_STRANGERS:
        return
    known = declared(route)
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        may = f"known here: {', '.join(sorted(known))}" if known else "this address takes none"
        more = f"; {len(unknown) - MOST_NAMED} more are unknown" if len(unknown) > MOST_NAMED else ""
        said = [f"unknown parameter; {may}{more}", *["unknown parameter"] * (MOST_NAMED - 1)]
        raise RequestValidationError(
            [
                {"type": "value_error", "loc": ("query", name[:LONGEST]), "msg": what}
                for name, what in zip(unknown, said, strict=False)
            ]
        )


def declared(route: APIRoute) -> frozenset[str]:
    """Return the names of the query parameters of a route, those of its dependencies too."""
    return frozenset(_names(route.dependant))


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _names(inner)
