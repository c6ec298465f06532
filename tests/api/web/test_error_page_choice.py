"""Who gets a page and who a document: by quality, in the reader's language, with every strange text shown as text."""

import html
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.problems import MEDIA_TYPE, prefers_page
from tests.api.conftest import Service

qualities = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
json_kinds = st.sampled_from(["application/json", MEDIA_TYPE])
HOSTILE = (
    '<img src=x onerror="alert(1)">',
    "\"><script>alert('1')</script>",
    "{{7*7}}",
    "页面<b>&amp;",
    "' onclick='x",
)
SAFE = "<>\"'{}&;=* "
"""A browser of a stranger may send these as they are."""


@given(qualities, qualities, json_kinds, st.permutations([0, 1, 2]), st.sampled_from(["", " "]))
def test_the_higher_quality_wins_in_any_order(
    page: float, document: float, kind: str, order: list[int], space: str
) -> None:
    wanted = [f"text/html;{space}q={page:.3f}", f"{kind}{space};q={document:.3f}", "*/*;q=0.1"]
    assert prefers_page(f",{space}".join(wanted[one] for one in order)) is (page > document)


@given(st.text(alphabet="texhml/aplicionjs*,;=q0.1 \t", max_size=60))
def test_no_header_breaks_the_choice_and_none_without_html_gets_a_page(accept: str) -> None:
    assert not prefers_page(accept) or "text/html" in accept


def test_the_page_is_asked_for_by_quality_at_the_service(service: Service) -> None:
    def kind(accept: str) -> str:
        answer = service.http.get("/nowhere", headers={"Accept": accept})
        assert answer.status_code == 404
        return answer.headers["content-type"].partition(";")[0]

    assert kind("text/html;q=0.3, application/json;q=0.2") == "text/html"
    assert kind("text/html;q=0.2, application/json;q=0.3") == MEDIA_TYPE
    assert kind("text/html, application/json") == MEDIA_TYPE


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_hostile_path_parameter_and_referer_are_shown_as_text(service: Service, language: str) -> None:
    for text in HOSTILE:
        headers = {"Accept": "text/html", "Accept-Language": language}
        missing = service.http.get(f"/nowhere/{quote(text, safe='')}", headers=headers)
        refused = service.http.get(f"/candidates?{quote(text, safe='')}=1", headers=headers)
        came = service.http.get("/nowhere", headers=headers | {"Referer": f"{service.url}/x?{quote(text, safe=SAFE)}"})
        assert (missing.status_code, refused.status_code, came.status_code) == (404, 422, 404)
        for page in (missing, refused):
            assert f'lang="{language}' in page.text
            assert text in html.unescape(page.text)
            assert "49" not in page.text.partition("<details>")[2]
        for page in (missing, refused, came):
            assert text not in page.text or not set("<>'\"") & set(text)


def test_a_program_gets_the_same_text_as_a_document(service: Service) -> None:
    for text in HOSTILE:
        answer = service.http.get(f"/candidates?{quote(text, safe='')}=1", headers={"Accept": MEDIA_TYPE})
        assert answer.headers["content-type"] == MEDIA_TYPE
        told = answer.json()
        assert (told["status"], told["instance"]) == (422, "/candidates")
        assert [one["where"] for one in told["errors"]] == [f"query.{text[:64]}"]


def test_several_unknown_parameters_are_all_named_in_the_order_of_the_alphabet(service: Service) -> None:
    answer = service.http.get("/api/v1/candidates?zeta=1&alpha=2&alpha=3&limit=1")
    assert [one["where"] for one in answer.json()["errors"]] == ["query.alpha", "query.zeta"]
    nothing = service.http.get("/nowhere?zeta=1")
    assert nothing.status_code == 404
