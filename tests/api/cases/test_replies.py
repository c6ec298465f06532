"""What a case system's reply says of a case, whatever kind of system answers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cases.replies import KnownCase, denied_in, known_case, reference_in

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "data", "result", "items", "reference", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_reply_does_harm_and_a_reference_is_one_printable_line(value: object) -> None:
    for status in (200, 400, 409):
        found = reference_in(json.dumps(value).encode())
        assert found is None or (found.isprintable() and 0 < len(found) <= 500)
        known_case(status, json.dumps(value).encode())


@given(st.binary(max_size=100))
def test_no_bytes_do_harm(reply: bytes) -> None:
    found = reference_in(reply)
    assert found is None or (found.isprintable() and 0 < len(found) <= 500)
    known_case(409, reply)


@pytest.mark.parametrize(
    ("value", "reference"),
    [
        ({"id": 0}, "0"),
        ({"id": "", "case_id": "c"}, "c"),
        ({"id": "   ", "caseNo": "n"}, "n"),
        ({"id": 1.5}, None),
        ({"id": ["a"]}, None),
        ({"token": "t", "service_request_id": "s"}, "s"),  # by the order of names, not of the reply
        ([{"x": 1}, {"id": 2}], "2"),
        ({"result": {"data": {"case": {"id": "deep"}}}}, "deep"),
        ({"result": {"data": {"case": {"record": {"id": "too deep"}}}}}, None),
        ({"service_requests": [{"service_request_id": 5}]}, "5"),
        ({"id": "inner", "data": {"id": "other"}}, "inner"),
        ({"id": "x" * 600}, "x" * 500),
        ({"id": "a\r\nSet-Cookie: b"}, "aSet-Cookie: b"),
        ({"id": "\u202egnp"}, "gnp"),  # no letter that turns the line round
        ({"code": 0, "msg": "操作成功", "data": "AJ20261120001"}, "AJ20261120001"),
        ({"code": 200, "data": {"rows": [{"工单号": "ZZ-7"}]}}, "ZZ-7"),
        ({"result": 293944}, "293944"),
        ({"result": "success"}, None),
        ({"data": True}, None),
        ({"ticket": {"number": "T-9"}}, "T-9"),
        ("id", None),
        (7, None),
    ],
)
def test_where_the_reference_stands(value: object, reference: str | None) -> None:
    assert reference_in(json.dumps(value).encode()) == reference


@pytest.mark.parametrize(
    ("reply", "reference"),
    [
        (b"<token>ab 1</token>", "ab 1"),
        (b"<service_request_id></service_request_id><token>t</token>", "t"),
        (b"<token>a</service_request_id>", None),
        (b"<token>" + b"x" * 300 + b"</token>", None),
        (b"<html><id>5</id></html>", None),
    ],
)
def test_xml_is_read_by_its_two_names_alone(reply: bytes, reference: str | None) -> None:
    assert reference_in(reply) == reference


@pytest.mark.parametrize(
    ("status", "text", "known"),
    [
        (409, '{"id": 3}', KnownCase("3")),
        (400, '{"id": 3}', None),  # a refusal that names something is no case
        (400, "Already Registered", KnownCase(None)),
        (422, "DUPLICATE key", KnownCase(None)),
        (422, '{"msg": "已存在", "id": 4}', KnownCase("4")),
        (409, "the same request is still processing, id: 3", None),
        (409, '{"id": 3, "status": "in-progress"}', None),
        (409, '{"msg": "重复请求处理中"}', None),  # under way goes before duplicate
        (409, "conflict", None),
    ],
)
def test_which_refusals_mean_that_the_case_is_there(status: int, text: str, known: KnownCase | None) -> None:
    assert known_case(status, text.encode()) == known


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ('{"success": false, "msg": "参数错误"}', "参数错误"),
        ('{"ok": false, "error": "no\\nsuch district"}', "nosuch district"),
        ('{"success": "false"}', "without a reason"),
        ('{"success": true, "msg": "x"}', None),
        ('{"id": 5}', None),
        ('[{"success": false}]', None),
        ("success: false", None),
    ],
)
def test_an_answer_of_success_may_say_that_there_was_none(reply: str, why: str | None) -> None:
    assert denied_in(reply.encode()) == why
