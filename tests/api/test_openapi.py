"""The OpenAPI document is true: a fuzzer that reads it finds no 500 and no answer that it does not describe."""

import os
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.cameras import repository as cameras
from api.cameras.encryption import SecretBox, make_key
from api.db.scope import EVERYWHERE
from api.web.problems import ProblemDocument
from tests.api.cameras.registered import A_CHANGE, a_camera
from tests.api.conftest import Service
from tests.api.signing import bearer
from tests.api.surveys.footage import announce, photo, video

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
schemathesis.serializer.alias("application/zip", "application/octet-stream")
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "4"))  # of each operation; more to search for minutes
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_a_fuzzer_finds_nothing(service: Service, mode: GenerationMode) -> None:
    first, *_ = service.seed(3)
    announced = announce(service.http, video(), photo()).json()
    with service.database.write() as connection:
        cameras.replace(EVERYWHERE, connection, SecretBox.of(make_key()), [a_camera("cam-1")], A_CHANGE)
    ids = {
        "candidate_id": first,
        "survey_id": announced["survey"]["id"],
        "file_id": announced["files"][0]["id"],
        "camera_id": "cam-1",
        "frame_id": service.http.post("/api/v1/labels/frames", json={"candidate_id": first}).json()["id"],
        "name": "street",
    }
    signed = bearer(service.key)
    schema = schemathesis.openapi.from_url(f"{service.url}/api/v1/openapi.json", headers=signed)
    walked = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        walked.add(operation.label)
        if mode is GenerationMode.NEGATIVE and not list(operation.iter_parameters()):
            continue  # what takes nothing cannot be given anything wrong

        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
        def probe(case: "Case[Any]", known: bool) -> None:
            if known:
                case.path_parameters |= {name: ids[name] for name in ids if name in case.path_parameters}
            answer = case.call_and_validate(checks=CHECKS, headers=signed, timeout=60)
            if answer.status_code >= 400 and case.method.upper() != "HEAD":
                document = ProblemDocument.model_validate_json(answer.content)
                assert document.status == answer.status_code

        probe()
    paths = service.http.get("/api/v1/openapi.json").json()["paths"]
    assert walked == {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    assert service.http.get(f"/api/v1/candidates/{first}").status_code == 200


def test_every_reference_of_the_document_leads_somewhere(service: Service) -> None:
    document = service.http.get("/api/v1/openapi.json").json()
    parts = document["components"]["schemas"]
    assert {"type", "title", "status", "detail", "instance"} <= set(parts["ProblemDocument"]["required"])
    named = set(re.findall(r"'\$ref': '([^']*)'", str(document)))
    assert "#/components/schemas/ProblemDocument" in named
    assert named == {f"#/components/schemas/{name}" for name in parts}


def test_every_operation_describes_its_problems(service: Service) -> None:
    document = service.http.get("/api/v1/openapi.json").json()
    assert "HTTPValidationError" not in str(document)
    for path, operations in document["paths"].items():
        for name, operation in operations.items():
            for status, answer in operation["responses"].items():
                expected = "application/json" if status.startswith("2") else "application/problem+json"
                kinds = set(answer.get("content", {}))
                assert kinds <= {expected, "image/jpeg", "application/geo+json", "text/event-stream", "text/csv"}, (
                    path,
                    name,
                    status,
                    kinds,
                )
