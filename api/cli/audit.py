"""`streetwarden audit …`: the log of who did what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from api.console import AsJson, print_error, print_json

if TYPE_CHECKING:
    from api.audit.repository import Head

app = typer.Typer(help="The audit log.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Work with the audit log."""


@app.command()
def verify(
    expect: Annotated[
        str | None,
        typer.Option(metavar="NUMBER:HASH", help="An end of the chain that an earlier check printed, kept elsewhere."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check the hash chain and every evidence file, and print the end of the chain; exit 1 when anything is wrong.

    Example: streetwarden audit verify --expect 1204:5f0c…
    """
    from api.audit.verify import verify as check
    from api.bootstrap import open_store
    from api.cameras.health import evidence_hashes as of_faults
    from api.cases.progress import picture_hashes as of_cases
    from api.evidence.repository import hashes as of_evidence
    from api.settings import load_settings

    kept = _kept(expect) if expect is not None else None
    database, files = open_store(load_settings())
    try:
        with database.read() as connection:
            named = of_evidence(connection) | of_faults(connection) | of_cases(connection)
            report = check(connection, files, named, kept)
    finally:
        database.close()
    for fault in report.faults:
        print_error(fault)
    end = f"{report.head.number}:{report.head.hash}" if report.head else None
    record = {"events": report.events, "files": report.files, "head": end, "faults": report.faults}
    found = "all as they were recorded" if not report.faults else f"{len(report.faults)} faults"
    line = f"{report.events} events, {report.files} evidence files: {found}\nhead {end or 'none yet'}"
    print_json(record, line, as_json)
    return 1 if report.faults else 0


def _kept(expect: str) -> Head:
    from api.audit.repository import Head

    if not re.fullmatch(r"[0-9]{1,12}:[0-9a-f]{64}", expect):
        raise typer.BadParameter("--expect: write it as an earlier check printed it after 'head', number:hash")
    number, _, digest = expect.partition(":")
    return Head(int(number), digest)
