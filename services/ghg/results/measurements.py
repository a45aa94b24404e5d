"""Which measurements of PFC coefficients stand in a facility's data, as rows. Pure.

A row is there from the first measurement that a facility's data tell of. It keeps by year what the
latest data of that year say, so that data sent anew take back what those before them said.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts import ghg
from contracts.envelope import Recorded
from infra.readmodel import Projection


class MeasurementRow(NamedTuple):
    """Measurements by year and technology of cells, as ISO days; "" where the data of a year told
    all cells together, as older ones did."""

    facility_id: str
    years: dict[str, dict[str, str]]


def standing(row: MeasurementRow) -> Mapping[str, date]:
    """The newest measurement of each technology over all years, by name."""
    found: dict[str, date] = {}
    for told in row.years.values():
        for technology, day in told.items():
            on = date.fromisoformat(day)
            found[technology] = max(on, found.get(technology, on))
    return dict(sorted(found.items()))


def _keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case ghg.ActivitySealed(facility_id=facility_id):
            return (facility_id,)
        case _:
            return ()


def _evolve(key: str, row: MeasurementRow | None, recorded: Recorded) -> MeasurementRow | None:
    event = recorded.event
    if not isinstance(event, ghg.ActivitySealed):
        return row
    told = {one.technology: one.measured_on.isoformat() for one in event.pfc_measurements}
    if not told and event.pfc_measured_on is not None:
        told = {"": event.pfc_measured_on.isoformat()}
    if row is None and not told:
        return None
    others = {
        year: one for year, one in (row.years if row else {}).items() if year != str(event.year)
    }
    years = {**others, str(event.year): told} if told else others
    return MeasurementRow(key, dict(sorted(years.items())))


MEASUREMENTS = Projection(
    "measurements", 1, MeasurementRow, _keys, _evolve, (), frozenset({ghg.ActivitySealed})
)
