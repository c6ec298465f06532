"""The application as its clients see it: the OpenAPI document says how they sign in, and every change says who may."""

import re
from typing import Any, Final

from fastapi import APIRouter
from fastapi.routing import APIRoute

from api.accounts.guard import SAFE_METHODS, cookie_name, is_open
from api.dependencies import Needs
from api.web.openapi import DescribedApi
from api.web.problems import problem_responses

PARAMETER: Final = re.compile(r"\{\w+(:\w+)?\}")


class GuardedApi(DescribedApi):
    """An application whose operations ask for an API key or a session."""

    def openapi(self) -> dict[str, Any]:  # as FastAPI types it
        """Return the document, with what each operation asks for and what it answers without."""
        schema = super().openapi()
        schema["components"]["securitySchemes"] = {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key: `streetwarden keys add` makes one.",
            },
            "session": {"type": "apiKey", "in": "cookie", "name": cookie_name(https=True)},
        }
        schema["security"] = [{"key": []}, {"session": []}]
        refusal, unknown = problem_responses(401, 403), problem_responses(422)
        for name, operations in schema["paths"].items():
            for operation in operations.values():
                for status, answer in (unknown if is_open(name) else unknown | refusal).items():
                    operation["responses"].setdefault(str(status), answer)
        return schema


def check_permissions(router: APIRouter, prefix: str = "") -> None:
    """Raise TypeError where a route changes something and says not who may: it must not be forgotten.

    `prefix` is what the addresses of the router will begin with.
    """
    for route in router.routes:
        if not isinstance(route, APIRoute) or not (route.methods or set()) - SAFE_METHODS:
            continue
        if is_open(prefix + PARAMETER.sub("x" * 20, route.path)):
            continue
        if not any(isinstance(one.call, Needs) for one in route.dependant.dependencies):
            raise TypeError(f"{route.path} changes something: say with Needs(...) who may")
