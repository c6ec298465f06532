"""The beginning of every decoding process: `python -I -S -B launch.py SETUP NAME`, SETUP as JSON (see `start.py`).

Isolates the process with nothing but the standard library loaded, no thread running and no module of `site` read; only
then imports what the process is for.
"""

import importlib
import importlib.util
import json
import os
import sys
from dataclasses import asdict


def main() -> None:
    """Isolate this process, then run its `function(channel, pixels, held)`."""
    setup = json.loads(sys.argv[1])
    for name, folder in setup["packages"].items():
        _register(name, folder)
    from streams.sandbox.isolation import Rules, isolate

    held = isolate(Rules(**setup["rules"]))
    if held.listener >= 0:  # from now on this process waits for an answer wherever it connects
        os.write(setup["channel"], json.dumps({"kind": "listener", "file": held.listener}).encode() + b"\n")
    sys.path += setup["path"]
    try:
        function = getattr(importlib.import_module(setup["module"]), setup["function"])
    except Exception as error:  # noqa: BLE001  # whatever it is, the service must hear of it: nobody reads stderr
        text = f"cannot be loaded in its sandbox ({type(error).__name__}: {error})"
        os.write(setup["channel"], json.dumps({"kind": "failed", "text": text[:2000]}).encode() + b"\n")
        sys.exit(1)
    function(setup["channel"], setup["pixels"], asdict(held))


def _register(name: str, folder: str) -> None:
    """Make a package known by its folder: the folder around it, which may hold secrets, is never looked into."""
    spec = importlib.util.spec_from_file_location(name, f"{folder}/__init__.py", submodule_search_locations=[folder])
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder}: no package")
    sys.modules[name] = package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)


if __name__ == "__main__":
    main()
