"""`python -m tests.streams.sandbox.driver [camera]`: starts the attacks as the service starts a decoder, and prints how
each went, as one JSON object. Whoever runs it owns the secret that they are after.
"""

import ipaddress
import json
import os
import socket
import sys
import tempfile
from pathlib import Path

from streams.sandbox.supervisor import Addresses, Supervisor
from streams.sandbox.start import Program, start

ATTACKS = Program("tests.streams.sandbox.attacks", packages=("detector", "streams", "tests"))


def main() -> None:
    """Set up what there is to steal, let the attacks loose, print."""
    camera = sys.argv[1:] == ["camera"]
    os.environ["STREETWARDEN_SECRET_KEY"] = "very-secret"
    with tempfile.TemporaryDirectory() as made, socket.create_server(("127.0.0.1", 0)) as listener:
        folder = Path(made)
        secret, footage = folder / "secret.key", folder / "footage"
        secret.write_text("very-secret")
        secret.chmod(0o600)
        footage.write_bytes(bytes(4096))
        abstract = f"streetwarden-{os.getpid()}"
        unix, hidden = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        with unix, hidden:
            unix.bind(str(folder / "unix"))
            hidden.bind(f"\0{abstract}")
            unix.listen()
            hidden.listen()
            file = os.open(footage, os.O_RDONLY)
            told = {
                "parent": os.getpid(),
                "secret": str(secret),
                "folder": made,
                "port": listener.getsockname()[1],
                "unix": str(folder / "unix"),
                "abstract": abstract,
                "footage": file,
                "camera": camera,
            }
            results: dict[str, object] = {"user": os.getuid()}
            with start(ATTACKS, files=(file,), network=camera, supervised=camera, ports=(554,) if camera else ()) as child:
                child.channel.say(json.dumps(told))
                supervisor = None
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
            results["secret unharmed"] = secret.read_text() == "very-secret" and secret.stat().st_mode & 0o777 == 0o600
            results["files there"] = sorted(path.name for path in folder.iterdir())
            os.close(file)
    print(json.dumps(results))  # noqa: T201


if __name__ == "__main__":
    main()
