"""Show trees and tables in docstrings as they stand: loaded by mkdocstrings (`extensions` in mkdocs.yml)."""

from typing import Any

import griffe


class Drawings(griffe.Extension):
    """Put a fence around the lines of a module's docstring that are a drawing: indented, or a tree's branch."""

    def on_module(self, *, mod: griffe.Module, **_: Any) -> None:  # noqa: ANN401 (the signature is griffe's)
        """Change the docstring of one module that was read."""
        if mod.docstring:
            mod.docstring.value = fenced(mod.docstring.value)


def fenced(text: str) -> str:
    """Return the text with a fence around each run of two or more lines that belong to a drawing.

    The line before a tree, its root, comes inside.
    """
    out: list[str] = []
    run: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith(("  ", "├", "└", "│")):
            run.append(line)
            continue
        if len(run) > 1:
            if run[0].startswith(("├", "└")) and out and out[-1]:
                run.insert(0, out.pop())  # the root of the tree
            out += [*([""] if out and out[-1] else []), "```text", *run, "```"]
        else:
            out += run
        run = []
        out.append(line)
    return "\n".join(out[:-1])
