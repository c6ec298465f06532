"""`streetwarden keys …`: API keys of machines."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from api.cli.users import Districts, GradeOption, RoleOption, accounts, grant_line, grant_of, grant_record
from api.console import AsJson, print_error, print_json
from api.roles import Role

app = typer.Typer(help="API keys of machines.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the key is for: it signs what is done with it.")],
    role: RoleOption = Role.REVIEWER,
    district: Districts = None,
    grade: GradeOption = 2,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days after which it ends.")] = 90,
    as_json: AsJson = False,
) -> None:
    """Make an API key, and print it: it is shown once and never again.

    Example: streetwarden keys add 'drone team 1' --role reviewer --district erqi --days 90
    """
    from api.accounts.service import add_key
    from api.clock import wall_clock

    with accounts() as (_, database, scope):
        grant, lasts = grant_of(role, district, grade), timedelta(days=days)
        key = add_key(scope, database, name, grant, wall_clock(), lasts)
    print_json({"name": name, "key": key}, key, as_json)


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List the API keys: what each begins with, what it may do, and until when.

    Example: streetwarden keys list
    """
    from api.accounts import keys

    with accounts() as (_, database, scope), database.read() as connection:
        found = keys.listed(scope, connection)
    if not found:
        print_error("no API keys: make one with 'streetwarden keys add'")
    for key in found:
        record = {
            "id": str(key.id),
            "name": key.name,
            "prefix": key.prefix,
            "expires_at": key.expires_at.isoformat(),
            "revoked": key.revoked_at is not None,
        }
        ended = "  (revoked)" if key.revoked_at else f"  until {key.expires_at:%Y-%m-%d}"
        line = f"{key.id}  {key.prefix}…  {key.name}  {grant_line(key.grant)}{ended}"
        print_json(record | grant_record(key.grant), line, as_json)


@app.command()
def revoke(key: Annotated[UUID, typer.Argument(metavar="ID", help="The key's id, from 'keys list'.")]) -> None:
    """End an API key at once.

    Example: streetwarden keys revoke 0b0f2c7e-6f0e-4a4e-9d55-6d1e7ad2c0aa
    """
    from api.accounts.service import revoke_key
    from api.clock import wall_clock

    with accounts() as (_, database, scope):
        revoke_key(scope, database, key, wall_clock())
