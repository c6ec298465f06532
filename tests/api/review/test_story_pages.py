"""One candidate's whole story on one page, in whatever state it is."""

from uuid import uuid4

import pytest
from sqlalchemy import update

from api.candidates.tables import candidates
from tests.api.conftest import Service

HOSTILE = "<script>alert(1)</script>"


def test_verdicts_stand_there_with_who_and_when_also_those_taken_back(service: Service) -> None:
    (one,) = service.seed()
    url = f"/api/v1/candidates/{one}/verdict"
    service.http.post(url, json={"decision": "rejected", "reason": "vehicle", "note": HOSTILE}).raise_for_status()
    service.http.delete(url).raise_for_status()
    key = service.http.post(url, json={"decision": "confirmed"}).raise_for_status().json()["id"]
    page = service.http.get(f"/candidates/{one}", params={"lang": "en"}).text
    assert page.index("A parked vehicle") < page.index("taken back by Li Wei") < page.index('href="/cases/' + key)
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "street-ads 3" in page


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_a_verdict_it_says_so(service: Service, lang: str) -> None:
    (one,) = service.seed()
    said = {"en": ("Nobody has decided yet.", "It has not become a case."), "zh": ("尚未审核。", "尚未立案。")}
    page = service.http.get(f"/candidates/{one}", params={"lang": lang}).text
    assert all(words in page for words in said[lang])
    with service.database.write() as connection:
        connection.execute(update(candidates).values(state="expired"))
    page = service.http.get(f"/candidates/{one}", params={"lang": "en"}).text
    assert "Nobody decided before its pictures had to be removed." in page


def test_what_is_not_there_is_404(service: Service) -> None:
    assert service.http.get(f"/candidates/{uuid4()}").status_code == 404
