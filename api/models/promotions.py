"""Promotions as the page begins them: in a thread, as the gate looks at many pictures; one at a time."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.errors import PromotionRefused
from api.inference.promotion import frozen_sets, promote_model
from detector.errors import DetectorError
from models.errors import ModelError
from models.shelf import Shelf
from training.errors import GateRefused, TrainingError

log = logging.getLogger(__name__)

_WAIT: Final = 0.3
"""Seconds that whoever begins one waits for its end: a refusal that needs no pictures is told at once."""


@dataclass(frozen=True, slots=True)
class Judging:
    """A promotion that is under way, or how the last one ended: `refused` is None where the version serves.

    `by_gate`: the gate refused it, and its report says why.
    """

    name: str
    version: str
    done: bool
    refused: str | None = None
    by_gate: bool = False


class Promotions:
    """Puts versions in service, asked by a page."""

    def __init__(self, shelf: Shelf, datasets: Path) -> None:
        self._shelf, self._datasets = shelf, datasets
        self._lock = threading.Lock()
        self._latest: Judging | None = None

    def latest(self) -> Judging | None:
        """Return the promotion that is under way, or the last one of this process."""
        return self._latest

    def begin(self, name: str, version: str, by: str) -> None:
        """Ask the gate, and put the version in service if it passes; how it ends, `latest` says.

        Raises:
            PromotionRefused: another one is under way, or this version is not what it was when it was added.
        """
        try:
            self._shelf.card(name, version)
        except ModelError as error:
            raise PromotionRefused(f"{error}; nothing was changed") from error
        with self._lock:
            if self._latest is not None and not self._latest.done:
                busy = self._latest
                raise PromotionRefused(f"{busy.name} {busy.version} is being judged; one promotion at a time")
            self._latest = Judging(name, version, done=False)
        thread = threading.Thread(target=self._work, args=(name, version, by), name="promotion", daemon=True)
        thread.start()
        thread.join(_WAIT)

    def _work(self, name: str, version: str, by: str) -> None:
        refused: str | None = "an unexpected error; the log has it"
        by_gate = False
        try:
            serving = self._shelf.in_service(name) if self._shelf.has(name) else None
            sets = frozen_sets(self._datasets, self._shelf.card(name, version), serving, ())
            promote_model(self._shelf, name, version, sets)
            refused = None
            log.info("model %s: %s put version %s in service", name, by, version)
        except GateRefused as error:
            refused, by_gate = str(error), True
            log.warning("model %s: %s", name, error)
        except (ModelError, TrainingError, DetectorError) as error:
            refused = str(error)
            log.warning("model %s: version %s is not put in service: %s", name, version, error)
        finally:
            self._latest = Judging(name, version, done=True, refused=refused, by_gate=by_gate)


def refusing(act: Callable[[], object]) -> None:
    """Do something to the shelf. Raises PromotionRefused with what the shelf says against it."""
    try:
        act()
    except ModelError as error:
        raise PromotionRefused(str(error)) from error
