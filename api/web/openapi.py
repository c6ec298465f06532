"""The application whose OpenAPI document describes its problem documents."""

from typing import Any

from fastapi import FastAPI

from api.web.problems import ProblemDocument


class DescribedApi(FastAPI):
    """FastAPI makes the document anew whenever a route was added, so it is completed whenever it is asked for."""

    def openapi(self) -> dict[str, Any]:  # as FastAPI types it
        """Return the document, with the problem document in place of FastAPI's own description of errors."""
        schema = super().openapi()
        parts = schema.setdefault("components", {}).setdefault("schemas", {})
        if "ProblemDocument" not in parts:
            for name in ("HTTPValidationError", "ValidationError"):
                parts.pop(name, None)
            document = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
            parts |= document.pop("$defs", {})
            parts["ProblemDocument"] = document
        return schema
