"""`python -m tests.streams.sandbox.driver footage|camera|bare`: starts the attacks as the service starts a decoder, and
prints how each went, as one JSON object. Whoever runs it owns the secret that they are after.

`bare` runs those that hurt nobody without a sandbox: what does not succeed there proves nothing.
"""

import ipaddress
import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from streams.sandbox.pixels import Pixels
from streams.sandbox.start import Program, start
from streams.sandbox.supervisor import Addresses, Supervisor
from tests.streams.sandbox.attacks import attempts

ATTACKS = Program("tests.streams.sandbox.attacks", packages=("detector", "models", "streams", "tests"))
HARMFUL = (
    *("mount", "chroot", "take 4 GB of memory", "start 500 threads", "write to /tmp", "connect elsewhere"),
    *("ptrace the parent", "queue a signal to the parent"),
)


def main() -> None:
    """Set up what there is to steal, let the attacks loose, print."""
    os.environ["STREETWARDEN_SECRET_KEY"] = "very-secret"
    how = sys.argv[1]
    with loot() as told:
        results = bare(told) if how == "bare" else sandboxed({**told, "camera": how == "camera"})
        secret = Path(str(told["secret"]))
        if how != "bare":
            results["unharmed"] = secret.read_text() == "very-secret" and secret.stat().st_mode & 0o777 == 0o600
            results["files"] = sorted(path.name for path in secret.parent.iterdir())
    privileges = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff"))
    print(json.dumps({"user": os.getuid(), "privileges": int(privileges.split()[1], 16), **results}))  # noqa: T201


@contextmanager
def loot() -> Iterator[dict[str, object]]:
    """A secret, a file of footage, and three services of this machine."""
    with (
        tempfile.TemporaryDirectory() as made,
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as hidden,
    ):
        folder = Path(made)
        _hide(folder / "secret.key")
        (folder / "footage").write_bytes(bytes(4096))
        unix.bind(str(folder / "unix"))
        hidden.bind(f"\0streetwarden-{os.getpid()}")
        unix.listen(100)
        hidden.listen(100)
        file = os.open(folder / "footage", os.O_RDONLY)
        yield {
            "parent": os.getpid(),
            "secret": str(folder / "secret.key"),
            "folder": made,
            "port": listener.getsockname()[1],
            "unix": str(folder / "unix"),
            "abstract": f"streetwarden-{os.getpid()}",
            "footage": file,
        }
        os.close(file)


def sandboxed(told: Mapping[str, object]) -> dict[str, object]:
    """Each attempt in the place of a decoder."""
    camera = bool(told["camera"])
    results: dict[str, object] = {}
    supervisor = None
    files = (int(str(told["footage"])),)
    with start(ATTACKS, files=files, network=camera, supervised=camera, ports=(554,) if camera else ()) as child:
        child.channel.say(json.dumps(told))
        while (line := child.channel.hear(60)) is not None:
            said = json.loads(line)
            if said.get("kind") == "listener":
                addresses = Addresses((554,))
                addresses.add(ipaddress.ip_address("192.0.2.7"))
                supervisor = Supervisor(child.process.pid, said["file"], addresses)
            else:
                results.update(said)
        results["exit"] = child.process.wait(10)
    if supervisor is not None:
        supervisor.close()
    return results


def bare(told: Mapping[str, object]) -> dict[str, object]:
    """Each attempt in a process of its own that gave nothing up."""
    results: dict[str, object] = {}
    pixels = Pixels()
    for name, attempt in attempts({**told, "pixels": pixels.fd}).items():
        if name in HARMFUL:
            continue
        _hide(Path(str(told["secret"])))
        child = os.fork()
        if child == 0:
            try:
                attempt()
            except Exception:  # noqa: BLE001  # whatever it is, it did not succeed
                os._exit(1)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        results[name] = "SUCCEEDED" if code in (0, 7) else "denied"  # 7: the shell that `exec` ran
    pixels.close()
    return results


def _hide(secret: Path) -> None:
    secret.unlink(missing_ok=True)
    secret.write_text("very-secret")
    secret.chmod(0o600)


if __name__ == "__main__":
    main()
