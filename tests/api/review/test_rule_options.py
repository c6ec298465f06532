"""The rules that the lists can be narrowed to, in the words of the reader."""

import re
from dataclasses import replace

import pytest

from tests.api.conftest import Service
from tests.api.samples import VIOLATION, a_candidate

OTHER = replace(VIOLATION, rule="stall-in-the-evening")


def offered(service: Service, path: str, lang: str) -> dict[str, str]:
    page = service.http.get(path, params={"lang": lang}).text
    (select,) = re.findall(r'<select name="rule">(.*?)</select>', page, re.DOTALL)
    return dict(re.findall(r'<option value="([^"]+)"[^>]*>([^<]*)</option>', select))


@pytest.mark.parametrize("path", ["/review", "/candidates"])
@pytest.mark.parametrize(("lang", "word"), [("en", "Street stall, main road"), ("zh", "占道摊位, 主干道")])
def test_a_rule_is_called_by_class_and_zone(service: Service, path: str, lang: str, word: str) -> None:
    service.seed()
    assert offered(service, path, lang) == {"stall-on-main-road": word}


@pytest.mark.parametrize("path", ["/review", "/candidates"])
def test_rules_that_would_read_the_same_are_told_apart(service: Service, path: str) -> None:
    service.sink.take(a_candidate("one"))
    service.sink.take(a_candidate("two", ruling=OTHER))
    service.sink.take(a_candidate("three", class_name="banner", ruling=replace(VIOLATION, rule="banner-on-road")))
    words = offered(service, path, "en")
    assert list(words) == ["banner-on-road", "stall-in-the-evening", "stall-on-main-road"]
    assert len(set(words.values())) == 3
    assert words["stall-in-the-evening"].endswith("(stall-in-the-evening)")
    assert "(" not in words["banner-on-road"]
