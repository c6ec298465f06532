"""Reads a rulebook file and the permits beside it: the whole file or nothing, every fault with its place."""

import difflib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from detector.errors import RulebookInvalid, YamlUnreadable
from detector.marked_yaml import MarkedYaml, Trail, Tree, parse_marked_yaml, read_marked_yaml
from detector.rules.advice import advice_of
from detector.rules.entries import CityEntry, LandmarkEntry, LimitEntry, RulebookEntry, RuleEntry, ZoneEntry
from detector.rules.hours import HoursInvalid, read_hours
from detector.rules.landmarks import Measure
from detector.rules.permits import PermitFile, Registry, Terms, parse_permits, read_permits
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.season import Season, read_season
from detector.rules.source import RulebookSource


def load_rulebook(path: Path, *, now: datetime | None = None) -> Rulebook:
    """Return the rulebook in a YAML file (UTF-8, 5 MB at most), with the permits that it names.

    With `now` (aware), a registry from the future is a fault; the detector has no clock of its own. Raises
    RulebookInvalid with every fault of the file and of its permits, each with its line and how to mend it.
    """
    try:
        document = read_marked_yaml(path)
    except YamlUnreadable as error:
        raise RulebookInvalid(str(path), (error.fault,)) from error
    return _rulebook(document, str(path), lambda name: read_permits(path.parent / name), now)


def load_source(source: RulebookSource, *, now: datetime | None = None) -> Rulebook:
    """Return the rulebook that was read from a source, as `load_rulebook` does.

    No file is read: whatever path it names for its permits, they are those that were read with it. Raises
    RulebookInvalid.
    """
    called = f"rulebook {source.version!r}"
    try:
        document = parse_marked_yaml(source.content, Path(called))
    except YamlUnreadable as error:
        raise RulebookInvalid(called, (error.fault,)) from error

    def kept(name: str) -> PermitFile:
        if source.permits is None:
            return PermitFile(faults=(f"permits {name!r} were not kept with it",))
        return parse_permits(source.permits, Path(name).name)

    return _rulebook(document, called, kept, now)


def _rulebook(
    document: MarkedYaml, called: str, permits_of: Callable[[str], PermitFile], now: datetime | None
) -> Rulebook:
    faults: list[tuple[int, str]] = list(document.faults)
    entry = None
    try:
        entry = RulebookEntry.model_validate({} if document.root is None else document.root)
    except ValidationError as error:
        faults += [_worded(document, fault) for fault in error.errors(include_url=False)]
    faults += [(document.line(trail), text) for trail, text in _across(document.root)]
    registry, listed = None, None
    permits = document.root.get("permits") if isinstance(document.root, dict) else None
    if isinstance(permits, str) and permits:
        listed = permits_of(permits)
        faults += [(0, fault) for fault in listed.faults]  # they name lines of their own
        if entry and entry.permits_as_of:
            registry = Registry.of(listed.permits, entry.permits_as_of, entry.permits_max_age, entry.timezone)
    if entry and entry.permits_as_of and now is not None and entry.permits_as_of > now:
        faults.append((document.line(("permits_as_of",)), f"permits_as_of {entry.permits_as_of} is in the future"))
    rules = _rules(entry, document, faults) if entry else []
    if faults or entry is None:
        lines = [f"line {line}: {text}" if line else text for line, text in sorted(faults, key=lambda fault: fault[0])]
        raise RulebookInvalid(called, tuple(dict.fromkeys(lines)))
    source = RulebookSource.of(entry.version, document.content, listed.content if listed else None)
    zones = [zone.zone() for zone in entry.zones]
    landmarks = [landmark.landmark() for landmark in entry.landmarks]
    book = Rulebook.of(entry.version, entry.timezone, zones, rules, registry, source, landmarks)
    today = now.astimezone(entry.timezone).date() if now else None
    permitted = listed.permits if listed else ()
    advice = advice_of(entry, lambda key, index: f"line {document.line((key, index))}", today, permitted)
    return replace(book, cities=tuple(city.city() for city in entry.cities), advice=tuple(advice))


def _rules(entry: RulebookEntry, document: MarkedYaml, faults: list[tuple[int, str]]) -> list[Rule]:
    corners = [corner for zone in entry.zones for corner in zone.polygon or ()]
    place = (corners[0][1], corners[0][0]) if corners else None
    rules = []
    for index, rule in enumerate(entry.rules):
        hours = None
        try:
            if rule.permitted is not None:
                hours = read_hours(rule.permitted, entry.timezone, entry.country, place)
        except HoursInvalid as error:
            faults.append((document.line(("rules", index, "permitted")), f"rule {rule.id!r}: {error}"))
        season = None
        try:
            season = _season(rule, entry)
        except ValueError as error:
            faults.append((document.line(("rules", index, "season")), f"rule {rule.id!r}: {error}"))
        classes, kinds = tuple(rule.classes), tuple(rule.zones)
        needs = rule.permit is not None
        made = Rule(rule.id, classes, kinds, hours, rule.dwell, rule.gap, needs, rule.code)
        terms = Terms(rule.size_within, rule.bearing_within)
        placement = tuple(rule.placement)
        rules.append(replace(made, limit=rule.limit(), season=season, terms=terms, placement=placement))
    return rules


def _season(rule: RuleEntry, entry: RulebookEntry) -> Season | None:
    """Return the season that a rule names or writes out; raises ValueError."""
    return read_season(entry.seasons.get(rule.season, rule.season)) if rule.season else None


def _across(root: Tree) -> Iterator[tuple[Trail, str]]:
    """Faults between entries, read from the raw tree so that they are told even where an entry has its own."""
    if not isinstance(root, dict):
        return
    zones, rules, landmarks = (_entries(root, key) for key in ("zones", "rules", "landmarks"))
    for name, entries in (("zone", zones), ("rule", rules), ("landmark", landmarks)):
        seen: set[str] = set()
        for trail, entry in entries:
            if isinstance(found := entry.get("id"), str) and found in seen:
                yield (*trail, "id"), f"{name} {found!r} is there twice: give each its own id"
            elif isinstance(found, str):
                seen.add(found)
    kinds = {kind for _, zone in zones if isinstance(kind := zone.get("kind"), str)}
    ids = {found: zone.get("kind") for _, zone in zones if isinstance(found := zone.get("id"), str)}
    for trail, rule in rules:
        wanted = rule.get("zones")
        for index, kind in enumerate(wanted if isinstance(wanted, list) else ()):
            if isinstance(kind, str) and kind and kind not in kinds:
                hint = f"that is a zone, of kind {ids[kind]}" if kind in ids else _known(kind, sorted(kinds))
                yield (*trail, "zones", index), f"rule {rule.get('id')!r}: no zone is of kind {kind!r}: {hint}"
    yield from _limits(rules, landmarks)
    if root.get("permits") is not None and root.get("permits_as_of") is None:
        yield ("permits",), "permits without permits_as_of: say when the registry was exported"


def _limits(
    rules: list[tuple[Trail, dict[str, Tree]]], landmarks: list[tuple[Trail, dict[str, Tree]]]
) -> Iterator[tuple[Trail, str]]:
    """Faults of distances to landmarks that are not there."""
    kinds = sorted({kind for _, landmark in landmarks if isinstance(kind := landmark.get("kind"), str)})
    for trail, rule in rules:
        for measure in Measure:
            limit = rule.get(measure.value)
            kind = limit.get("kind") if isinstance(limit, dict) else None
            if isinstance(kind, str) and kind and kind not in kinds:
                yield (
                    (*trail, measure.value),
                    f"rule {rule.get('id')!r}: no landmark is of kind {kind!r}: {_known(kind, kinds)}",
                )


def _entries(root: dict[str, Tree], key: str) -> list[tuple[Trail, dict[str, Tree]]]:
    found = root.get(key)
    entries = enumerate(found) if isinstance(found, list) else ()
    return [((key, index), entry) for index, entry in entries if isinstance(entry, dict)]


def _known(word: str, words: list[str]) -> str:
    near = difflib.get_close_matches(word, words, 1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(words) or 'none'}"


_KEYS: Final[dict[tuple[str, ...], list[str]]] = {
    (): sorted(RulebookEntry.model_fields),
    ("cities",): sorted(CityEntry.model_fields),
    ("zones",): sorted(ZoneEntry.model_fields),
    ("landmarks",): sorted(LandmarkEntry.model_fields),
    ("rules",): sorted(RuleEntry.model_fields),
    **{("rules", measure.value): sorted(LimitEntry.model_fields) for measure in Measure},
}
"""The keys of each mapping that is not open, by the keys that lead to it."""


def _worded(document: MarkedYaml, fault: ErrorDetails) -> tuple[int, str]:
    """Return a fault as pydantic tells it, in the words of the file."""
    trail: Trail = tuple(fault["loc"])
    where, key = _name(document.root, trail)
    limits = fault.get("ctx", {})
    match fault["type"]:
        case "extra_forbidden":
            keys = _KEYS.get(tuple(part for part in trail[:-1] if isinstance(part, str)), [])
            text = f"unknown key {key!r}: {_known(str(trail[-1]), keys)}"
        case _ if trail[:1] == ("cities",) and "codes" in trail[2:]:
            text = f"{key.partition('.')[0]}: write the name of a table, or a code for each class"
        case "missing" | "too_long" if "bounds" in trail and isinstance(fault["input"], list):
            key, given = key.partition("[")[0], len(fault["input"])
            text = f"{key}: four numbers make bounds, [west, south, east, north]; {given} given"
        case "missing" if isinstance(trail[-1], int):
            text = f"{key}: two numbers make a corner"
        case "too_long":
            text = f"{key}: two numbers make a corner, {limits['actual_length']} given"
        case "missing":
            text = f"{key!r} is missing"
        case "timezone_aware":
            text = f"{key} {fault['input']!r} has no time zone: write it like 2026-11-20T00:00:00+08:00"
        case "too_short":
            text = f"{key}: at least {limits['min_length']} needed, {limits['actual_length']} given"
        case "string_too_short" | "string_type" if fault["input"] in ("", None):
            text = f"{key} is empty: write a value or leave the key out"
        case "float_parsing" | "float_type" | "finite_number":
            text = f"{key} {fault['input']!r} is not a number"
        case "list_type" | "tuple_type":
            text = f"{key}: must be a list"
        case "model_type" | "model_attributes_type":
            text = f"{key or 'the file'}: must be keys with values"
        case "value_error":
            text = fault["msg"].removeprefix("Value error, ")
        case "string_type":
            text = f"{key}: must be a word or a text"
        case "string_too_long":
            text = f"{key}: longer than {limits['max_length']} letters"
        case "literal_error" | "enum":
            text = f"{key}: {fault['input']!r} is not known, write {limits['expected']}"
        case _ if fault["type"].startswith("datetime"):
            text = f"{key} {fault['input']!r} is no time: write it like 2026-11-20T00:00:00+08:00"
        case _:
            text = f"{key} {str(fault['input'])[:60]!r} is not what stands here"
    return document.line(trail), where + text


def _name(root: Tree, trail: Trail) -> tuple[str, str]:
    """(`rule 'x': `, `polygon[2]`) for what stands inside an entry that is named; else (``, the path)."""
    entry: Tree = None
    if isinstance(root, dict) and len(trail) > 2 and isinstance(trail[1], int):
        entries = root.get(str(trail[0]))
        entry = entries[trail[1]] if isinstance(entries, list) else None
    noun, key = ("city", "name") if trail[:1] == ("cities",) else ("".join(map(str, trail[:1]))[:-1], "id")
    named = entry.get(key) if isinstance(entry, dict) else None
    rest = trail[2:] if isinstance(named, str) else trail
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest).removeprefix(".")
    return (f"{noun} {named!r}: " if isinstance(named, str) else ""), path
