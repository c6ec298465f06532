"""Numbers and texts in the address that no database takes are refused, on either engine, and never an error of ours."""

from api.app import create_app
from api.db.database import Database
from api.evidence.files import EvidenceStore
from api.settings import Settings
from tests.api.conftest import client
from tests.api.serving import serve
from tests.api.signing import sign_in

REFUSED = (
    *(("/statistics/rows", {"hour": str(hour)}) for hour in (10**20, -(10**20), 24, -1)),
    *(("/statistics/rows", {name: "a\x00b"}) for name in ("class", "district", "camera", "zone")),
    *(("/cases", {name: "a\x00b"}) for name in ("district", "assignee", "status", "overdue", "looked")),
)
TAKEN = (
    *(("/statistics/rows", {"hour": hour}) for hour in ("", "0", "23")),
    ("/statistics/rows", {"class": "占道"}),
    ("/cases", {"district": "二七", "assignee": ""}),
)


def test_what_no_database_takes_is_refused(database: Database, files: EvidenceStore, settings: Settings) -> None:
    with serve(create_app(settings, database, files)) as served, client(served, sign_in(database)) as http:
        answers = {(path, *asked.items()): http.get(path, params=asked).status_code for path, asked in REFUSED}
        assert answers == dict.fromkeys(answers, 422)
        assert [http.get(path, params=asked).status_code for path, asked in TAKEN] == [200] * len(TAKEN)
