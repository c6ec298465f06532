"""The case API over HTTP: what counts as taken, as later, as never, and as a fault of ours."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cases.adapters import HttpCaseApi, Receipt, retry_after
from api.errors import CaseRefused, CaseUnavailable, DeliveryFault, EndpointFault
from tests.api.cases.case_server import Answer, CaseServer, case_server

BODY = '{"name": "占道摊位"}'.encode()
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[CaseServer]:
    with case_server() as running:
        yield running


def deliver(server: CaseServer, *answers: Answer, timeout: float = 5) -> Receipt:
    server.script = list(answers)
    return HttpCaseApi(server.url, "s3cret", timedelta(seconds=timeout)).deliver(uuid4(), BODY)


def test_a_case_is_posted_with_its_key_and_the_token(server: CaseServer) -> None:
    key = uuid4()
    receipt = HttpCaseApi(server.url, "s3cret", timedelta(seconds=5)).deliver(key, BODY)
    (request,) = server.requests
    assert (request.key, request.token, request.body) == (str(key), "Bearer s3cret", BODY)
    assert receipt == Receipt(201, "case-0")


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        (Answer(200, body=b'{"reference": 7}'), "7"),
        (Answer(204, body=b""), None),
        (Answer(202, body=b"<html>thank you"), None),
        (Answer(201, body=b"x" * 1_000_000), None),
        (Answer(201, headers={"Location": "/cases/99"}), "http://127.0.0.1:{port}/cases/99"),
    ],
)
def test_whatever_the_reply_says_2xx_is_taken(server: CaseServer, answer: Answer, reference: str | None) -> None:
    receipt = deliver(server, answer)
    expected = reference.format(port=server.server_address[1]) if reference else None
    assert receipt == Receipt(answer.status, expected)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer(500), CaseUnavailable),
        (Answer(503), CaseUnavailable),
        (Answer(429), CaseUnavailable),
        (Answer(408), CaseUnavailable),
        (Answer(409), CaseUnavailable),
        (Answer(drop=True), CaseUnavailable),
        (Answer(400), CaseRefused),
        (Answer(404), CaseRefused),
        (Answer(410), CaseRefused),
        (Answer(422), CaseRefused),
        (Answer(401), EndpointFault),
        (Answer(403), EndpointFault),
        (Answer(302, headers={"Location": "http://127.0.0.1:1/elsewhere"}), EndpointFault),
    ],
)
def test_each_refusal_has_its_name(server: CaseServer, answer: Answer, fault: type[DeliveryFault]) -> None:
    with pytest.raises(fault) as caught:
        deliver(server, answer)
    assert caught.value.status == (None if answer.drop else answer.status)
    assert len(server.requests) == 1


def test_a_case_system_that_sleeps_is_given_up_in_time(server: CaseServer) -> None:
    with pytest.raises(CaseUnavailable, match=r"no answer within 0\.2 s"):
        deliver(server, Answer(delay=0.6), timeout=0.2)


def test_a_case_system_that_is_away_is_named() -> None:
    with pytest.raises(CaseUnavailable, match="cannot be reached"):
        HttpCaseApi("http://127.0.0.1:1/cases", None, timedelta(seconds=1)).deliver(uuid4(), BODY)


def test_patience_that_was_asked_for_is_passed_on(server: CaseServer) -> None:
    with pytest.raises(CaseUnavailable) as caught:
        deliver(server, Answer(503, headers={"Retry-After": "120"}))
    assert caught.value.retry_after == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0),
        (" 90 ", 90),
        ("999999999999", 86400),
        ("Fri, 20 Nov 2026 04:01:00 GMT", 60),
        ("Fri, 20 Nov 2026 03:00:00 GMT", 0),
        ("-5", None),
        ("soon", None),
        ("٣", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value: str | None, seconds: int | None) -> None:
    assert retry_after(value, NOW) == (None if seconds is None else timedelta(seconds=seconds))


@given(value=st.text(max_size=40))
def test_no_retry_after_does_harm(value: str) -> None:
    wait = retry_after(value, NOW)
    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)


@pytest.mark.parametrize(
    ("status", "body", "reference"),
    [
        (409, b'{"error":"duplicate","id":"C-77"}', "C-77"),
        (409, b'{"id": 77}', "77"),
        (409, b'{"message": "this case already exists", "data": {"caseNo": "E0501-1"}}', "E0501-1"),
        (400, b'[{"code":400,"description":"base is a duplicate"}]', None),
        (422, '{"msg": "重复上报", "data": {"id": "A1"}}'.encode(), "A1"),
        (409, b"Duplicate request", None),
        (409, b"<errors><error><description>already been received</description></error></errors>", None),
    ],
)
def test_a_case_that_is_there_already_is_delivered(
    server: CaseServer, status: int, body: bytes, reference: str | None
) -> None:
    assert deliver(server, Answer(status, body=body)) == Receipt(status, reference)


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (409, b"{}", CaseUnavailable),
        (409, b"", CaseUnavailable),
        (409, b'{"title":"A request is outstanding for this Idempotency-Key"}', CaseUnavailable),
        (409, b'{"id": "job-1", "status": "in progress"}', CaseUnavailable),
        (400, b'{"id": 3, "error": "category_code is missing"}', CaseRefused),
        (422, b"[[[[" * 20_000, CaseRefused),
    ],
)
def test_a_refusal_that_says_something_else_stays_one(
    server: CaseServer, status: int, body: bytes, fault: type[DeliveryFault]
) -> None:
    with pytest.raises(fault):
        deliver(server, Answer(status, body=body))


@pytest.mark.parametrize(
    ("body", "reference"),
    [
        (b'[{"service_request_id":293944,"service_notice":"","account_id":null}]', "293944"),
        (b'[{"token":"abc-1","service_notice":""}]', "abc-1"),
        (b'{"data": {"id": "7"}}', "7"),
        (b'{"id": null, "reference": "r"}', "r"),
        (b'{"id": true}', None),
        (b'{"user": {"id": 3}}', None),
        (b"[]", None),
        (b"[[]]", None),
        (b'{"id": "a\\u0000b"}', "ab"),
        (
            b"<?xml version='1.0'?><service_requests><request>"
            b"<service_request_id> 293944 </service_request_id></request></service_requests>",
            "293944",
        ),
    ],
)
def test_the_reference_is_kept_in_any_form(server: CaseServer, body: bytes, reference: str | None) -> None:
    assert deliver(server, Answer(201, body=body)).reference == reference


def test_200_with_a_refusal_in_it_is_not_delivered_unless_it_is_there(server: CaseServer) -> None:
    for why, fault in (("参数错误", CaseRefused), ("系统繁忙，请稍后重试", CaseUnavailable)):
        with pytest.raises(fault, match=f"did not take the case: {why}"):
            deliver(server, Answer(200, body=f'{{"success": false, "msg": "{why}"}}'.encode()))
    there = Answer(200, body='{"success": false, "msg": "已存在", "caseNo": "C-7"}'.encode())
    assert deliver(server, there).reference == "C-7"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('{"success":false,"message":"address is missing","data":{"uuid":"req-8f1c22"}}', CaseRefused),  # the request's
        ('{"success":false,"msg":"地址无效","data":"E1001"}', CaseRefused),  # the number of the fault
        ('{"success":false,"message":"description exceeds the limit of 200 characters"}', CaseRefused),
        ('{"success":false,"message":"a decision against this place stands"}', CaseRefused),
        ('{"success":false,"message":"rate limit reached"}', CaseUnavailable),
    ],
)
def test_200_with_a_refusal_that_names_something_is_not_taken_for_a_duplicate(
    server: CaseServer, body: str, fault: type[DeliveryFault]
) -> None:
    with pytest.raises(fault, match="did not take the case"):
        deliver(server, Answer(200, body=body.encode()))
