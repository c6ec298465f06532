"""Refusals are events too: whatever a role does not allow is recorded before it is answered."""

import logging

from fastapi import FastAPI, Request
from starlette.responses import Response

from api.audit import repository as audit
from api.audit.acts import Act
from api.db.database import Database
from api.dependencies import PRINCIPAL, Principal
from api.errors import DatabaseUnavailable, Forbidden, Problem

log = logging.getLogger(__name__)
LONGEST_PATH = 200


def install(app: FastAPI, database: Database) -> None:
    """Record each refusal of this application, then answer it as every other problem; call it after `problems`."""
    answer = app.exception_handlers[Problem]

    def on_forbidden(request: Request, error: Exception) -> Response:
        principal = request.scope.get(PRINCIPAL)
        if isinstance(principal, Principal):
            path = request.url.path[:LONGEST_PATH]
            try:
                with database.write() as connection:
                    audit.record(principal.scope, connection, Act.REFUSED, path, details={"method": request.method})
            except DatabaseUnavailable as unavailable:  # refused all the same
                log.error("%s", unavailable)
        response = answer(request, error)
        if not isinstance(response, Response):
            raise TypeError("the handlers of problems answer at once")
        return response

    app.add_exception_handler(Forbidden, on_forbidden)
