"""Steps of the machine's clock between two frames, kept out of what is measured: a dwell is not longer because the
clock was set.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from detector.candidate import Candidate
from detector.recording import Gap
from detector.vision.frame import Frame

STEP: Final = 2.0
"""Seconds between two frames from which on the clock was set; less is the steady correction of a clock that drifts."""


class ClockSteps:
    """Follows one camera's frames, in order of arrival."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        """How far the clock was set ahead since the first frame; negative where it was set back."""
        self._clock: float | None = None  # of the last frame

    def without(self, frame: Frame) -> Frame:
        """Return the frame in the time of the first one, as if the clock had not been set since."""
        if frame.clock is not None:
            step = 0.0 if self._clock is None else frame.clock - self._clock
            if abs(step) >= STEP:
                self.ahead += timedelta(seconds=step)
            self._clock = frame.clock
        return replace(frame, captured_at=frame.captured_at - self.ahead) if self.ahead else frame

    def by_the_clock(self, candidate: Candidate) -> Candidate:
        """Return a candidate of such frames with its times as the clock has them now."""
        ahead, seen = self.ahead, candidate.sighting
        if not ahead:
            return candidate
        moved = tuple(replace(one, captured_at=one.captured_at + ahead) for one in candidate.pictures)
        recording = candidate.recording
        if recording is not None:
            gaps = tuple(Gap(gap.since + ahead, gap.until + ahead) for gap in recording.gaps)
            recording = replace(recording, gaps=gaps)
        return replace(
            candidate,
            pictures=moved,
            recording=recording,
            sighting=replace(
                seen,
                first_seen=seen.first_seen + ahead,
                last_seen=seen.last_seen + ahead,
                evidence=seen.evidence.moved(ahead),
            ),
            evidence=replace(candidate.evidence, captured_at=candidate.evidence.captured_at + ahead),
            finder_pictures=tuple(
                replace(one, captured_at=one.captured_at + ahead) for one in candidate.finder_pictures
            ),
        )
