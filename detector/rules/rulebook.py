"""The rulebook: what may stand where, when, and with which permit (`docs/rules.md`; `rulebook_file.py` reads one).

Detecting a thing is not detecting a violation: that takes a place, a time and the absence of approval
(Zhengzhou, city appearance regulation, Art. 18). What is not known never makes a violation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from detector.geometry.ground import GroundPoint
from detector.reason import Reason
from detector.rules import wording
from detector.rules.cities import City, code_of
from detector.rules.hours import Hours
from detector.rules.landmarks import Landmark, Limit
from detector.rules.permits import NO_TERMS, Match, Registry, Terms
from detector.rules.placement import NO_FACTS, SignFacts, SignPlacement, grounds, is_placed
from detector.rules.ruling import Outcome, Ruling
from detector.rules.season import Season
from detector.rules.source import RulebookSource
from detector.rules.zones import NO_ADVERTISING, PERMITTED_SITE, Area, Spot, Standing, Where, Zone

NOTHING: Final = timedelta()
LONGEST_DWELL: Final = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Rule:
    """What must all be so for a thing of `classes` in a zone of `kinds` to be a violation.

    It stands outside the permitted `hours` (None: no hour is permitted), has stood for `dwell` since then, and has no
    permit where one may be had (`permit_required`). A thing unseen for up to `gap` has not left. `always` marks the
    rule that stands in for a permitted site that no rule speaks of. With a `limit` it speaks only of what does not keep
    that distance (of no `kinds`: anywhere), with a `season` only on its days. `terms` are what a permit is held
    against, `placement` the ways to put up a sign that it forbids: one of them is enough.
    """

    id: str
    classes: tuple[str, ...]
    kinds: tuple[str, ...]
    hours: Hours | None = None
    dwell: timedelta = NOTHING
    gap: timedelta = timedelta(seconds=90)
    permit_required: bool = False
    code: str | None = None
    always: bool = False
    limit: Limit | None = None
    season: Season | None = None
    terms: Terms = NO_TERMS
    placement: tuple[SignPlacement, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """What one test of one rule found, or what one rule says of a thing if the thing is in its zones."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    rule: Rule | None = None
    zone: Zone | None = None


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules of one city, as one version; immutable, safe to share between threads.

    `source` is what it was read from, `advice` what is odd in it; `cities` say the code of what a rule has none for.
    """

    version: str
    timezone: ZoneInfo
    zones: tuple[Zone, ...]
    rules: tuple[Rule, ...]
    registry: Registry | None
    areas: tuple[tuple[Rule, Area], ...]  # each rule in its order with the zones it speaks of
    source: RulebookSource
    landmarks: tuple[Landmark, ...] = ()
    cities: tuple[City, ...] = ()
    grounds: Mapping[SignPlacement, Area] = field(default_factory=dict)
    advice: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        version: str,
        timezone: ZoneInfo,
        zones: Iterable[Zone],
        rules: Iterable[Rule],
        registry: Registry | None,
        source: RulebookSource | None = None,
        landmarks: Iterable[Landmark] = (),
    ) -> "Rulebook":
        zones, rules, landmarks = tuple(zones), tuple(rules), tuple(landmarks)
        areas = tuple((rule, Area.of(_zones_of(rule, zones), rule.limit, landmarks)) for rule in _with_sites(rules))
        source = source or RulebookSource.of(version, b"")
        return cls(version, timezone, zones, rules, registry, areas, source, landmarks, grounds=grounds(zones))

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes that some rule speaks of, in the order of the file."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.classes))

    def watched_zones(self, class_name: str, camera: str | None = None) -> tuple[Zone, ...]:
        """Return the zones in which a rule speaks of a class.

        Those on the ground, and those in the picture of `camera`.
        """
        kinds = {kind for rule in self.rules if class_name in rule.classes for kind in rule.kinds}
        return tuple(zone for zone in self.zones if zone.kind in kinds and zone.camera in (None, camera))

    def gap(self, class_name: str) -> timedelta:
        """Return how long a thing of a class may go unseen and still count as standing there.

        The longest of its rules'.
        """
        return max((rule.gap for rule in self.rules if class_name in rule.classes), default=NOTHING)

    def rule(
        self,
        *,
        class_name: str,
        at: datetime | None,
        position: GroundPoint | None = None,
        dwell: timedelta | None = None,
        camera: str | None = None,
        image_point: tuple[float, float] | None = None,
        foot: tuple[GroundPoint, ...] = (),
        facts: SignFacts = NO_FACTS,
    ) -> Ruling:
        """Return what the rules say of a thing at the aware instant `at`, seen there since `at - dwell`.

        `at` is None where it is not known.

        `position` is where it touches the ground, `image_point` the same as (u, v) pixels of the full picture of
        `camera`, `foot` further points of its footprint (distances are asked of all of them), `facts` what else is
        known of a sign. The first rule that speaks of the class in a zone that holds the thing decides. Where the
        position's error leaves open which rule that is and they disagree, the ruling is unknown. Raises ValueError for
        a naive `at` or one outside the years 1901 to 9997.
        """
        if at is not None and at.tzinfo is None:
            raise ValueError(f"{at} has no time zone: write it like 2026-11-23T10:12:00+08:00")
        if at is not None and not 1900 < at.year < 9998:
            raise ValueError(f"{at} is outside the years 1901 to 9997")
        spot = Spot(position, camera, image_point, foot)
        findings: list[tuple[RuleFinding, Standing]] = []
        speaking = [(rule, area) for rule, area in self.areas if class_name in rule.classes or rule.always]
        if all(rule.always for rule, _ in speaking):
            return self._ruling(
                RuleFinding(Outcome.PERMITTED, (wording.no_rule_for_class(class_name),)), class_name, position
            )
        for rule, area in speaking:
            if rule.always and any(PERMITTED_SITE in other.kinds for other, _ in speaking if other is not rule):
                continue  # a rule of the file speaks of this class on permitted sites, so the file decides
            if (
                rule.season is not None
                and at is not None
                and not rule.season.holds(at.astimezone(self.timezone).date())
            ):
                continue
            standing = area.standing(spot)
            if rule.season is not None and at is None and standing.where is not Where.OUTSIDE:
                standing = replace(standing, where=Where.UNSURE, season_unknown=True)
            if standing.where is not Where.OUTSIDE:
                findings.append((self._judge(rule, standing, class_name, at, spot, dwell, facts), standing))
            if standing.where is Where.INSIDE:
                break
        else:
            findings.append(
                (RuleFinding(Outcome.PERMITTED, (wording.no_rule_here(class_name),)), Standing(Where.INSIDE))
            )
        return self._ruling(_agreed(findings, spot), class_name, position)

    def _ruling(self, finding: RuleFinding, class_name: str, position: GroundPoint | None) -> Ruling:
        rule, zone, code = finding.rule, finding.zone, None
        if rule and finding.outcome is not Outcome.PERMITTED:
            code = rule.code or code_of(self.cities, class_name, position)
        return Ruling(
            outcome=finding.outcome,
            reasons=finding.reasons,
            code=code,
            rule=rule.id if rule else None,
            zone=zone.id if zone else None,
            rulebook=self.source,
        )

    def _judge(
        self,
        rule: Rule,
        standing: Standing,
        class_name: str,
        at: datetime | None,
        spot: Spot,
        dwell: timedelta | None,
        facts: SignFacts,
    ) -> RuleFinding:
        """Return what a rule says of a thing in its zones.

        Any test that clears it permits it, else any doubt is unknown.
        """
        inside = standing.zone if standing.where is Where.INSIDE else None
        place: tuple[Reason, ...] = (wording.inside(inside),) if inside is not None else ()
        if rule.limit is not None and standing.where is Where.INSIDE and standing.landmark is not None:
            place = (*place, wording.too_close(rule.limit, standing.landmark, standing.far_m))
        if rule.always:
            return RuleFinding(Outcome.PERMITTED, (*place, wording.permitted_site()), zone=standing.zone)
        tests = [
            self._hours(rule, class_name, at, standing.zone),
            self._permit(rule, class_name, at, spot, facts),
            self._placement(rule, class_name, spot, facts),
            _dwell(rule, at, dwell),
        ]
        cleared = next((test for test in tests if test.outcome is Outcome.PERMITTED), None)
        if cleared is not None:
            return RuleFinding(Outcome.PERMITTED, (*place, *cleared.reasons), rule, standing.zone)
        doubtful = any(test.outcome is Outcome.UNKNOWN for test in tests)
        outcome = Outcome.UNKNOWN if doubtful else Outcome.VIOLATION
        reasons = [reason for test in tests for reason in test.reasons]
        return RuleFinding(outcome, (*place, *reasons), rule, standing.zone)

    def _hours(self, rule: Rule, class_name: str, at: datetime | None, zone: Zone | None) -> RuleFinding:
        if rule.hours is None:
            never = wording.no_advertising if zone and zone.kind == NO_ADVERTISING else wording.never_permitted
            reasons = () if rule.permit_required or rule.limit or rule.placement else (never(class_name),)
            return RuleFinding(Outcome.VIOLATION, reasons)
        if at is None:
            return RuleFinding(Outcome.UNKNOWN, (wording.time_not_known(rule.hours.text),))
        local = at.astimezone(self.timezone)
        permitted = rule.hours.permitted(at)
        if permitted is None:
            return RuleFinding(Outcome.UNKNOWN, (wording.hours_not_known(local, rule.hours.text),))
        if permitted:
            return RuleFinding(Outcome.PERMITTED, (wording.within_hours(local, rule.hours.text),))
        return RuleFinding(Outcome.VIOLATION, (wording.outside_hours(local, rule.hours.text),))

    def _placement(self, rule: Rule, class_name: str, spot: Spot, facts: SignFacts) -> RuleFinding:
        if not rule.placement:
            return RuleFinding(Outcome.VIOLATION, ())
        known = {one: is_placed(one, class_name, spot, facts, self.grounds) for one in rule.placement}
        wrong = tuple(wording.placed(one) for one, so in known.items() if so)
        doubts = tuple(wording.placing_not_known(one) for one, so in known.items() if so is None)
        if wrong:
            return RuleFinding(Outcome.VIOLATION, wrong)
        if doubts:
            return RuleFinding(Outcome.UNKNOWN, doubts)
        return RuleFinding(Outcome.PERMITTED, (wording.well_placed(),))

    def _permit(self, rule: Rule, class_name: str, at: datetime | None, spot: Spot, facts: SignFacts) -> RuleFinding:
        if not rule.permit_required:
            return RuleFinding(Outcome.VIOLATION, ())
        if self.registry is None:
            return RuleFinding(Outcome.UNKNOWN, (wording.no_registry(),))
        if at is None:
            return RuleFinding(Outcome.UNKNOWN, (wording.permit_day_not_known(),))
        found = self.registry.find(class_name, spot.position if spot.on_earth else None, at, facts, rule.terms)
        match found.match:
            case Match.MATCH:
                return RuleFinding(Outcome.PERMITTED, (found.reason,))
            case Match.UNKNOWN:
                return RuleFinding(Outcome.UNKNOWN, (found.reason,))
            case _:
                return RuleFinding(Outcome.VIOLATION, (found.reason,))


def _zones_of(rule: Rule, zones: tuple[Zone, ...]) -> list[Zone] | None:
    """Return the zones that a rule speaks of; None where it names no kind, and so speaks of anywhere."""
    return [zone for zone in zones if zone.kind in rule.kinds] if rule.kinds else None


def _with_sites(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return the rules behind the one that permits what stands on a permitted site.

    Sales at a place and time that the government set aside are no unlicensed trading (State Council decree 684 on
    unlicensed business, Art. 3(1)); `Rulebook.rule` leaves it aside for classes whose rules speak of such sites.
    """
    return (Rule("permitted-site", (), (PERMITTED_SITE,), always=True), *rules)


def _dwell(rule: Rule, at: datetime | None, dwell: timedelta | None) -> RuleFinding:
    """Whether it has stood long enough, counted from the end of the permitted hours where it was there before."""
    if rule.dwell <= NOTHING:
        return RuleFinding(Outcome.VIOLATION, ())
    if dwell is None:
        return RuleFinding(Outcome.UNKNOWN, (wording.dwell_not_known(rule.dwell),))
    dwell = min(max(dwell, NOTHING), LONGEST_DWELL)
    if at is None:  # without hours it does not matter since when
        if rule.hours is not None:
            return RuleFinding(Outcome.UNKNOWN, (wording.time_not_known(rule.hours.text),))
        outcome = Outcome.VIOLATION if dwell >= rule.dwell else Outcome.PERMITTED
        return RuleFinding(outcome, (wording.stood(dwell, rule.dwell, False),))
    now = at.astimezone(UTC)  # local datetimes subtract by the wall clock, which a clock change makes wrong
    since = now - min(dwell, now - datetime(1, 1, 2, tzinfo=UTC))
    ended = rule.hours.last_permitted(since, now) if rule.hours else None
    counted = dwell if ended is None else now - ended
    outcome = Outcome.VIOLATION if counted >= rule.dwell else Outcome.PERMITTED
    return RuleFinding(outcome, (wording.stood(counted, rule.dwell, counted < dwell),))


def _agreed(findings: list[tuple[RuleFinding, Standing]], spot: Spot) -> RuleFinding:
    """Return one finding of all that the position leaves open; the last one is of the place that is sure."""
    last = findings[-1][0]
    if len(findings) == 1:
        return last
    outcomes = {finding.outcome for finding, _ in findings}
    if outcomes == {Outcome.VIOLATION}:
        return last
    doubted, standing = max(findings[:-1], key=lambda found: _GRAVITY[found[0].outcome])
    if standing.season_unknown and doubted.rule and doubted.rule.season:
        doubt = wording.season_not_known(doubted.rule.season.text)
    elif standing.landmark is not None and doubted.rule and doubted.rule.limit and spot.position is not None:
        doubt = wording.distance_uncertain(spot.position.ce90_m, doubted.rule.limit, standing.landmark)
    elif standing.zone is not None and standing.zone.on_ground and spot.position is not None:
        doubt = wording.position_uncertain(spot.position.ce90_m, standing.zone)
    else:
        rule = doubted.rule
        kinds = (PERMITTED_SITE,) if rule is None else rule.kinds or (rule.limit.kind if rule.limit else "",)
        doubt = wording.position_not_known(kinds, standing.zone)
    if outcomes == {Outcome.PERMITTED}:
        return RuleFinding(Outcome.PERMITTED, (doubt, *doubted.reasons))
    grave = max(doubted, last, key=lambda finding: _GRAVITY[finding.outcome])
    return RuleFinding(Outcome.UNKNOWN, (doubt, *grave.reasons), grave.rule, standing.zone)


_GRAVITY: Final = {Outcome.PERMITTED: 0, Outcome.UNKNOWN: 1, Outcome.VIOLATION: 2}
