"""A manifest comes in: the survey that it makes, or the one that it made before."""

from datetime import datetime
from uuid import UUID

from api.audit import repository as audit
from api.audit.acts import Act
from api.db.database import Database
from api.db.scope import Scope
from api.errors import ManifestInvalid, NoRoom, NotFound
from api.surveys import files as survey_files
from api.surveys import repository as surveys
from api.surveys.files import SurveyFile
from api.surveys.manifest import Manifest, plan
from api.surveys.repository import Survey
from api.surveys.tables import FileState
from api.surveys.upload.storage import FootageStore


def create_survey(
    scope: Scope, database: Database, footage: FootageStore, manifest: Manifest, now: datetime, reserve: int
) -> tuple[Survey, tuple[SurveyFile, ...], bool]:
    """Return the survey, its files in the manifest's order, and whether it is new.

    Whoever announces the same again, since it was killed or its line broke, gets the same survey. `reserve` is how many
    bytes of the disk must stay free. Raises NoRoom, and ManifestInvalid where the scope does not see the district.
    """
    if not scope.allows(manifest.district):
        said = f"{manifest.district!r} is not yours" if manifest.district else "say which one the footage is of"
        raise ManifestInvalid(f"district: {said}")
    with footage.steady():  # what is said to be there already must still be there when that is recorded
        return _announce(scope, database, footage, manifest, now, reserve)


def _announce(
    scope: Scope, database: Database, footage: FootageStore, manifest: Manifest, now: datetime, reserve: int
) -> tuple[Survey, tuple[SurveyFile, ...], bool]:
    with database.read() as connection:
        known = surveys.find_by_manifest(scope, connection, manifest.sha256)
        paths = {} if known else survey_files.stored_paths(connection, [file.sha256 for file in manifest.files])
    if known is not None:
        return known, _in_order(scope, database, known, manifest), False
    paths = {sha256: path for sha256, path in paths.items() if footage.has(path)}
    survey, files = plan(manifest, paths, now)
    wanted = sum(file.size for file in files if file.state is FileState.MISSING)
    free = footage.free() - reserve
    if wanted > free:
        raise NoRoom(f"the files take {_shown(wanted)}, but {_shown(max(free, 0))} are free; nothing was begun")
    with database.write() as connection:
        new = surveys.add(scope, connection, survey, files)
        if new:
            told = {"name": survey.name, "district": survey.district, "files": len(files)}
            audit.record(scope, connection, Act.SURVEY_ANNOUNCED, survey.id, now, after=survey.manifest, details=told)
        standing = survey if new else surveys.find_by_manifest(scope, connection, manifest.sha256)
    if new or standing is None:
        return survey, files, True
    return standing, _in_order(scope, database, standing, manifest), False  # somebody announced the same at once


def _in_order(scope: Scope, database: Database, survey: Survey, manifest: Manifest) -> tuple[SurveyFile, ...]:
    with database.read() as connection:
        files = {file.name: file for file in survey_files.files(scope, connection, survey.id)}
    return tuple(files[announced.name] for announced in manifest.files)


def _shown(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"


def known_survey(survey: Survey | None, survey_id: UUID) -> Survey:
    """Return the survey that was found. Raises NotFound."""
    if survey is None:
        raise NotFound(f"there is no survey {survey_id}")
    return survey
