"""The same footage once more: after its survey ended, and after the footage was removed."""

from datetime import timedelta
from uuid import UUID

from api.db.scope import EVERYWHERE
from api.surveys import files as survey_files
from api.surveys import repository as surveys
from api.surveys import retention_queries as sweeping
from api.surveys.tables import SurveyState
from tests.api.conftest import Service
from tests.api.surveys.footage import announce, photo, send, settled, sidecar, video

CARD = (video(seed=31), sidecar(), photo(seed=32))


def ended(service: Service) -> str:
    """A survey that has come whole and was worked through."""
    answer = announce(service.http, *CARD).json()
    for file, given in zip(answer["files"], CARD, strict=True):
        if file["upload"]:
            send(service.http, file["upload"], given.content)
    survey_id: str = answer["survey"]["id"]
    settled(service.http, survey_id)
    with service.database.write() as connection:
        survey = surveys.find(EVERYWHERE, connection, UUID(survey_id))
        assert survey is not None
        assert surveys.move(connection, survey.id, SurveyState.READY, SurveyState.DONE, survey.updated_at)
    return survey_id


def sweep(service: Service) -> None:
    """Remove the footage of what has ended, as retention does."""
    with service.database.write() as connection:
        survey = surveys.page(EVERYWHERE, connection, None, 1).items[0]
        for content in sweeping.old_contents(connection, survey.updated_at + timedelta(days=1)):
            (service.data_dir / "footage" / content.path).unlink()
            sweeping.forget_content(connection, content.path)


def again(service: Service) -> dict[str, object]:
    said = {"name": "Daxue Road, morning", "files": [one.announced() for one in CARD], "again": True}
    answer = service.http.post("/api/v1/surveys", json=said)
    assert answer.is_success
    return dict(answer.json()["survey"])


def test_footage_that_was_removed_is_wanted_anew(service: Service) -> None:
    first = ended(service)
    assert announce(service.http, *CARD).json()["survey"]["id"] == first  # nothing is missing yet
    sweep(service)
    answer = announce(service.http, *CARD)
    assert answer.status_code == 201
    assert answer.json()["survey"]["id"] != first
    assert all(file["state"] == "missing" and file["upload"] for file in answer.json()["files"])
    assert announce(service.http, *CARD).json()["survey"] == answer.json()["survey"]  # cut off, it goes on
    assert ended(service) == answer.json()["survey"]["id"]
    assert service.http.get("/api/v1/surveys").json()["total"] == 2


def test_a_second_run_needs_nothing_sent(service: Service) -> None:
    first = ended(service)
    second = again(service)
    assert second["id"] != first
    files = settled(service.http, str(second["id"]))
    assert {file["state"] for file in files.values()} == {"stored"}
    assert files["DJI_0001.MP4"]["pair_id"] == files["DJI_0001.SRT"]["id"]
    assert again(service)["id"] == second["id"]  # it is under way


def test_the_button_of_an_ended_survey(service: Service) -> None:
    first = ended(service)
    assert f'action="/surveys/{first}/again"' in service.http.get(f"/surveys/{first}").text
    answer = service.http.post(f"/surveys/{first}/again", headers={"Origin": service.url})
    second = answer.headers["location"].rpartition("/")[2]
    assert answer.status_code == 303
    assert second != first
    settled(service.http, second)
    assert "/again" not in service.http.get(f"/surveys/{second}").text  # it is under way
    sweep_second(service, second)
    answer = service.http.post(f"/surveys/{first}/again", headers={"Origin": service.url})
    assert answer.headers["location"].startswith("/surveys/new?survey=")  # what was removed has to be sent
    assert service.http.get(answer.headers["location"]).is_success


def sweep_second(service: Service, survey_id: str) -> None:
    with service.database.write() as connection:
        survey = surveys.find(EVERYWHERE, connection, UUID(survey_id))
        assert survey is not None
        surveys.move(connection, survey.id, SurveyState.READY, SurveyState.DONE, survey.updated_at)
    sweep(service)
    with service.database.read() as connection:
        assert survey_files.any_removed(EVERYWHERE, connection, UUID(survey_id))
