"""What the service remembers in rows, as evidence and for queries: scopes, pools, movements, and
what membership says of members and entities. Pure.

A pool has one row with its present masses, one per day for any day in the past, and one per
movement. Rows are folds of events: rebuilt, they are the same.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from contracts import coc, facilities, membership
from contracts.custody import Account, Entry, MovementKind, PoolKey
from contracts.envelope import Event, Recorded
from infra.readmodel import Projection

from .accounts import NO_KGS, Kgs, posted_kg
from .certificates import CERTIFICATES
from .document_rows import DOCUMENTS
from .pool_state import ChangeDeferred


class MemberRow(NamedTuple):
    """When a member joined."""

    member_id: str
    joined_on: date


class EntityRow(NamedTuple):
    """Whose an entity is."""

    entity_id: str
    member_id: str


class ScopeRow(NamedTuple):
    """A scope as it stands; `calendar` are (first day, months)."""

    scope_id: str
    member_id: str
    entity_id: str
    name: str
    facilities: tuple[str, ...]
    activities: tuple[str, ...]
    calendar: tuple[tuple[str, int], ...]
    opened_on: date
    ps_due: dict[str, str]
    suspended_from: date | None
    reinstated_from: date | None
    ends_before: date | None
    to_scope_id: str | None


class PoolRow(NamedTuple):
    """A pool as it stands. `kgs` are masses in the order of `accounts.ACCOUNTS`; `sources` the CoC
    input that came without a document, by kind; `version` that of its stream."""

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


class DayRow(NamedTuple):
    """What was booked in a pool on a day."""

    pool_day: str
    pool: str
    day: date
    kgs: tuple[int, ...]


class MovementRow(NamedTuple):
    """A movement; `movement` is the event as JSON."""

    key: str
    pool: str
    movement_id: str
    digest: str
    kind: str
    day: date
    coc_kg: int
    reversed_by: str | None
    movement: dict[str, Any]


# --- scopes ---

SCOPE_EVENTS = (
    coc.ScopeOpened,
    coc.ScopeFacilityAdded,
    coc.PsObligationMet,
    coc.ScopeSuspended,
    coc.ScopeReinstated,
    coc.PeriodChanged,
    coc.ScopeTransferApproved,
)


def _scope_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.scope_id,) if isinstance(event, SCOPE_EVENTS) else ()


def _scope(key: str, row: ScopeRow | None, recorded: Recorded) -> ScopeRow | None:
    event = recorded.event
    if isinstance(event, coc.ScopeOpened):
        due = {"": event.ps_due_on.isoformat()} if event.ps_due_on else {}
        return ScopeRow(
            event.scope_id,
            event.member_id,
            event.entity_id,
            event.name,
            event.facilities,
            tuple(one.value for one in event.activities),
            ((event.starts_on.isoformat(), event.months),),
            event.opened_on,
            due,
            None,
            None,
            None,
            None,
        )
    if row is None:
        return None
    match event:
        case coc.ScopeFacilityAdded():
            more = {event.facility_id: event.ps_due_on.isoformat()} if event.ps_due_on else {}
            added = dict.fromkeys((*row.activities, *(one.value for one in event.activities)))
            return row._replace(
                facilities=(*row.facilities, event.facility_id),
                activities=tuple(added),
                ps_due={**row.ps_due, **more},
            )
        case coc.PsObligationMet():
            met = event.facility_id or ""
            left = {name: day for name, day in row.ps_due.items() if name != met}
            return row._replace(ps_due=left)
        case coc.ScopeSuspended():
            return row._replace(suspended_from=event.effective_on, reinstated_from=None)
        case coc.ScopeReinstated():
            return row._replace(reinstated_from=event.effective_on)
        case coc.PeriodChanged():
            course = (event.starts_on.isoformat(), event.months)
            return row._replace(calendar=(*row.calendar, course))
        case coc.ScopeTransferApproved():
            return row._replace(ends_before=event.effective_on, to_scope_id=event.to_scope_id)
        case _:
            return row


# --- pools ---

PoolEvent = (
    coc.PoolOpened
    | coc.MovementBooked
    | coc.OutputDesignated
    | coc.DesignationReleased
    | coc.OverdraftCaseDeclared
    | coc.BalanceCarried
    | coc.PoolClosed
    | ChangeDeferred
)
POOL_EVENTS = (
    coc.PoolOpened,
    coc.MovementBooked,
    coc.OutputDesignated,
    coc.DesignationReleased,
    coc.OverdraftCaseDeclared,
    coc.BalanceCarried,
    coc.PoolClosed,
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
            return row._replace(kgs=posted_kg(row.kgs, event.entries), sources=sources)
        case coc.OutputDesignated() | coc.DesignationReleased():
            return row._replace(kgs=posted_kg(row.kgs, event.entries))
        case coc.OverdraftCaseDeclared():
            return row._replace(case_declared=True)
        case coc.BalanceCarried():
            return row._replace(
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
        case coc.PoolClosed():
            closing = event.model_dump(mode="json", exclude={"pool", "stock"})
            return row._replace(closed_on=event.closed_on, closing=closing)
        case _:
            return row


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
    )


KIND_OF = {
    Account.INPUT_COC: "own_mine",
    Account.INPUT_POST_CONSUMER: "post_consumer_scrap",
    Account.INPUT_DROSS: "recovered_from_dross",
}


def _sources(sources: Mapping[str, int], event: coc.MovementBooked) -> dict[str, int]:
    """CoC input by kind, without what came by a document (documents have rows of their own)."""
    after = dict(sources)
    if event.document is not None:
        return after
    for entry in event.entries:
        kind = KIND_OF.get(entry.account)
        if kind is not None:
            kind = "earlier_stage" if event.kind is MovementKind.FROM_STAGE else kind
            after[kind] = after.get(kind, 0) - entry.kg
    return after


Posting = coc.MovementBooked | coc.OutputDesignated | coc.DesignationReleased | coc.BalanceCarried
POSTINGS = (
    coc.MovementBooked,
    coc.OutputDesignated,
    coc.DesignationReleased,
    coc.BalanceCarried,
)


def _day_of(event: Posting) -> tuple[PoolKey, date, tuple[Entry, ...]]:
    day = event.pool.period if isinstance(event, coc.BalanceCarried) else event.day
    return event.pool, day, event.entries


def _day_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if not isinstance(event, POSTINGS):
        return ()
    pool, day, _ = _day_of(event)
    return (f"{pool.key}/{day.isoformat()}",)


def _day(key: str, row: DayRow | None, recorded: Recorded) -> DayRow | None:
    event = recorded.event
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
    if not isinstance(event, coc.MovementBooked):
        return ()
    names = [event.movement_id] + ([event.reverses] if event.reverses else [])
    return tuple(movement_key(event.pool.key, name) for name in names)


def _movement(key: str, row: MovementRow | None, recorded: Recorded) -> MovementRow | None:
    event = recorded.event
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


# --- what membership tells ---


def _member_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.member_id,) if isinstance(event, membership.MemberJoined) else ()


def _member(key: str, row: MemberRow | None, recorded: Recorded) -> MemberRow | None:
    event = recorded.event
    return MemberRow(key, event.joined_on) if isinstance(event, membership.MemberJoined) else row


def _entity_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.entity_id,) if isinstance(event, facilities.EntityRegistered) else ()


def _entity(key: str, row: EntityRow | None, recorded: Recorded) -> EntityRow | None:
    event = recorded.event
    return (
        EntityRow(key, event.member_id) if isinstance(event, facilities.EntityRegistered) else row
    )


def _takes(*events: type[Event]) -> frozenset[type[Event]]:
    return frozenset(events)


PROJECTIONS: tuple[Projection, ...] = (
    Projection(
        "scopes",
        1,
        ScopeRow,
        _scope_keys,
        _scope,
        (("member_id", "scope_id"), ("entity_id",)),
        _takes(*SCOPE_EVENTS),
    ),
    Projection(
        "pools", 1, PoolRow, _pool_keys, _pool, (("scope_id", "pool"),), _takes(*POOL_EVENTS)
    ),
    Projection("pool_days", 1, DayRow, _day_keys, _day, (("pool", "pool_day"),), _takes(*POSTINGS)),
    Projection(
        "movements",
        1,
        MovementRow,
        _movement_keys,
        _movement,
        (("pool", "key"),),
        _takes(coc.MovementBooked),
    ),
    DOCUMENTS,
    CERTIFICATES,
    Projection("members", 1, MemberRow, _member_keys, _member, (), _takes(membership.MemberJoined)),
    Projection(
        "entities", 1, EntityRow, _entity_keys, _entity, (), _takes(facilities.EntityRegistered)
    ),
)
