"""What was found of what there was."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.candidates.repository import StoredCandidate
from api.console import print_error
from api.demo.script import Expected
from detector.geometry.wgs import distance


@dataclass(frozen=True, slots=True)
class Score:
    """What was found of what there was, by name; `invented` are candidates' descriptions."""

    found: tuple[str, ...]
    missed: tuple[str, ...]
    doubled: tuple[str, ...]
    invented: tuple[str, ...]

    @property
    def perfect(self) -> bool:
        return not (self.missed or self.doubled or self.invented)


def score(expected: Sequence[Expected], found: Sequence[StoredCandidate]) -> Score:
    """Compare what was found with what there was: each candidate belongs to the nearest expected thing in reach."""
    hits: dict[str, int] = {one.name: 0 for one in expected}
    invented = []
    for candidate in found:
        reach = [
            one for one in expected if one.class_name == candidate.class_name and _off(one, candidate) <= one.within_m
        ]
        if reach:
            hits[min(reach, key=lambda one: _off(one, candidate)).name] += 1
        else:
            invented.append(f"{candidate.class_name} at {candidate.lat}, {candidate.lon}")
    return Score(
        found=tuple(name for name, count in hits.items() if count),
        missed=tuple(one.name for one in expected if one.required and not hits[one.name]),
        doubled=tuple(name for name, count in hits.items() if count > 1),
        invented=tuple(invented),
    )


def tell_score(what: str, expected: Sequence[Expected], result: Score, remark: str) -> None:
    """Print one line a thing and a line that sums up."""
    for one in expected:
        if one.required or one.name in result.found:
            word = "found" if one.required else "also"
            word = "DOUBLED" if one.name in result.doubled else word if one.name in result.found else "MISSED"
            print_error(f"  {word:8} {one.name} ({one.class_name})")
    for text in result.invented:
        print_error(f"  INVENTED {text}")
    required = [one for one in expected if one.required]
    found = len(required) - len(result.missed)
    counts = f"{found} of {len(required)} found, {len(result.doubled)} doubled, {len(result.invented)} invented"
    print_error(f"{what}: {counts}; {remark}")


def _off(one: Expected, candidate: StoredCandidate) -> float:
    """Metres between them, infinite where the candidate's position is unknown."""
    if candidate.lat is None or candidate.lon is None:
        return float("inf")
    return distance(one.lat, one.lon, candidate.lat, candidate.lon)
