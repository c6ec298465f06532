"""`streetwarden rule`: what the rulebook says of a thing at a place and an hour."""

from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Annotated

import typer

from api.cli.candidate_json import reasons_json, why
from api.console import AsJson, print_error, print_json
from detector.geometry.ground import GroundPoint
from detector.rules.load import load_rulebook
from detector.rules.placement import SignFacts, SignPlacement, SignSize
from detector.rules.rulebook import Rulebook
from detector.rules.wording import english

app = typer.Typer(rich_markup_mode=None)


@app.command()
def rule(
    rulebook: Annotated[Path, typer.Option(help="The rulebook's YAML file.", exists=True, dir_okay=False)],
    class_name: Annotated[str | None, typer.Option("--class", help="What stands there, e.g. stall.")] = None,
    at: Annotated[
        str | None, typer.Option(help="When, ISO 8601 with offset; without one, the rulebook's time zone.")
    ] = None,
    lat: Annotated[float | None, typer.Option(min=-90, max=90, help="Latitude, WGS-84.")] = None,
    lon: Annotated[float | None, typer.Option(min=-180, max=180, help="Longitude, WGS-84.")] = None,
    dwell: Annotated[
        float | None, typer.Option(min=0, max=1e9, help="Seconds it has stood there; unknown when absent.")
    ] = None,
    width: Annotated[float | None, typer.Option(min=0, help="Metres across a sign.")] = None,
    height: Annotated[float | None, typer.Option(min=0, help="Metres from its lower to its upper edge.")] = None,
    size_error: Annotated[float, typer.Option(min=0, help="Metres by which either may be off.")] = 0.0,
    facing: Annotated[float | None, typer.Option(min=0, max=360, help="Where it faces, degrees from north.")] = None,
    seen: Annotated[list[SignPlacement] | None, typer.Option(help="How it is put up; may be repeated.")] = None,
    not_seen: Annotated[list[SignPlacement] | None, typer.Option(help="How it is not put up.")] = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Rule the stored candidates by it instead, and say what would change.")
    ] = False,
    days: Annotated[int, typer.Option(min=1, max=3660, help="With --replay: how far back.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Ask the rulebook about a thing at a place and an hour, or what a new one would change.

    Example: streetwarden rule --rulebook rulebook.yaml --class stall --at 2026-11-20T10:00:00+08:00
    --lat 34.7466 --lon 113.6253 --dwell 360

    What would change: streetwarden rule --rulebook new.yaml --replay --days 30
    """
    book = load_rulebook(rulebook, now=datetime.now(UTC))
    for line in book.advice:
        print_error(f"{rulebook.name} {line}")
    if replay:
        _replay(book, timedelta(days=days), as_json)
        return
    if class_name is None or at is None:
        raise typer.BadParameter("say --class and --at, or --replay")
    if (lat is None) != (lon is None):
        raise typer.BadParameter("give both --lat and --lon, or neither when the position is unknown")
    position = None if lat is None or lon is None else GroundPoint(lat, lon, 0.0, 0.0)
    stood = None if dwell is None else timedelta(seconds=dwell)
    size = None if width is None and height is None else SignSize(width, height, size_error)
    facts = SignFacts(size, facing, {**dict.fromkeys(seen or (), True), **dict.fromkeys(not_seen or (), False)})
    moment = _moment(at, book.timezone)
    try:
        ruling = book.rule(class_name=class_name, at=moment, position=position, dwell=stood, facts=facts)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    record = {"ruling": ruling.outcome.value, **reasons_json(ruling), "code": ruling.code}
    print_json(record, f"{ruling.outcome.value}: {why(ruling)}", as_json)


def _replay(book: Rulebook, back: timedelta, as_json: bool) -> None:
    """Print what the rulebook would say otherwise of the stored candidates; nothing is changed."""
    # Only here: to ask a rulebook needs no database.
    from api.bootstrap import open_store
    from api.db.scope import EVERYWHERE
    from api.rulebook_versions.replay import replay as replayed
    from api.settings import load_settings

    database, _ = open_store(load_settings())
    now = datetime.now(UTC)
    try:
        with database.read() as connection:
            report = replayed(EVERYWHERE, connection, book, now - back, now)
    finally:
        database.close()
    lines = [f"{report.changed} of {report.looked_at} candidates change"]
    if report.left_out:
        lines.append(f"  {report.left_out} earlier ones were not looked at: they are too many, ask for fewer --days")
    lines += [f"  {one.before} -> {one.after}: {one.count}" for one in report.counts]
    for change in report.changes:
        reasons = "; ".join(english(reason) for reason in change.why)
        lines.append(f"  {change.candidate_id} {change.class_name}: {change.before} -> {change.after}: {reasons}")
    print_json(report.model_dump(mode="json"), "\n".join(lines), as_json)


def _moment(text: str, zone: tzinfo) -> datetime:
    """Return an ISO 8601 moment; without an offset it is meant in the rulebook's time zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"--at {text!r} is no time: write it like 2026-11-20T10:00:00+08:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
