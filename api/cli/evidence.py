"""`streetwarden evidence …`: packs that another person can check, and holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from api.candidates.holds import HoldPurpose
from api.cli.users import accounts
from api.console import AsJson, print_error, print_json

Why = Annotated[str, typer.Option("--reason", help="Why: it is recorded in the audit log.")]

app = typer.Typer(help="Evidence: packs to hand out, and holds.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def export(
    case: Annotated[UUID, typer.Argument(help="The case, as its page and its idempotency key name it.")],
    reason: Why,
    out: Annotated[Path | None, typer.Option(help="The file to write; CASE.zip when absent.")] = None,
    originals: Annotated[bool, typer.Option("--originals", help="The originals, not masked copies.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the evidence of a case as a ZIP that `sha256sum -c SHA256SUMS` checks, and record it in the audit log.

    Example: streetwarden evidence export 5b1c… --reason 'for the hearing'
    """
    from api.audit.reasons import given_reason
    from api.cases.evidence_pack import export_pack
    from api.clock import wall_clock
    from api.evidence.files import EvidenceStore
    from api.evidence.masks import Masks
    from api.inference.model_cache import ModelCache
    from api.inference.model_choice import STREET
    from models.files import write_whole

    why, target = given_reason(reason), out or Path(f"{case}.zip")
    with accounts() as (settings, database, scope):
        store, models = EvidenceStore(settings.evidence_dir), ModelCache.of(settings)
        masks = None if originals else Masks(store, lambda: models.get(STREET))
        content = export_pack(scope, database, store, masks, case, why, wall_clock())
    try:
        write_whole(target, content)
    except OSError as error:
        raise typer.BadParameter(f"--out: {target} cannot be written ({error.strerror})") from error
    print_json({"pack": str(target), "bytes": len(content)}, f"{target}, {len(content) / 1e6:.1f} MB", as_json)


@app.command()
def verify(
    pack: Annotated[Path, typer.Argument(help="The ZIP that `evidence export` wrote.")],
    against_log: Annotated[
        bool, typer.Option("--against-log", help="Check also that this service's audit log knows the pack.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Check every file of an evidence pack, and the archive itself; exit 1 when anything is wrong.

    Example: streetwarden evidence verify 5b1c….zip
    """
    from api.cases.evidence_pack import is_recorded, log_faults
    from api.evidence.pack import verify_pack

    files, faults = verify_pack(pack)
    faults += log_faults(files)
    if against_log and not faults:
        with accounts() as (_, database, scope), database.read() as connection:
            if not is_recorded(scope, connection, pack.read_bytes()):
                faults.append("unknown: the audit log names no such pack")
    for fault in faults:
        print_error(fault)
    found = "all as it was written" if not faults else f"{len(faults)} faults"
    print_json({"files": len(files), "faults": faults}, f"{len(files)} files: {found}", as_json)
    return 1 if faults else 0


@app.command()
def hold(
    candidate: UUID,
    reason: Why,
    purpose: Annotated[
        HoldPurpose, typer.Option(help="`training` keeps rejected pictures that were approved to learn from.")
    ] = HoldPurpose.LEGAL,
) -> None:
    """Keep the pictures of a candidate, whatever its age, until the hold is lifted.

    Example: streetwarden evidence hold 7d0e… --reason 'appeal 2026-114'
    """
    from api.audit.reasons import given_reason
    from api.candidates import holds
    from api.candidates import repository as candidates
    from api.clock import wall_clock
    from api.errors import NotFound

    with accounts() as (_, database, scope), database.write() as connection:
        if candidates.lock(scope, connection, candidate) is None:
            raise NotFound(f"there is no candidate {candidate}")
        holds.put(scope, connection, candidate, purpose, given_reason(reason), wall_clock())


@app.command()
def lift(candidate: UUID, reason: Why) -> None:
    """Lift every hold of a candidate: from then on its period counts again.

    Example: streetwarden evidence lift 7d0e… --reason 'appeal withdrawn'
    """
    from api.audit.reasons import given_reason
    from api.candidates import holds
    from api.clock import wall_clock
    from api.errors import NotFound

    with accounts() as (_, database, scope), database.write() as connection:
        if not holds.lift(scope, connection, candidate, given_reason(reason), wall_clock()):
            raise NotFound(f"candidate {candidate} is on no hold")
