"""What is asked for, from the address of a request."""

from datetime import date
from typing import Annotated, Final

from fastapi import Depends, Query

from api.dependencies import Now, provided
from api.statistics.period import CityZone, Period, Selection

Zone = Annotated[CityZone, Depends(provided(CityZone))]
NO_NUL: Final = r"^[^\x00]*$"
"""PostgreSQL takes no text with a NUL."""


def asked(
    zone: Zone,
    now: Now,
    district: Annotated[str, Query(max_length=100, pattern=NO_NUL, description="One district alone.")] = "",
    first: Annotated[date | None, Query(alias="from", description="First day, in the city's time zone.")] = None,
    last: Annotated[date | None, Query(alias="to", description="Last day, included.")] = None,
) -> Selection:
    """Return what is asked for; thirty days where nobody says. Raises PeriodInvalid."""
    return Selection(Period.of(first, last, now, zone.zone), district or None)


AskedFor = Annotated[Selection, Depends(asked)]
