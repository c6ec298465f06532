"""Signs: size and bearing against the permit, and ways to put them up that no permit clears."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import RulebookInvalid
from detector.geometry.ground import GroundPoint
from detector.rules.load import load_rulebook
from detector.rules.permits import Permit, Terms
from detector.rules.placement import SignFacts, SignPlacement, SignSize
from detector.rules.rulebook import Rule
from detector.rules.ruling import Outcome, Ruling
from detector.rules.zones import Zone
from tests.detector.rules.street import NOON, ROAD, book, registry, spot, square

V, P, U = Outcome.VIOLATION, Outcome.PERMITTED, Outcome.UNKNOWN
HERE = spot(20, 20)
PERMIT = Permit("P-1", "signboard", HERE.lat, HERE.lon, 5.0, width_m=4.0, height_m=1.0, bearing_deg=350)
TERMS = Terms(0.1, 30)


def sign(facts: SignFacts, terms: Terms = TERMS, permit: Permit = PERMIT) -> Ruling:
    rule = Rule("signs", ("signboard",), ("main_road",), permit_required=True, code="0202", terms=terms)
    rules = book(rule, permits=registry(permit))
    return rules.rule(class_name="signboard", at=NOON, position=HERE, facts=facts)


@pytest.mark.parametrize(
    ("width", "height", "error", "facing", "outcome", "reason"),
    [
        (4.0, 1.0, 0.05, 350, P, "has_permit"),
        (4.3, 1.04, 0.05, 350, P, "has_permit"),  # within a tenth
        (5.0, 1.0, 0.05, 350, V, "oversize"),
        (4.0, 1.3, 0.05, 350, V, "oversize"),
        (4.5, 1.0, 0.2, 350, U, "size_not_known"),  # 4.4 allowed, 4.3 to 4.7 measured
        (4.3, 1.0, 0.2, 350, U, "size_not_known"),
        (5.0, None, 0.05, 350, V, "oversize"),  # one side is enough
        (4.0, None, 0.05, 350, U, "size_not_known"),
        (None, None, 0.05, 350, U, "size_not_known"),
        (9.0, 9.0, float("nan"), 350, U, "size_not_known"),
        (float("nan"), 1.0, 0.05, 350, U, "size_not_known"),
        (4.0, 1.0, 0.05, 15, P, "has_permit"),  # 25 degrees over north
        (4.0, 1.0, 0.05, 90, V, "wrong_bearing"),
        (4.0, 1.0, 0.05, None, U, "bearing_not_known"),
        (5.0, 1.0, 0.05, None, V, "oversize"),  # what is surely wrong decides
        (None, None, 0.05, 90, V, "wrong_bearing"),
    ],
)
def test_a_sign_is_held_against_its_permit(
    width: float | None, height: float | None, error: float, facing: float | None, outcome: Outcome, reason: str
) -> None:
    ruling = sign(SignFacts(SignSize(width, height, error), facing))
    assert (ruling.outcome, ruling.reasons[-1].code) == (outcome, reason)


def test_what_rule_or_permit_does_not_ask_is_not_asked() -> None:
    assert sign(SignFacts(), Terms()).outcome is P
    bare = replace(PERMIT, width_m=None, height_m=None, bearing_deg=None)
    assert sign(SignFacts(), TERMS, bare).outcome is P
    expired = replace(PERMIT, valid_to=NOON.date().replace(day=1))
    assert sign(SignFacts(SignSize(9, 9, 0.1), 0), TERMS, expired).reasons[-1].code == "permit_expired"


WALK = square("walk", "pavement", 40)


def placed(
    placement: SignPlacement,
    class_name: str = "banner",
    position: GroundPoint | None = HERE,
    seen: dict[SignPlacement, bool] | None = None,
    zones: tuple[Zone, ...] = (ROAD, WALK),
) -> Ruling:
    rule = Rule("placed", (class_name,), ("main_road", "pavement"), placement=(placement,), code="0202")
    rules = book(rule, zones=zones)
    return rules.rule(class_name=class_name, at=NOON, position=position, facts=SignFacts(seen=seen or {}))


@pytest.mark.parametrize("placement", list(SignPlacement))
def test_what_is_seen_decides_and_what_is_not_is_unknown(placement: SignPlacement) -> None:
    assert placed(placement, seen={placement: True}).outcome is V
    assert placed(placement, seen={placement: False}).outcome is P
    unknown = placed(placement, "signboard", spot(40, 20, 5.0))
    assert (unknown.outcome, unknown.code) == (U, "0202")
    assert f"{placement}_not_known" in [reason.code for reason in unknown.reasons]


@pytest.mark.parametrize(
    ("placement", "class_name", "position", "outcome"),
    [
        (SignPlacement.OVER_WINDOW, "window_ad", HERE, V),
        (SignPlacement.OVER_WINDOW, "signboard", HERE, U),
        (SignPlacement.STANDING_OUT, "cantilever_sign", HERE, V),
        (SignPlacement.STANDING_OUT, "signboard", HERE, U),
        (SignPlacement.ACROSS_ROAD, "banner", HERE, V),
        (SignPlacement.ACROSS_ROAD, "banner", spot(60, 20), P),
        (SignPlacement.ACROSS_ROAD, "banner", spot(40, 20, 3), U),
        (SignPlacement.ON_PAVEMENT, "a_board", spot(60, 20), V),
        (SignPlacement.ON_PAVEMENT, "a_board", HERE, P),
        (SignPlacement.ON_PAVEMENT, "a_board", spot(40, 20, 3), U),
        (SignPlacement.ABOVE_ROOF, "billboard", HERE, U),
        (SignPlacement.SECOND_SIGN, "signboard", HERE, U),
    ],
)
def test_class_and_zones_tell_what_they_can(
    placement: SignPlacement, class_name: str, position: GroundPoint, outcome: Outcome
) -> None:
    assert placed(placement, class_name, position).outcome is outcome


@settings(max_examples=60, deadline=None)
@given(st.none() | st.floats(0.1, 20), st.none() | st.floats(0.1, 20), st.floats(0, 3), st.none() | st.floats(0, 360))
def test_knowing_less_of_a_sign_never_makes_a_violation(
    width: float | None, height: float | None, error: float, facing: float | None
) -> None:
    if sign(SignFacts(SignSize(width, height, error), facing)).outcome is V:
        return
    for less in (
        SignFacts(),
        SignFacts(SignSize(width, None, error), facing),
        SignFacts(SignSize(None, height, error), None),
        SignFacts(SignSize(width, height, error + 1), facing),
        SignFacts(SignSize(width, height, float("nan")), facing),
    ):
        assert sign(less).outcome is not V


FILE = """
version: "1"
timezone: Asia/Shanghai
zones:
  - {id: road, kind: main_road, polygon: [[113.62, 34.74], [113.63, 34.74], [113.63, 34.75], [113.62, 34.75]]}
rules:
  - {id: roof, classes: [billboard], zones: [main_road], placement: [above_roof, across_road]}
  - {id: size, classes: [signboard], zones: [main_road], permit: required, size_within: 0.1, bearing_within: 30}
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("above_roof", "on_roof", "line 7: rule 'roof': placement[0]: 'on_roof' is not known, write 'over_window'"),
        ("permit: required, ", "", "line 8: rule 'size': size_within and bearing_within are of permits"),
        ("placement:", "permit: required, placement:", "line 7: rule 'roof': no permit clears a placement"),
        ("0.1", "-1", "line 8: rule 'size': size_within"),
    ],
)
def test_the_file_says_it(tmp_path: Path, old: str, new: str, fault: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(FILE, "utf-8")
    assert load_rulebook(path).rules[1].terms == TERMS
    path.write_text(FILE.replace(old, new), "utf-8")
    with pytest.raises(RulebookInvalid) as error:
        load_rulebook(path)
    assert fault in str(error.value)
