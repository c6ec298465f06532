"""`/api/v1/rulebooks`: what judged a candidate can be read back."""

from tests.api.conftest import Service
from tests.api.samples import RULEBOOK


def test_a_candidate_names_the_rulebook_that_judged_it(service: Service) -> None:
    (candidate_id,) = service.seed()
    provenance = service.http.get(f"/api/v1/candidates/{candidate_id}").json()["provenance"]
    said = service.http.get(f"/api/v1/rulebooks/{provenance['rulebook_hash']}").json()
    assert (said["sha256"], said["version"]) == (RULEBOOK.sha256, provenance["rulebook_version"])
    assert (said["content"], said["permits"]) == ("version: 2026-11-01\n", "id,class\n")
    assert service.http.get(f"/api/v1/rulebooks/{'0' * 64}").status_code == 404
    assert service.http.get("/api/v1/rulebooks/latest").status_code == 422
