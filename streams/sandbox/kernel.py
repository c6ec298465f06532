"""What this kernel, or the container around us, allows of the sandbox: tried once with real processes."""

import json
import logging
from dataclasses import dataclass
from functools import cache
from typing import Final

from streams.sandbox.channel import Silent
from streams.sandbox.isolation import Held
from streams.sandbox.landlock import NETWORK_SINCE
from streams.sandbox.start import Program, start
from streams.sandbox.supervisor import Addresses, Supervisor

log = logging.getLogger(__name__)

_TRIAL: Final = Program("streams.sandbox.trial")
_LONGEST: Final = 20.0  # seconds a trial may take on a busy machine
NOTHING: Final = Held(False, False, False, False, 0, False)

LACKS: Final = {
    "sandbox_start": "a decoding process cannot be started at all: surveys and cameras will fail",
    "no_new_privileges": "a taken-over decoder may run programs that give it privileges",
    "landlock": "no Landlock (Linux 5.13): a taken-over decoder may read the files that the service may read",
    "seccomp": "no system-call filter: a taken-over decoder may start processes and send signals",
    "network_namespace": "no network namespace: only the system-call filter keeps a footage decoder off the network",
    "user_namespace": "no user namespace: the number of threads of a decoder has no limit of its own",
    "camera_addresses": "no supervised connections: a taken-over camera reader may connect to other addresses",
    "camera_ports": "no Landlock 4 (Linux 6.7): a taken-over camera reader may connect to any port",
}


@dataclass(frozen=True, slots=True)
class Holding:
    """What holds for a process that reads footage and for one that reads a camera."""

    footage: Held
    camera: Held
    supervised: bool

    def lacks(self) -> tuple[str, ...]:
        """What does not hold, as keys of LACKS."""
        if self.footage == NOTHING:
            return ("sandbox_start",)
        both = (self.footage, self.camera)
        held = {
            "no_new_privileges": all(one.no_new_privileges for one in both),
            "landlock": all(one.landlock for one in both),
            "seccomp": all(one.system_calls for one in both),
            "network_namespace": self.footage.network_namespace,
            "user_namespace": self.footage.user_namespace,
            "camera_addresses": self.supervised,
            "camera_ports": self.supervised or self.camera.landlock >= NETWORK_SINCE,
        }
        return tuple(name for name, holds in held.items() if not holds)


@cache
def what_holds() -> Holding:
    """Try it; once for each process of the service."""
    footage, _ = _try(network=False, supervised=False)
    camera, supervised = _try(network=True, supervised=True)
    if not supervised:
        camera, _ = _try(network=True, supervised=False)
    return Holding(footage, camera, supervised)


def report() -> None:
    """Say in the log what does not hold, one line each, or that everything does."""
    lacks = what_holds().lacks()
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
        except (Silent, OSError, ValueError, TypeError) as error:
            log.debug("sandbox: a trial failed: %s", error)
        finally:
            if supervisor is not None:
                supervisor.close()
    return NOTHING, False
