"""What this kernel, or the container around us, allows of the sandbox: tried once with real processes."""

import json
import logging
from dataclasses import dataclass
from functools import cache
from typing import Final

from streams.sandbox.channel import Silent
from streams.sandbox.isolation import Held
from streams.sandbox.start import Program, start
from streams.sandbox.supervisor import Addresses, Supervisor

log = logging.getLogger(__name__)

_TRIAL: Final = Program("streams.sandbox.trial")
_LONGEST: Final = 20.0  # seconds a trial may take on a busy machine
LACKS: Final = {
    "no_new_privileges": "a taken-over decoder may run programs that give it privileges",
    "landlock": "no Landlock (Linux 5.13): a taken-over decoder may read the files that the service may read",
    "seccomp": "no system-call filter: a taken-over decoder may start processes and send signals",
    "network_namespace": "no network namespace: only the system-call filter keeps a footage decoder off the network",
    "user_namespace": "no user namespace: the number of threads of a decoder has no limit of its own",
    "camera_addresses": "no supervised connections: a taken-over camera reader may connect anywhere, and listen",
}


@dataclass(frozen=True, slots=True)
class Holding:
    """What holds for a process that reads footage and for one that reads a camera."""

    footage: Held
    camera: Held
    supervised: bool

    def lacks(self) -> tuple[str, ...]:
        """Return what does not hold, as keys of LACKS."""
        both = (self.footage, self.camera)
        held = {
            "no_new_privileges": all(one.no_new_privileges for one in both),
            "landlock": all(one.landlock for one in both),
            "seccomp": all(one.system_calls for one in both),
            "network_namespace": self.footage.network_namespace,
            "user_namespace": self.footage.user_namespace,
            "camera_addresses": self.supervised,
        }
        return tuple(name for name, holds in held.items() if not holds)


@cache
def what_holds() -> Holding:
    """Try it; once for each process of the service. Raises OSError where no decoding process can be started."""
    footage, _ = _try(network=False, supervised=False)
    try:
        camera, supervised = _try(network=True, supervised=True)
    except OSError:
        camera, supervised = _try(network=True, supervised=False)
    return Holding(footage, camera, supervised)


def report() -> None:
    """Say in the log what does not hold, one line each, or that everything does."""
    try:
        lacks = what_holds().lacks()
    except OSError as error:
        log.error("sandbox: no decoding process can be started: %s", error)
        return
    for lack in lacks:
        log.warning("sandbox: %s", LACKS[lack])
    if not lacks:
        log.info("sandbox: every layer holds (Landlock %d)", what_holds().footage.landlock)


def _try(*, network: bool, supervised: bool) -> tuple[Held, bool]:
    supervisor = None
    with start(_TRIAL, network=network, supervised=supervised, ports=(554,) if network else ()) as child:
        try:
            while line := child.channel.hear(_LONGEST):
                said = json.loads(line)
                if said.get("kind") == "held":
                    del said["kind"]
                    return Held(**said), supervisor is not None
                if said.get("kind") == "listener":
                    supervisor = Supervisor(child.process.pid, said["file"], Addresses(()))
        except (Silent, ValueError, TypeError) as error:
            raise OSError("the sandbox trial gave an invalid result") from error
        finally:
            if supervisor is not None:
                supervisor.close()
    raise OSError("the sandbox trial ended without a result")
