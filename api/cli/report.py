"""`streetwarden report`: make the report of the last period that is over."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from api.bootstrap import open_database
from api.console import AsJson, print_json
from api.pages.svg_map import map_zones
from api.reports.service import check_district, last_period, make_report
from api.reports.tables import ReportKind
from api.rulebooks.in_force import find_in_force
from api.settings import load_settings

app = typer.Typer(rich_markup_mode=None)


@app.command()
def report(
    period: Annotated[Literal["week", "month", "quarter"], typer.Option(help="How long the period is.")],
    district: Annotated[str | None, typer.Option(help="One district alone; else all of them together.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make the report of the last week, month or quarter that is over; one that was made is kept as it is.

    Days are those of the rulebook's time zone (UTC without one). The page /reports shows it.

    Example: streetwarden report --period month --district erqi
    """
    settings, now = load_settings(), datetime.now(UTC)
    kind = ReportKind(period)
    database = open_database(settings)
    try:
        if district is not None:
            check_district(database, district)
        book = find_in_force(database, settings.rulebook_file, now).book
        days = last_period(kind, now, book.timezone if book else ZoneInfo("UTC"))
        zones = map_zones(book) if book else ()
        made, new = make_report(database, kind, days, district, zones, settings.case_due_hours, now)
    finally:
        database.close()
    record = {"id": str(made.id), "first": str(made.first), "last": str(made.last), "district": district, "new": new}
    said = "made" if new else "kept as it was made"
    print_json(record, f"{said}: {period} {made.first} to {made.last}, /reports/{made.id}", as_json)
