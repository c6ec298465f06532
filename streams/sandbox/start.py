"""Starting a decoding process: open files instead of paths, an empty environment, code that it may only read."""

import importlib
import json
import os
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Final

from streams.sandbox.channel import Channel
from streams.sandbox.isolation import Rules
from streams.sandbox.pixels import Pixels

_LAUNCHER: Final = Path(__file__).with_name("launch.py")
# OPENBLAS_CORETYPE: some processors need it, or get wrong results.
_KEPT: Final = ("OPENCV_IO_MAX_IMAGE_PIXELS", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
_SYSTEM: Final = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"),
    *("/usr/share/zoneinfo", "/etc/localtime", "/proc/cpuinfo", "/sys/devices/system/cpu"),
)
_LARGEST_PACKET: Final = 16 * 1024 * 1024  # bytes of one key picture of a camera, put together in memory


@dataclass(frozen=True, slots=True)
class Program:
    """What a process runs: `function(channel, pixels, held)` of a module, and our packages that it may import."""

    module: str
    function: str = "main"
    packages: tuple[str, ...] = ("detector", "models", "streams")


class Child:
    """A decoding process, the channel to it and the memory for its pictures; ends with the `with` block."""

    def __init__(self, process: subprocess.Popen[bytes], channel: Channel, pixels: Pixels) -> None:
        self.process = process
        self.channel = channel
        self.pixels = pixels

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End the process at once, and all that belongs to it."""
        self.process.kill()
        self.process.wait()
        self.channel.close()
        self.pixels.close()


def start(
    program: Program,
    *,
    name: str = "",
    files: Sequence[int] = (),
    network: bool = False,
    supervised: bool = False,
    ports: Sequence[int] = (),
) -> Child:
    """Start a process that can read its code and the open `files` (by the same numbers), and nothing else.

    `name` is shown by `ps`. With `network` it may open sockets; where it is `supervised`, it connects only where a
    `Supervisor` lets it, which has to be started when the process says `listener`, and by itself to none but `ports`.
    Raises OSError.
    """
    rules = Rules(
        parent=os.getpid(),
        readable=_code(program.packages)[0],
        files=tuple(files),
        network=network,
        supervised=supervised,
        ports=tuple(ports),
        largest_file=_LARGEST_PACKET if network else 0,
    )
    with ExitStack() as stack:
        pixels = Pixels()
        stack.callback(pixels.close)
        ours, theirs = socket.socketpair()
        stack.callback(ours.close)
        with theirs:
            process = _launch(program, rules, name, theirs.fileno(), pixels.fd)
        stack.pop_all()
        return Child(process, Channel(ours), pixels)


def _launch(program: Program, rules: Rules, name: str, channel: int, pixels: int) -> subprocess.Popen[bytes]:
    setup = {
        "rules": asdict(rules),
        "module": program.module,
        "function": program.function,
        "packages": {package: str(_folder(package)) for package in program.packages},
        "path": _code(program.packages)[1],
        "channel": channel,
        "pixels": pixels,
    }
    environment = {kept: os.environ[kept] for kept in _KEPT if kept in os.environ}
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", str(_LAUNCHER), json.dumps(setup), name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # whatever a library prints must not be taken for a message
        stderr=subprocess.DEVNULL,
        env={**environment, "OPENBLAS_NUM_THREADS": "1"},
        pass_fds=(channel, pixels, *rules.files),
        start_new_session=True,  # Ctrl-C reaches the whole group; whoever reads ends this process itself
    )


def _folder(package: str) -> Path:
    (folder,) = importlib.import_module(package).__path__
    return Path(folder).absolute()


@cache
def _code(packages: tuple[str, ...]) -> tuple[tuple[str, ...], list[str]]:
    """Return what a process must read to import its modules, and where it looks for those that are not ours.

    Of `sys.path` only folders of installed packages: others, like the folder that the service was started in, may hold
    its data.
    """
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    for name in ("numpy", "cv2", "pydantic", "pydantic_core", "shapely"):
        with suppress(ImportError):
            file = importlib.import_module(name).__file__
            installed.add(str(Path(file or "").absolute().parent.parent))
    path = [one for one in sys.path if one in installed]
    standard = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), str(Path(sys.base_prefix, "lib"))}
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    ours = [str(_folder(name)) for name in packages]
    readable = (*_SYSTEM, *sorted(standard), *path, *ours, *(one for one in libraries if one))
    return tuple(one for one in readable if os.access(one, os.R_OK)), path
