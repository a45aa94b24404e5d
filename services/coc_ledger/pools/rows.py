"""Rows of pools, with their present masses. Rows are folds of events: rebuilt, they are the same.
Pure.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from contracts import coc
from contracts.coc_calendar import PoolShortened
from contracts.coc_corrections import BalanceCorrected, PoolCorrected
from contracts.coc_late import LateShared, StageFollowed, StepToldAnew
from contracts.coc_movements import MovementsBooked, Ways, added_up
from contracts.coc_periods import OverdraftForeseen, OverdraftMadeGood
from contracts.custody import Account, MovementKind
from contracts.envelope import Recorded
from infra.readmodel import Projection
from services.coc_ledger.accounting.accounts import NO_KGS, PLACE, posted_kg, shifted_kg
from services.coc_ledger.accounting.lots import (
    Passed,
    gone_onward,
    opened_late,
    otherwise_of,
    passed,
    settled,
)
from services.coc_ledger.movements.kept import MOVEMENTS

from . import carrying as pool_carrying
from .carrying import KIND_OF, OTHERWISE
from .day_rows import DAYS, Posting, is_moved
from .deferred import ChangeDeferred
from .earlier import Left, freed_by, left_by
from .owing import PeriodOver
from .readings import by_hand_g
from .stage_rows import STAGE_PROJECTIONS
from .step_said import said_by


class PoolRow(NamedTuple):
    """A pool as it stands. `kgs` are masses in the order of `accounts.ACCOUNTS`; `sources` the CoC
    input that came without a document, by kind; `version` that of its stream; `carrying` what its
    metal carries; `history` what was carried, owed, blocked and declared, each time with the day on
    which it was told. `left_through`, `came_through` and `step_through` are the last days on which
    metal left, came, and its step's own emissions were booked, `stepped_through` also where they
    were taken back; `late` is whether something came late and is not shared yet, `shared` whether
    anything ever was; `told_days` are the days whose documents should have told more of what they
    claim, each with an amount of that mass. `left_before` is what earlier periods left, each
    (`earlier.LeftBefore`), a case was declared on `case_on`, `freed` is what ends of documents
    changed in the books of earlier days, each (`earlier.Freed`), and `moved_on` when a movement, or
    what the period before left, was told last. `stepped_kg` of the stock that earlier periods left
    had the step's own emissions in; `by_hand_g` of these were booked by hand in this one, without
    what was taken back. `said` is what its documents said of the step (`step_said.Said`),
    `stepped_days` by how many kilograms more those of a day should have been told to have it in."""

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
    left_through: date = date.min
    came_through: date = date.min
    step_through: date = date.min
    stepped_through: date = date.min
    late: bool = False
    shared: bool = False
    told_days: tuple[tuple[Any, ...], ...] = ()
    left_before: tuple[tuple[Any, ...], ...] = ()
    case_on: date | None = None
    freed: tuple[tuple[Any, ...], ...] = ()
    moved_on: date | None = None
    stepped_kg: int = 0
    by_hand_g: int = 0
    said: tuple[tuple[Any, ...], ...] = ()
    stepped_days: tuple[tuple[str, int], ...] = ()


OF_CORRECTION = (
    *("lasting", "due", "lasting_change", "due_change", "late_kg", "ahead_kg"),
    *("stepped_kg", "stepped_change_kg", "made_good"),
)
WITH_LAST_DAYS = (*OF_CORRECTION, "switched")
"""What a close tells of a scope that goes over, or got what one left; its correction tells all but
one of it anew."""
PoolEvent = (
    coc.PoolOpened
    | PoolShortened
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
    | PeriodOver
    | OverdraftForeseen
    | OverdraftMadeGood
    | LateShared
    | StepToldAnew
    | StageFollowed
)
POOL_EVENTS = (
    coc.PoolOpened,
    PoolShortened,
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
    PeriodOver,
    OverdraftForeseen,
    OverdraftMadeGood,
    LateShared,
    StepToldAnew,
    StageFollowed,
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
    last = (row.ends_on, row.closed_on is not None)
    freed = freed_by(row.freed, event, last, _told_on(recorded))
    moved_on = _told_on(recorded) if is_moved(event) else row.moved_on
    row = row._replace(version=version, freed=freed, moved_on=moved_on)
    match event:
        case PoolShortened():
            return row._replace(ends_on=event.ends_on)
        case coc.MovementBooked():
            sources = _sources(row.sources, event)
            return _carrying(_came(row, event), event)._replace(
                kgs=posted_kg(row.kgs, event.entries),
                sources=sources,
                by_hand_g=row.by_hand_g + by_hand_g(event),
            )
        case MovementsBooked():
            row, ways = _came(row, event), added_up(event.totals.values())
            kgs = shifted_kg(row.kgs, ways)
            carrying = pool_carrying.moved(row.carrying, ways)
            sources = _all_sources(row.sources, ways)
            return row._replace(kgs=kgs, sources=sources, carrying=carrying)
        case coc.OutputDesignated() | coc.DesignationReleased():
            released = isinstance(event, coc.DesignationReleased)
            stepped = row.shared and row.stepped_kg != 0
            otherwise = stepped or any(pool_carrying.held(row.carrying, OTHERWISE))
            late = row.late or (released and otherwise)
            kgs = posted_kg(row.kgs, event.entries)
            said = said_by(row.said, event)
            return _carrying(row, event)._replace(kgs=kgs, late=late, said=said)
        case LateShared():
            return _shared(row, event)
        case StageFollowed():
            carrying = pool_carrying.posted(row.carrying, event.entries, "")
            by = Passed(left=row.left_through, stepped=row.stepped_through)
            return row._replace(carrying=carrying, late=row.late or settled(by))
        case coc.OverdraftCaseDeclared():
            declared = row._replace(case_declared=True, case_on=event.declared_on)
            return _noted(declared, event.declared_on)
        case coc.BalanceCarried() | BalanceCorrected():
            after = _left(_from_before(row, event), event, _told_on(recorded))
            return _noted(after, _told_on(recorded))
        case OverdraftForeseen():
            owed_kg = row.owed_kg + event.owed_change_kg
            after = row._replace(owed_kg=owed_kg, blocked=event.blocked)
            return _noted(_left(after, event, _told_on(recorded)), _told_on(recorded))
        case PoolCorrected():
            closing = row.closing or {}
            before = {name: told for name, told in closing.items() if name not in OF_CORRECTION}
            return row._replace(closing={**before, **_closing(event)})
        case coc.PoolClosed():
            return row._replace(closed_on=event.closed_on, closing=_closing(event))
        case _:
            return row


def _shared(row: PoolRow, event: LateShared) -> PoolRow:
    """After what came late was shared."""
    days = [(one.day.isoformat(), *otherwise_of(one)) for one in event.days]
    stepped = tuple((one.day.isoformat(), one.stepped_kg) for one in event.days if one.stepped_kg)
    return row._replace(
        carrying=pool_carrying.in_order(row.carrying, event),
        late=False,
        shared=True,
        told_days=tuple(one for one in days if any(one[2:])),
        stepped_days=stepped,
    )


def _closing(event: coc.PoolClosed | PoolCorrected) -> dict[str, Any]:
    """The figures of a close; what few have is told where they do, as rows of before have it."""
    return _told(event.model_dump(mode="json", exclude={"pool", "stock", "stock_change"}))


def _told(closing: dict[str, Any]) -> dict[str, Any]:
    return {name: what for name, what in closing.items() if what or name not in WITH_LAST_DAYS}


def _came(row: PoolRow, event: coc.MovementBooked | MovementsBooked) -> PoolRow:
    """Whether a movement came late for lots that have left."""
    by = Passed(row.left_through, row.came_through, row.step_through, row.stepped_through)
    by, late = passed(event, by, row.kgs[PLACE[Account.STOCK]])
    row = row._replace(left_through=by.left, came_through=by.came)
    row = row._replace(step_through=by.step, stepped_through=by.stepped)
    return row._replace(late=row.late or late)


def _from_before(row: PoolRow, event: coc.BalanceCarried | BalanceCorrected) -> PoolRow:
    """What the period before left, or leaves otherwise; late where lots have left by then."""
    stock_kg = row.kgs[PLACE[Account.STOCK]]
    by = Passed(left=row.left_through, stepped=row.stepped_through)
    late = row.late or opened_late(event.entries, by, stock_kg)
    kgs = posted_kg(row.kgs, event.entries)
    after = _carrying(row, event)._replace(kgs=kgs, late=late)
    was = row.sources.get("carried", 0)
    if isinstance(event, coc.BalanceCarried):
        return after._replace(
            stepped_kg=row.stepped_kg + event.stepped_kg,
            carried_kg=row.carried_kg + event.balance_kg,
            owed_kg=row.owed_kg + event.owed_kg,
            blocked=row.blocked or event.blocked,
            from_pool=event.from_pool.key,
            sources={**row.sources, "carried": was + event.balance_kg},
        )
    return after._replace(
        stepped_kg=row.stepped_kg + event.stepped_change_kg,
        carried_kg=row.carried_kg + event.balance_change_kg,
        owed_kg=row.owed_kg + event.owed_change_kg,
        blocked=event.blocked,
        sources={**row.sources, "carried": was + event.balance_change_kg},
    )


def _noted(row: PoolRow, day: date) -> PoolRow:
    """What bears on the cover from a day on, told on that day."""
    told = (day.isoformat(), row.carried_kg, row.owed_kg, row.blocked, row.case_declared)
    return row._replace(history=(*row.history, told))


def _left(row: PoolRow, event: Left, told_on: date) -> PoolRow:
    return row._replace(left_before=left_by(row.left_before, event, told_on))


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
            kind = "earlier_stage" if event.moves_as is MovementKind.FROM_STAGE else kind
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


def _carrying(row: PoolRow, event: Posting) -> PoolRow:
    """What its metal carries after a posting."""
    source = None
    if isinstance(event, coc.MovementBooked):
        stage = "earlier_stage" if event.moves_as is MovementKind.FROM_STAGE else None
        source = stage if event.document is None else ""
    carrying = pool_carrying.posted(row.carrying, event.entries, source)
    if isinstance(event, coc.MovementBooked):
        carrying = pool_carrying.went_on(carrying, gone_onward(event))
    return row._replace(carrying=carrying)


POOL_PROJECTIONS: tuple[Projection, ...] = (
    DAYS,
    Projection(
        "pools", 11, PoolRow, _pool_keys, _pool, (("scope_id", "pool"),), frozenset(POOL_EVENTS)
    ),
    MOVEMENTS,
    *STAGE_PROJECTIONS,
)
