"""Rows of pools: one with the present masses, one per day for any day in the past, and one per
movement. Rows are folds of events: rebuilt, they are the same. Pure.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import repeat
from typing import Any, NamedTuple

from contracts import coc
from contracts.coc_corrections import BalanceCorrected, PoolCorrected
from contracts.coc_movements import MovementsBooked, Ways, added_up
from contracts.custody import Account, Entry, MovementKind, PoolKey, Remark, Stage
from contracts.envelope import Recorded
from infra.readmodel import Projection

from . import pool_carrying
from .accounts import NO_KGS, Amount, Kgs, entry, minus, posted_kg, shifted_kg
from .pool_carrying import KIND_OF
from .pool_state import ChangeDeferred


class PoolRow(NamedTuple):
    """A pool as it stands. `kgs` are masses in the order of `accounts.ACCOUNTS`; `sources` the CoC
    input that came without a document, by kind; `version` that of its stream; `carrying` what its
    metal carries; `history` what was carried, owed, blocked and declared, each time with the day on
    which it was told."""

    pool: str
    scope_id: str
    stage: str
    period: date
    ends_on: date
    member_id: str
    version: int
    kgs: tuple[int, ...]
    carried_kg: int
    owed_kg: int
    blocked: bool
    case_declared: bool
    sources: dict[str, int]
    from_pool: str | None
    closed_on: date | None
    closing: dict[str, Any] | None
    carrying: pool_carrying.Carrying
    history: tuple[tuple[Any, ...], ...] = ()


class DayRow(NamedTuple):
    """What was booked in a pool on a day."""

    pool_day: str
    pool: str
    day: date
    kgs: tuple[int, ...]


class MovementRow(NamedTuple):
    """A movement; `movement` is the event as JSON, or in its place `packed` what it says beside the
    other columns, where it came with many (see `movement_of`)."""

    key: str
    pool: str
    movement_id: str
    digest: str
    kind: str
    day: date
    coc_kg: int
    reversed_by: str | None
    movement: dict[str, Any] | None
    packed: tuple[Any, ...] | None = None


PoolEvent = (
    coc.PoolOpened
    | coc.MovementBooked
    | MovementsBooked
    | coc.OutputDesignated
    | coc.DesignationReleased
    | coc.OverdraftCaseDeclared
    | coc.BalanceCarried
    | coc.PoolClosed
    | PoolCorrected
    | BalanceCorrected
    | ChangeDeferred
)
POOL_EVENTS = (
    coc.PoolOpened,
    coc.MovementBooked,
    MovementsBooked,
    coc.OutputDesignated,
    coc.DesignationReleased,
    coc.OverdraftCaseDeclared,
    coc.BalanceCarried,
    coc.PoolClosed,
    PoolCorrected,
    BalanceCorrected,
    ChangeDeferred,
)


def _pool_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.pool.key,) if isinstance(event, POOL_EVENTS) else ()


def _pool(key: str, row: PoolRow | None, recorded: Recorded) -> PoolRow | None:
    event, version = recorded.event, recorded.envelope.version
    if isinstance(event, coc.PoolOpened):
        return _opened(event, version)
    if row is None:
        return None
    row = row._replace(version=version)
    match event:
        case coc.MovementBooked():
            sources = _sources(row.sources, event)
            return _carrying(row, event)._replace(
                kgs=posted_kg(row.kgs, event.entries), sources=sources
            )
        case MovementsBooked():
            ways = added_up(event.totals.values())
            kgs = shifted_kg(row.kgs, ways)
            carrying = pool_carrying.moved(row.carrying, ways)
            sources = _all_sources(row.sources, ways)
            return row._replace(kgs=kgs, sources=sources, carrying=carrying)
        case coc.OutputDesignated() | coc.DesignationReleased():
            return _carrying(row, event)._replace(kgs=posted_kg(row.kgs, event.entries))
        case coc.OverdraftCaseDeclared():
            return _noted(row._replace(case_declared=True), event.declared_on)
        case coc.BalanceCarried():
            after = _carrying(row, event)._replace(
                kgs=posted_kg(row.kgs, event.entries),
                carried_kg=row.carried_kg + event.balance_kg,
                owed_kg=row.owed_kg + event.owed_kg,
                blocked=row.blocked or event.blocked,
                from_pool=event.from_pool.key,
                sources={
                    **row.sources,
                    "carried": row.sources.get("carried", 0) + event.balance_kg,
                },
            )
            return _noted(after, _told_on(recorded))
        case BalanceCorrected():
            carried = row.sources.get("carried", 0) + event.balance_change_kg
            after = _carrying(row, event)._replace(
                kgs=posted_kg(row.kgs, event.entries),
                carried_kg=row.carried_kg + event.balance_change_kg,
                owed_kg=row.owed_kg + event.owed_change_kg,
                blocked=event.blocked,
                sources={**row.sources, "carried": carried},
            )
            return _noted(after, _told_on(recorded))
        case PoolCorrected():
            closing = event.model_dump(mode="json", exclude={"pool", "stock", "stock_change"})
            return row._replace(closing={**(row.closing or {}), **closing})
        case coc.PoolClosed():
            closing = event.model_dump(mode="json", exclude={"pool", "stock"})
            return row._replace(closed_on=event.closed_on, closing=closing)
        case _:
            return row


def _noted(row: PoolRow, day: date) -> PoolRow:
    """What bears on the cover from a day on, told on that day."""
    told = (day.isoformat(), row.carried_kg, row.owed_kg, row.blocked, row.case_declared)
    return row._replace(history=(*row.history, told))


def _told_on(recorded: Recorded) -> date:
    return date.fromisoformat(recorded.envelope.recorded_at[:10])


def _opened(event: coc.PoolOpened, version: int) -> PoolRow:
    pool = event.pool
    return PoolRow(
        pool=pool.key,
        scope_id=pool.scope_id,
        stage=pool.stage.value,
        period=pool.period,
        ends_on=event.ends_on,
        member_id=event.member_id,
        version=version,
        kgs=NO_KGS,
        carried_kg=0,
        owed_kg=0,
        blocked=False,
        case_declared=False,
        sources={},
        from_pool=None,
        closed_on=None,
        closing=None,
        carrying={},
    )


def _sources(sources: Mapping[str, int], event: coc.MovementBooked) -> dict[str, int]:
    """CoC input by kind, without what came by a document (documents have rows of their own)."""
    after = dict(sources)
    if event.document is not None:
        return after
    for one in event.entries:
        kind = KIND_OF.get(one.account)
        if kind is not None:
            kind = "earlier_stage" if event.kind is MovementKind.FROM_STAGE else kind
            after[kind] = after.get(kind, 0) - one.kg
    return after


def _all_sources(sources: Mapping[str, int], ways: Ways) -> dict[str, int]:
    """The same for many movements, none of which came by a document or from another stage."""
    after = dict(sources)
    for (source, _), moved in ways.items():
        kind = KIND_OF.get(source)
        if kind is not None:
            after[kind] = after.get(kind, 0) + moved[0]
    return after


Posting = (
    coc.MovementBooked
    | coc.OutputDesignated
    | coc.DesignationReleased
    | coc.BalanceCarried
    | BalanceCorrected
)
POSTINGS = (
    coc.MovementBooked,
    coc.OutputDesignated,
    coc.DesignationReleased,
    coc.BalanceCarried,
    BalanceCorrected,
)
CARRIED = (coc.BalanceCarried, BalanceCorrected)


def _carrying(row: PoolRow, event: Posting) -> PoolRow:
    """What its metal carries after a posting."""
    source = None
    if isinstance(event, coc.MovementBooked):
        stage = "earlier_stage" if event.kind is MovementKind.FROM_STAGE else None
        source = stage if event.document is None else ""
    return row._replace(carrying=pool_carrying.posted(row.carrying, event.entries, source))


def _day_of(event: Posting) -> tuple[PoolKey, date, tuple[Entry, ...]]:
    day = event.pool.period if isinstance(event, CARRIED) else event.day
    return event.pool, day, event.entries


def _day_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if isinstance(event, MovementsBooked):
        return tuple(f"{event.pool.key}/{day.isoformat()}" for day in event.totals)
    if not isinstance(event, POSTINGS):
        return ()
    pool, day, _ = _day_of(event)
    return (f"{pool.key}/{day.isoformat()}",)


def _day(key: str, row: DayRow | None, recorded: Recorded) -> DayRow | None:
    event = recorded.event
    if isinstance(event, MovementsBooked):
        day = date.fromisoformat(key.rpartition("/")[2])
        kgs = shifted_kg(row.kgs if row else NO_KGS, event.totals[day])
        return DayRow(key, event.pool.key, day, kgs)
    if not isinstance(event, POSTINGS):
        return row
    pool, day, entries = _day_of(event)
    before: Kgs = row.kgs if row else NO_KGS
    return DayRow(key, pool.key, day, posted_kg(before, entries))


def movement_key(pool: str, movement_id: str) -> str:
    """The key of a movement's row."""
    return f"{pool}/{movement_id}"


def _movement_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if isinstance(event, MovementsBooked):
        pool = event.pool.key
        return [f"{pool}/{name}" for name in event.movement_ids]
    if not isinstance(event, coc.MovementBooked):
        return ()
    names = [event.movement_id] + ([event.reverses] if event.reverses else [])
    return tuple(movement_key(event.pool.key, name) for name in names)


def _movement(key: str, row: MovementRow | None, recorded: Recorded) -> MovementRow | None:
    event = recorded.event
    if isinstance(event, MovementsBooked):
        at = event.movement_ids.index(key.partition("/")[2])
        return _packed(event, slice(at, at + 1))[key]
    if not isinstance(event, coc.MovementBooked):
        return row
    if key != movement_key(event.pool.key, event.movement_id):
        return row and row._replace(reversed_by=event.movement_id)
    return MovementRow(
        key,
        event.pool.key,
        event.movement_id,
        event.digest,
        event.kind.value,
        event.day,
        event.coc_kg,
        None,
        event.model_dump(mode="json"),
    )


def _all_packed(recorded: Recorded) -> Mapping[str, MovementRow]:
    """Movements that came together, by key."""
    assert isinstance(recorded.event, MovementsBooked)  # what it is asked for
    return _packed(recorded.event, slice(None))


def _packed(event: MovementsBooked, some: slice) -> Mapping[str, MovementRow]:
    """Rows of some of many movements, by key."""
    pool, member = event.pool.key, event.member_id
    says = zip(
        map(str, event.sources[some]), map(str, event.targets[some]), event.kg[some],
        event.known_kg[some], event.emission_g[some], event.pre_kg[some], event.post_kg[some],
        event.origins[some], event.counterparties[some], event.contractors[some],
        (_plain(one) if one else () for one in event.remarks[some]), strict=True,
    )  # fmt: skip
    partial = [(grams,) for grams in event.partial_g[some]] or repeat(())
    columns = zip(
        event.movement_ids[some], event.digests[some], map(str, event.kinds[some]),
        event.days[some], event.coc_kg[some], says, partial, strict=False,
    )  # fmt: skip
    return {
        (key := f"{pool}/{name}"): MovementRow(
            key, pool, name, digest, kind, day, coc_kg, None, None, (member, *said, *more)
        )
        for name, digest, kind, day, coc_kg, said, more in columns
    }


def _plain(remarks: Sequence[Remark]) -> tuple[dict[str, Any], ...]:
    return tuple(one.model_dump(mode="json") for one in remarks)


def movement_of(row: MovementRow) -> dict[str, Any]:
    """A movement as JSON, however it came."""
    if row.packed is None:
        return row.movement or {}
    member, source, target, kg, known, grams, pre, post, *more = row.packed
    origin, party, contractor, remarks, *partial = more
    amount = Amount(kg, known, grams, pre, post, *partial)
    entries = (entry(Account(source), minus(amount)), entry(Account(target), amount))
    scope_id, stage, period = row.pool.split(":")
    made = coc.MovementBooked(
        movement_id=row.movement_id,
        digest=row.digest,
        pool=PoolKey(scope_id=scope_id, stage=Stage(stage), period=date.fromisoformat(period)),
        member_id=member,
        kind=MovementKind(row.kind),
        day=row.day,
        entries=entries if any(amount) else (),
        coc_kg=row.coc_kg,
        origin=origin,
        counterparty=party,
        contractor_id=contractor,
        remarks=tuple(Remark.model_validate(one) for one in remarks),
    )
    return made.model_dump(mode="json")


POOL_PROJECTIONS: tuple[Projection, ...] = (
    Projection(
        "pools", 3, PoolRow, _pool_keys, _pool, (("scope_id", "pool"),), frozenset(POOL_EVENTS)
    ),
    Projection(
        "pool_days",
        1,
        DayRow,
        _day_keys,
        _day,
        (("pool", "pool_day"),),
        frozenset({*POSTINGS, MovementsBooked}),
    ),
    Projection(
        "movements",
        2,
        MovementRow,
        _movement_keys,
        _movement,
        (("pool", "key"),),
        frozenset({coc.MovementBooked, MovementsBooked}),
        {MovementsBooked: _all_packed},
    ),
)
