"""What is wrong with an installation: each check looks at one thing and says it as a code with parameters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import httpx

from api.bootstrap import open_database
from api.cameras import repository as cameras
from api.cameras.encryption import box_of
from api.cases.tables import DeliveryState
from api.db.clock import database_now
from api.db.database import Database
from api.errors import ApiError, DatabaseUnavailable, DatabaseVersionMismatch, SecretUnreadable
from api.inference.model_cache import shelf_of
from api.operations import repository
from api.operations.disk import DiskTrend
from api.settings import Settings
from api.surveys.jobs.tables import ChunkState
from detector.reason import Reason
from models.errors import ModelError
from models.registry import verify
from streams.sandbox.kernel import what_holds

CLOCKS_DIFFER: Final = timedelta(minutes=1)
OVERDUE: Final = timedelta(minutes=15)
EVERY_ADDRESS: Final = (str(IPv4Address(0)), str(IPv6Address(0)))
ANSWER: Final = 5.0  # seconds a service on this machine has to answer


class Grade(StrEnum):
    """How much a finding matters: a failure stops work, a warning will or loses something, fine is how it should be."""

    FINE = "fine"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; its sentence and what to do stand in `messages.FINDINGS`, by the reason's code."""

    grade: Grade
    reason: Reason


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything that can be looked at from this machine, one after the other; nothing is changed."""
    yield from _data_folder(settings)
    yield from _models(settings)
    yield from _sandbox()
    yield from _service(settings)
    try:
        database = open_database(settings)
    except DatabaseVersionMismatch as error:
        yield _failure("database_version", detail=str(error))
    except DatabaseUnavailable as error:
        yield _failure("database_away", detail=str(error))
    else:
        try:
            yield from _database(settings, database)
        finally:
            database.close()


def _data_folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    try:
        free = DiskTrend(folder).observe() // 2**20
        probe = folder / ".doctor"
        probe.touch()
        probe.unlink()
    except OSError as error:
        yield _failure("folder_unwritable", folder=str(folder), detail=error.strerror or type(error).__name__)
        return
    enough = free >= settings.min_free_mb
    finding = _fine if enough else _failure
    yield finding("room" if enough else "no_room", folder=str(folder), free=free, wanted=settings.min_free_mb)


def _models(settings: Settings) -> Iterator[Finding]:
    shelf, broken, count = shelf_of(settings), False, 0
    for name in shelf.names():
        try:
            verify(shelf.in_service(name))
            count += 1
        except ModelError as error:
            broken = True
            yield _failure("model_broken", model=name, detail=str(error))
    if not broken:
        yield _fine("models", count=count)


def _sandbox() -> Iterator[Finding]:
    try:
        lacks = what_holds().lacks()
    except OSError as error:
        yield _failure("no_decoder", detail=str(error))
        return
    yield _warning("sandbox_lacks", parts=", ".join(lacks)) if lacks else _fine("sandbox")


def _service(settings: Settings) -> Iterator[Finding]:
    host = "127.0.0.1" if settings.host in EVERY_ADDRESS else settings.host
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    try:
        answer = httpx.get(f"{address}/readyz", timeout=ANSWER, trust_env=False)
    except httpx.HTTPError:
        yield _warning("no_service", address=address)
        return
    if answer.status_code == httpx.codes.OK:
        yield _fine("service", address=address)
    else:
        yield _failure("service_not_ready", address=address, detail=_detail(answer))


def _detail(answer: httpx.Response) -> str:
    try:
        document = answer.json()
    except ValueError:
        document = None
    said = document.get("detail") if isinstance(document, dict) else None
    return said if isinstance(said, str) else f"HTTP {answer.status_code}"


def _database(settings: Settings, database: Database) -> Iterator[Finding]:
    checks: tuple[Callable[[Settings, Database], Iterator[Finding]], ...] = (_writable, _addresses, _work)
    for check in checks:
        try:
            yield from check(settings, database)
        except ApiError as error:
            yield _failure("database_away", detail=str(error))


def _writable(_: Settings, database: Database) -> Iterator[Finding]:
    database.check_writable()
    with database.read() as connection:
        ahead = datetime.now(UTC) - database_now(connection)
    if abs(ahead) > CLOCKS_DIFFER:
        yield _warning("clocks_differ", seconds_s=abs(ahead).total_seconds())
    yield _fine("database")


def _addresses(settings: Settings, database: Database) -> Iterator[Finding]:
    try:
        with database.read() as connection:
            count = len(cameras.present(connection, box_of(settings)))
    except SecretUnreadable as error:
        yield _failure("secret_wrong", detail=str(error))
        return
    yield _fine("cameras", count=count) if count else _warning("no_cameras")


def _work(_: Settings, database: Database) -> Iterator[Finding]:
    now = datetime.now(UTC)
    with database.read() as connection:
        figures = repository.work_figures(connection)
    alive = [one for one in figures.watchers if one.alive]
    if figures.unheld and not alive:
        yield _warning("nobody_watches")
    elif figures.unheld:
        yield _warning("unheld", count=figures.unheld)
    elif alive:
        yield _fine("watchers", names=", ".join(one.name for one in alive))
    if dead := figures.deliveries[DeliveryState.DEAD]:
        yield _warning("dead_letters", count=dead)
    if figures.outbox_due is not None and now - figures.outbox_due > OVERDUE:
        yield _warning("outbox_late", late_s=(now - figures.outbox_due).total_seconds())
    if dead := figures.chunks[ChunkState.DEAD]:
        yield _warning("dead_chunks", count=dead)


def _fine(code: str, **params: str | float) -> Finding:
    return Finding(Grade.FINE, Reason(code, params))


def _warning(code: str, **params: str | float) -> Finding:
    return Finding(Grade.WARNING, Reason(code, params))


def _failure(code: str, **params: str | float) -> Finding:
    return Finding(Grade.FAILURE, Reason(code, params))
