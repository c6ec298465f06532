"""Which rulebook the service goes by: its own file, or the version that somebody put in force since."""

from datetime import datetime
from pathlib import Path
from typing import Final

from api.actor import Actor
from api.audit import repository as audit
from api.audit.acts import Act
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.rulebooks import repository as rulebooks
from detector.errors import RulebookInvalid
from detector.marked_yaml import read_marked_yaml
from detector.rules.rulebook import Rulebook
from detector.rules.source import NO_RULEBOOK, RulebookSource

NAME: Final = "rulebook.yaml"


def adopt(
    database: Database, data_dir: Path, file: Path | None, book: Rulebook | None, now: datetime, anew: bool = False
) -> Path | None:
    """Record the service's own file, and return the file of what is in force; None: no rulebook.

    That is the service's own, unless somebody put another version in force since it was last changed; then its content
    is written into the data folder. A service that begins `anew` with what came into force records nothing: two
    services with different files would oust each other's for ever.
    """
    source = book.source if book else NO_RULEBOOK
    with database.write() as connection:
        if not anew:
            rulebooks.record(connection, source, Actor.service(), now)
        wanted = rulebooks.current(connection, now)
        kept = rulebooks.find(EVERYWHERE, connection, wanted) if wanted else None
        used = kept.source if kept else source
        audit.record(EVERYWHERE, connection, Act.RULEBOOK_USED, used.sha256, details={"version": used.version})
    if used == NO_RULEBOOK:
        return None
    return file if used.sha256 == source.sha256 else write_out(used, data_dir / "rulebooks" / used.sha256)


def write_out(source: RulebookSource, folder: Path) -> Path:
    """Write a kept rulebook and its permits into a folder, and return its file.

    Raises RulebookInvalid where it names permits in another folder: the content of a draft must not choose a path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    path.write_bytes(source.content)
    root = read_marked_yaml(path).root
    permits = root.get("permits") if isinstance(root, dict) else None
    if source.permits is not None and isinstance(permits, str):
        if Path(permits).name != permits or permits in (NAME, "..", "."):
            raise RulebookInvalid(
                NAME, (f"permits {permits!r}: the permits of a version lie beside it, name no folder",)
            )
        (folder / permits).write_bytes(source.permits)
    return path
