"""The contract with case systems as OpenAPI 3.1: what they receive (a webhook) and what they may say (a callback).

`python -m api.cases.contract > docs/case-contract.json` writes it; a test holds the file to the code.
"""

import json
import sys
from typing import Final

from pydantic import JsonValue
from pydantic.json_schema import models_json_schema

from api.cases.callbacks import CallbackOut, StatusCallback
from api.cases.payload import CasePayload
from api.cases.updates import CaseUpdate
from api.cases.webhook import CASE_CONFIRMED

_TEXT: Final[dict[str, JsonValue]] = {"type": "string"}
_HEADERS: Final = {
    "webhook-id": "The idempotency key: the same case has the same, however often it is sent.",
    "webhook-timestamp": "When this attempt was signed, seconds since 1970.",
    "webhook-signature": "`v1,` and base64 of HMAC-SHA256 over id.timestamp.body; several while a secret is replaced.",
}
_ATTRIBUTES: Final = {
    "Idempotency-Key": "The same as webhook-id.",
    "ce-id": "The same as webhook-id.",
    "ce-type": f"`{CASE_CONFIRMED}`, or the `type` of an update.",
    "ce-source": "The address of the sender.",
    "ce-specversion": "`1.0`.",
}


def contract() -> dict[str, JsonValue]:
    """Return the OpenAPI document; its components are JSON Schemas (2020-12)."""
    models = [(CasePayload, "serialization"), (StatusCallback, "validation"), (CallbackOut, "serialization")]
    models.append((CaseUpdate, "serialization"))
    _, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]  # as pairs
    document: dict[str, JsonValue] = {
        "openapi": "3.1.0",
        "info": {"title": "Cases of streetwarden", "version": "1"},
        "webhooks": {
            "caseConfirmed": {
                "post": {
                    "summary": "A confirmed case. Keep it once by its key, and answer 2xx each time it comes.",
                    "parameters": [_header(name, said) for name, said in (_HEADERS | _ATTRIBUTES).items()],
                    "requestBody": _content("CasePayload"),
                    "responses": {
                        "2XX": {"description": "Taken. `id` in a JSON answer is kept as its reference."},
                        "408": {"description": "Sent again later, as 425, 429 and 5xx; Retry-After is honoured."},
                        "409": {"description": "There already, where the answer names the case; else sent again."},
                        "4XX": {"description": "Never sent again by itself: a person looks at it."},
                    },
                }
            },
            "caseLookedAt": {
                "post": {
                    "summary": "What a look found at a place that was called fixed; sent where `updates` is set.",
                    "parameters": [_header(name, said) for name, said in (_HEADERS | _ATTRIBUTES).items()],
                    "requestBody": _content("CaseUpdate"),
                    "responses": {"2XX": {"description": "Taken."}, "4XX": {"description": "Never sent again."}},
                }
            },
        },
        "paths": {
            "/api/v1/case-callbacks/{system}": {
                "post": {
                    "summary": "How far a case is. It moves forward alone: late and repeated messages change nothing.",
                    "parameters": [
                        {"name": "system", "in": "path", "required": True, "schema": _TEXT},
                        *(_header(name, said) for name, said in _HEADERS.items()),
                    ],
                    "requestBody": _content("StatusCallback"),
                    "responses": {
                        "200": {"description": "Heard.", **_content("CallbackOut")},
                        "401": {"description": "The signature does not hold, or is older than five minutes."},
                        "404": {"description": "No such case system, or it was sent no such case."},
                        "422": {"description": "A status that does not exist, or another fault of the message."},
                    },
                }
            }
        },
        "components": {"schemas": schemas["$defs"]},
    }
    return document


def written() -> str:
    """Return the document as text."""
    return json.dumps(contract(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _header(name: str, said: str) -> JsonValue:
    return {"name": name, "in": "header", "required": True, "description": said, "schema": _TEXT}


def _content(model: str) -> dict[str, JsonValue]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}}


if __name__ == "__main__":
    sys.stdout.write(written())
