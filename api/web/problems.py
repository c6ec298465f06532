"""Every error leaves as a problem document (RFC 9457), or as a page where a browser asks for one."""

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Mount

from api.errors import DatabaseUnavailable, DatasetRefused, EvidenceDamaged, NotReady, Problem
from detector.input_faults import in_words

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
PREFIX = "urn:streetwarden:problem:"


class FieldFault(BaseModel):
    """One thing that is wrong with a request: where, and what."""

    where: str
    what: str


class ProblemDocument(BaseModel):
    """What went wrong: `type` names the kind for programs, `detail` says it in a sentence."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldFault] = []


# `responses=` is typed so by FastAPI itself.
Responses = dict[int | str, dict[str, Any]]


def problem_responses(*statuses: int) -> Responses:
    """For a route's `responses=`: the statuses that it can answer with a problem document."""
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {status: {"description": phrase(status), "content": {MEDIA_TYPE: {"schema": schema}}} for status in statuses}


def phrase(status: int) -> str:
    """Return what a status is called; 460 is tus's own."""
    return "Checksum Mismatch" if status == 460 else HTTPStatus(status).phrase


ErrorPage = Callable[[Request, ProblemDocument], Response]
"""Draws a problem for a person."""


def prefers_page(accept: str) -> bool:
    """Tell whether an Accept header rather wants HTML than JSON, as a browser's does that opens an address."""
    wanted: dict[str, float] = {}
    for part in accept.lower().split(","):
        kind, *parameters = (one.strip() for one in part.split(";"))
        quality = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        wanted[kind] = float(quality) if QUALITY.fullmatch(quality) else 0.0
    html = wanted.get("text/html", 0.0)
    return html > max(wanted.get("application/json", 0.0), wanted.get(MEDIA_TYPE, 0.0))


def answer(request: Request, document: ProblemDocument, headers: dict[str, str] | None = None) -> Response:
    """Return a problem as a page where a browser asks for one, else as a problem document."""
    draw: ErrorPage | None = getattr(request.app.state, "error_page", None)
    if draw is not None and prefers_page(request.headers.get("accept", "")):
        page = draw(request, document)
        page.headers.update(headers or {})
        return page
    return Response(document.model_dump_json(exclude_defaults=True), document.status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI, error_page: ErrorPage) -> None:
    """Answer every error of this application with a problem document, or in a browser with a page."""
    app.state.error_page = error_page
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(EvidenceDamaged, _on_damage)
    app.add_exception_handler(DatabaseUnavailable, _on_no_database)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(Exception, _on_surprise)


def _on_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise TypeError(type(error).__name__)
    document = _document(request, PREFIX + error.name, error.title, error.status, str(error))
    if isinstance(error, DatasetRefused):
        document = document.model_copy(update={"errors": [_placed(fault) for fault in error.faults]})
    return answer(request, document, dict(error.headers))


def _placed(fault: str) -> FieldFault:
    """Return a fault by its parts: `data.yaml:3: text` names file and line."""
    where, found, what = fault.partition(": ")
    return FieldFault(where=where if found else "", what=what if found else fault)


def _on_damage(request: Request, error: Exception) -> Response:
    log.error("%s", error)
    return answer(request, _document(request, PREFIX + "evidence-damaged", "Evidence is damaged", 500, str(error)))


def _on_no_database(request: Request, error: Exception) -> Response:
    log.error("%s", error)
    document = _document(request, PREFIX + NotReady.name, NotReady.title, 503, "The database does not answer.")
    return answer(request, document, dict(NotReady.headers))


def _on_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise TypeError(type(error).__name__)
    title = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != title else f"{request.method} {request.url.path}: {title.lower()}"
    document = _document(request, "about:blank", title, error.status_code, detail)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and (allowed := _allowed_methods(request)):
        headers["Allow"] = ", ".join(allowed)
    return answer(request, document, headers)


def _allowed_methods(request: Request) -> list[str]:
    """Return all methods of a path; Starlette names those of one route, and a path has a route for each method."""
    scope = request.scope  # which says by now where the route was found; what it said before is `app_root_path`
    scope = {**scope, "root_path": scope.get("app_root_path", scope.get("root_path", ""))}
    allowed: set[str] = set()
    for route in request.app.routes:
        methods = (
            ("GET", "HEAD") if isinstance(route, Mount) else METHODS
        )  # a folder of files has no methods of its own
        allowed |= {method for method in methods if route.matches({**scope, "method": method})[0] is Match.FULL}
    return sorted(allowed - {request.method})


def _on_invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise TypeError(type(error).__name__)
    # Only where and what: pydantic's own text would also repeat the input, which may hold anything.
    faults = [
        FieldFault(where=".".join(str(part) for part in fault["loc"]), what=in_words(fault)) for fault in error.errors()
    ]
    detail = "; ".join(f"{fault.where}: {fault.what}" for fault in faults)
    document = _document(request, PREFIX + "invalid-request", "The request is not valid", 422, detail)
    return answer(request, document.model_copy(update={"errors": faults}))


def _on_surprise(request: Request, error: Exception) -> Response:
    # Starlette re-raises after this answer, so the log has the trace; the caller learns nothing of our insides.
    return answer(
        request,
        _document(request, PREFIX + Problem.name, Problem.title, 500, "The fault was logged; please try again."),
    )


def _document(request: Request, kind: str, title: str, status: int, detail: str) -> ProblemDocument:
    return ProblemDocument(type=kind, title=title, status=status, detail=detail, instance=request.url.path)
