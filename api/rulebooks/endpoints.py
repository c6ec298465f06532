"""Rulebooks over HTTP: what judged a candidate, read back."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.dependencies import CurrentScope, Db
from api.errors import NotFound
from api.rulebooks import repository as rulebooks
from api.rulebooks.schemas import RulebookOut
from api.web.problems import problem_responses

router = APIRouter(tags=["rulebooks"])


@router.get("/rulebooks/{sha256}", responses=problem_responses(404, 422))
def show_rulebook(
    scope: CurrentScope, database: Db, sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
) -> RulebookOut:
    """Return the rulebook of this hash as it was when it was used; a candidate's `provenance` names it."""
    with database.read() as connection:
        kept = rulebooks.find(scope, connection, sha256)
    if kept is None:
        raise NotFound(f"there is no rulebook {sha256}")
    return RulebookOut.of(kept)
