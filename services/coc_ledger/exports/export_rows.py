"""Rows for pictures and reports: flows by day, sums by calendar year, where scopes are. Pure.

They have a reader of their own, so that bookings and claims never wait for them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts import coc, facilities
from contracts.coc_movements import MovementsBooked, each_year
from contracts.coc_scopes import ScopeFacilitiesCame
from contracts.custody import Stage
from contracts.envelope import Recorded
from infra.readmodel import Consumer, Projection
from services.coc_ledger.flows import flow
from services.coc_ledger.yearly_reports import yearly

CONSUMER = "coc_exports"


class FlowRow(NamedTuple):
    """What went one way through a pool on a day, as far as it became known on another."""

    key: str
    day: date
    recorded_on: date
    member_id: str
    scope_id: str
    stage: str
    place: str
    place_stage: str
    inward: bool
    coc: bool
    kg: int


class YearRow(NamedTuple):
    """A stage of a scope in a calendar year; `sums` by account, `named` by activity and account."""

    key: str
    scope_id: str
    member_id: str
    stage: str
    year: int
    sums: dict[str, int]
    pre_kg: int
    post_kg: int
    earlier_stage_kg: int
    scrap_kg: int
    named: dict[str, dict[str, int]]
    scrap_pre_kg: int
    scrap_post_kg: int


class PlaceRow(NamedTuple):
    """The entity of a scope, and every facility that it ever had: what was booked while one was in
    it stays where it was."""

    scope_id: str
    entity_id: str
    facilities: tuple[str, ...] = ()


class WorksRow(NamedTuple):
    """Where a facility stands, as was told last."""

    facility_id: str
    country: str


class CountryRow(NamedTuple):
    """Where an entity was registered: the region of a published figure never changes."""

    entity_id: str
    country: str


ALONE = (coc.MovementBooked, coc.OutputDesignated, coc.DesignationReleased)
POSTINGS = (*ALONE, MovementsBooked)


def _passages(recorded: Recorded, day: date | None = None) -> Mapping[date, Sequence[flow.Passage]]:
    """The flows of an event by day, of one day or of all."""
    event = recorded.event
    if isinstance(event, MovementsBooked):
        stage, totals = event.pool.stage, event.totals
        days = totals if day is None else (day,)
        return {one: flow.passages_of(stage, totals[one]) for one in days}
    return {event.day: flow.passages(event)} if isinstance(event, ALONE) else {}


def _way(one: flow.Passage) -> str:
    return f"{'in' if one.inward else 'out'}:{one.place}:{one.stage}:{'coc' if one.coc else 'non'}"


def _flow_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if not isinstance(event, POSTINGS):
        return ()
    pool, known = event.pool, recorded.envelope.recorded_at[:10]
    return [
        f"{pool.scope_id}:{pool.stage}:{day}:{known}:{_way(one)}"
        for day, passages in _passages(recorded).items()
        for one in passages
    ]


def _flow(key: str, row: FlowRow | None, recorded: Recorded) -> FlowRow | None:
    event = recorded.event
    assert isinstance(event, POSTINGS)  # no other has a key
    scope_id, stage, on, known, way = key.split(":", 4)
    day = date.fromisoformat(on)
    one = next(one for one in _passages(recorded, day)[day] if _way(one) == way)
    if row is not None:
        return row._replace(kg=row.kg + one.kg)
    return FlowRow(
        key,
        day,
        date.fromisoformat(known),
        event.member_id,
        scope_id,
        stage,
        one.place.value,
        one.stage.value,
        one.inward,
        one.coc,
        one.kg,
    )


def flow_of(row: FlowRow, region: str) -> flow.Flow:
    """A row as a flow, its pool lying in a region."""
    here = flow.Node(flow.Place.POOL, Stage(row.stage), region)
    there = flow.Node(flow.Place(row.place), Stage(row.place_stage))
    source, target = (there, here) if row.inward else (here, there)
    link = flow.Link(source, target, row.coc)
    return flow.Flow(row.day, row.recorded_on, row.member_id, row.scope_id, link, row.kg)


def year_key(scope_id: str, stage: Stage, year: int) -> str:
    """The key of a year's row."""
    return f"{scope_id}:{stage.value}:{year}"


def _year_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if isinstance(event, MovementsBooked):
        scope_id, stage = event.pool.scope_id, event.pool.stage
        return [year_key(scope_id, stage, year) for year in {day.year for day in event.totals}]
    found = map(yearly.year_of, each_year(event))
    keys = (year_key(one[0].scope_id, one[0].stage, one[1]) for one in found if one)
    return tuple(dict.fromkeys(keys))


def _year(key: str, row: YearRow | None, recorded: Recorded) -> YearRow | None:
    whole = recorded.event
    if not isinstance(whole, POSTINGS):
        return row
    year = int(key.rpartition(":")[2])
    sums = sums_of(row) if row else yearly.NOTHING
    for event in each_year(whole):
        if isinstance(event, ALONE) and event.day.year == year:
            sums = yearly.added(sums, event)
    return YearRow(
        key,
        whole.pool.scope_id,
        whole.member_id,
        whole.pool.stage.value,
        year,
        dict(sums.kgs),
        sums.pre_kg,
        sums.post_kg,
        sums.earlier_stage_kg,
        sums.scrap_kg,
        {activity: dict(kgs) for activity, kgs in sums.named.items()},
        sums.scrap_pre_kg,
        sums.scrap_post_kg,
    )


def sums_of(row: YearRow) -> yearly.Sums:
    """A row's sums."""
    return yearly.Sums(
        row.sums,
        row.pre_kg,
        row.post_kg,
        row.earlier_stage_kg,
        row.scrap_kg,
        row.named,
        row.scrap_pre_kg,
        row.scrap_post_kg,
    )


SCOPES = (coc.ScopeOpened, coc.ScopeFacilityAdded, ScopeFacilitiesCame)
WORKS = (facilities.FacilityRegistered, facilities.FacilityChanged)


def _place_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.scope_id,) if isinstance(event, SCOPES) else ()


def _place(key: str, row: PlaceRow | None, recorded: Recorded) -> PlaceRow | None:
    event = recorded.event
    if isinstance(event, coc.ScopeOpened):
        return PlaceRow(key, event.entity_id, event.facilities)
    if row is None:
        return None
    more: tuple[str, ...] = ()
    if isinstance(event, coc.ScopeFacilityAdded):
        more = (event.facility_id,)
    elif isinstance(event, ScopeFacilitiesCame):
        more = event.facilities
    return row._replace(facilities=tuple(dict.fromkeys((*row.facilities, *more))))


def _works_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.facility_id,) if isinstance(event, WORKS) else ()


def _works(key: str, row: WorksRow | None, recorded: Recorded) -> WorksRow | None:
    event = recorded.event
    return WorksRow(key, event.location.country) if isinstance(event, WORKS) else row


def _country_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.entity_id,) if isinstance(event, facilities.EntityRegistered) else ()


def _country(key: str, row: CountryRow | None, recorded: Recorded) -> CountryRow | None:
    event = recorded.event
    return CountryRow(key, event.country) if isinstance(event, facilities.EntityRegistered) else row


PROJECTIONS: tuple[Projection, ...] = (
    Projection(
        "flows",
        1,
        FlowRow,
        _flow_keys,
        _flow,
        (("day",), ("member_id", "key")),
        frozenset(POSTINGS),
    ),
    Projection("years", 4, YearRow, _year_keys, _year, (("scope_id", "key"),), frozenset(POSTINGS)),
    Projection("scope_places", 2, PlaceRow, _place_keys, _place, (), frozenset(SCOPES)),
    Projection("works_places", 1, WorksRow, _works_keys, _works, (), frozenset(WORKS)),
    Projection(
        "entity_places",
        1,
        CountryRow,
        _country_keys,
        _country,
        (),
        frozenset({facilities.EntityRegistered}),
    ),
)
EXPORTS = Consumer(CONSUMER, ("membership", "coc_ledger"), PROJECTIONS)
