"""The log: JSON lines with the ids that a message names, and no secret in either form."""

import io
import json
import logging

import httpx
import pytest

from api import logs
from api.logs import JsonFormatter, MaskingFormatter
from tests.api.conftest import Service

SECRETS = [
    "rtsp://admin:hunter2@10.1.2.3/main",
    "postgresql+psycopg://streetwarden:hunter2@db/streetwarden",
    "Authorization: Bearer hunter2hunter2",
    "'authorization': 'Basic hunter2'",
    "key sw_hunter2hunter2hunter2 was used",
    "POST /welcome/hunter2hunter2hunter2",
    "password=hunter2&user=x",
    '{"api_key": "hunter2", "a": 1}',
    "STREETWARDEN_CASE_API_TOKEN=hunter2",
]


def logged(formatter: logging.Formatter, message: str, *values: object, failed: bool = False) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.Logger("api.test")
    logger.addHandler(handler)
    try:
        if failed:
            raise ValueError(values[0])
        logger.info(message, *values)
    except ValueError:
        logger.exception(message, *values)
    return stream.getvalue()


@pytest.mark.parametrize("text", SECRETS)
def test_no_line_holds_a_secret(text: str) -> None:
    for formatter in (JsonFormatter(), MaskingFormatter(logs.TEXT)):
        for failed in (False, True):
            said = logged(formatter, "it is said that %s", text, failed=failed)
            assert "hunter2" not in said
            assert "***" in said


def test_a_json_line_has_the_ids_that_its_message_names() -> None:
    said = json.loads(
        logged(JsonFormatter(), "%d %% of camera %s: candidate %s is %s", 9, 'gate "1"', "c-1", "odd\nly")
    )
    assert (said["camera"], said["candidate"]) == ('gate "1"', "c-1")
    assert said["message"] == '9 % of camera gate "1": candidate c-1 is odd\nly'
    assert said["level"] == "info"
    assert logged(JsonFormatter(), "a\nb").count("\n") == 1, "one record is one line, whatever it holds"


def test_a_failure_has_its_traceback_in_one_line() -> None:
    line = logged(JsonFormatter(), "survey %s failed", "s-1", failed=True)
    said = json.loads(line)
    assert said["survey"] == "s-1"
    assert "ValueError" in said["error"]


def test_every_answer_names_its_request(service: Service) -> None:
    answers = [httpx.get(f"{service.url}/livez", headers={"X-Request-Id": "forged"}, trust_env=False) for _ in "12"]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert "forged" not in ids
