"""A manifest comes in: the survey that it makes, or the one that it made before."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from api.audit import repository as audit
from api.audit.acts import Act
from api.db.database import Database
from api.db.scope import Scope
from api.errors import ManifestInvalid, NoRoom, NotFound
from api.surveys import files as survey_files
from api.surveys import repository as surveys
from api.surveys.files import SurveyFile
from api.surveys.manifest import Announced, Manifest, plan
from api.surveys.repository import Survey
from api.surveys.tables import ENDED, FileState
from api.surveys.upload.storage import FootageStore


def create_survey(
    scope: Scope,
    database: Database,
    footage: FootageStore,
    manifest: Manifest,
    now: datetime,
    reserve: int,
    *,
    again: bool = False,
) -> tuple[Survey, tuple[SurveyFile, ...], bool]:
    """Return the survey, its files in the manifest's order, and whether it is new.

    Whoever announces the same again, since it was killed or its line broke, gets the same survey. One that has ended
    is followed by a new one over the same footage where `again` asks for it, and where its footage was removed since:
    what was announced is wanted anew then. `reserve` is how many bytes of the disk must stay free. Raises NoRoom, and
    ManifestInvalid where the scope does not see the district.
    """
    if not scope.allows(manifest.district):
        said = f"{manifest.district!r} is not yours" if manifest.district else "say which one the footage is of"
        raise ManifestInvalid(f"district: {said}")
    with footage.steady():  # what is said to be there already must still be there when that is recorded
        return _announce(scope, database, footage, manifest, now, reserve, again)


def _announce(
    scope: Scope, database: Database, footage: FootageStore, manifest: Manifest, now: datetime, reserve: int,
    again: bool,
) -> tuple[Survey, tuple[SurveyFile, ...], bool]:  # fmt: skip
    with database.write() as connection:
        known, run = _latest(scope, connection, manifest)
        over = known is not None and known.state in ENDED
        if known is not None and not (over and (again or survey_files.any_removed(scope, connection, known.id))):
            survey_files.try_blocked_again(scope, connection, known.id)
            return known, _in_order(scope, connection, known, manifest), False
        paths = survey_files.stored_paths(connection, [file.sha256 for file in manifest.files])
    paths = {sha256: path for sha256, path in paths.items() if footage.has(path)}
    survey, files = plan(manifest, paths, now, run + 1)
    wanted = sum(file.size for file in files if file.state is FileState.MISSING)
    free = footage.free() - reserve
    if wanted > free:
        raise NoRoom(f"the files take {_shown(wanted)}, but {_shown(max(free, 0))} are free; nothing was begun")
    with database.write() as connection:
        new = surveys.add(scope, connection, survey, files)
        if new:
            told = {"name": survey.name, "district": survey.district, "files": len(files)}
            audit.record(scope, connection, Act.SURVEY_ANNOUNCED, survey.id, now, after=survey.manifest, details=told)
        standing = survey if new else surveys.find_by_manifest(scope, connection, survey.manifest)
        if new or standing is None:
            return survey, files, True
        return standing, _in_order(scope, connection, standing, manifest), False  # somebody announced the same at once


def repeat_survey(
    scope: Scope, database: Database, footage: FootageStore, survey_id: UUID, now: datetime, reserve: int
) -> tuple[Survey, tuple[SurveyFile, ...]]:
    """Return a new survey over the footage of one that has ended, with today's models; one under way is given as it is.

    Raises NotFound and NoRoom.
    """
    with database.read() as connection:
        survey = known_survey(surveys.find(scope, connection, survey_id), survey_id)
        files = survey_files.files(scope, connection, survey_id)
    announced = tuple(Announced(file.name, file.size, file.sha256) for file in files)
    manifest = Manifest(survey.name, announced, survey.ground, survey.model, survey.district)
    standing, wanted, _ = create_survey(scope, database, footage, manifest, now, reserve, again=True)
    return standing, wanted


def _latest(scope: Scope, connection: Connection, manifest: Manifest) -> tuple[Survey | None, int]:
    """Return the last survey of this manifest, and the how manieth it is; None and 0 where there is none."""
    latest, run = None, 0
    while (known := surveys.find_by_manifest(scope, connection, manifest.of_run(run + 1))) is not None:
        latest, run = known, run + 1
    return latest, run


def _in_order(scope: Scope, connection: Connection, survey: Survey, manifest: Manifest) -> tuple[SurveyFile, ...]:
    files = {file.name: file for file in survey_files.files(scope, connection, survey.id)}
    return tuple(files[announced.name] for announced in manifest.files)


def _shown(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"


def known_survey(survey: Survey | None, survey_id: UUID) -> Survey:
    """Return the survey that was found. Raises NotFound."""
    if survey is None:
        raise NotFound(f"there is no survey {survey_id}")
    return survey
