"""A row per pool and day, for any day in the past: what was booked on it, and what CoC metal came
without a document, with what it carries. Pure.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from contracts import coc
from contracts.coc_corrections import BalanceCorrected
from contracts.coc_late import StageFollowed
from contracts.coc_movements import MovementsBooked
from contracts.custody import Account, Entry, MovementKind, PoolKey
from contracts.envelope import Event, Recorded
from infra.readmodel import Projection
from services.coc_ledger.accounting.accounts import (
    NO_KGS,
    entry,
    minus,
    posted_kg,
    shifted_kg,
)
from services.coc_ledger.accounting.lots import otherwise_of

from . import carrying as pool_carrying

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

NOTHING_CAME: pool_carrying.Carrying = {}


class DayRow(NamedTuple):
    """What was booked in a pool on a day; `brought` is what came from mines and as scrap that has
    no document, and what came beside CoC input, by kind: an amount each (`accounts.Amount`);
    `moved_on` is when a movement of the day, or what the period before left, was told last."""

    pool_day: str
    pool: str
    day: date
    kgs: tuple[int, ...]
    brought: pool_carrying.Carrying
    moved_on: date | None = None


BY_DOCUMENTS = ("replaced", "withdrawn", "claim", "check", "ended", "document")


def by_document(event: BalanceCorrected) -> bool:
    """Whether a document's end, or a check of it, corrected what the period before left; its change
    is named so. Ids of movements have no colon."""
    return event.correction_id.partition(":")[0] in BY_DOCUMENTS


def is_moved(event: Event) -> bool:
    """Whether a movement, or what one left, is told: a trace of its day has it, whenever it came.
    Deliveries and claims are with their documents, which say themselves since when."""
    if isinstance(event, coc.MovementBooked):
        return event.document is None
    if isinstance(event, BalanceCorrected):
        return not by_document(event)
    return isinstance(event, (MovementsBooked, coc.BalanceCarried, StageFollowed))


def _day_of(event: Posting) -> tuple[PoolKey, date, tuple[Entry, ...]]:
    day = event.pool.period if isinstance(event, CARRIED) else event.day
    return event.pool, day, event.entries


def _keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if isinstance(event, MovementsBooked):
        return tuple(f"{event.pool.key}/{day.isoformat()}" for day in event.totals)
    if isinstance(event, StageFollowed):
        return tuple(f"{event.pool.key}/{one.day.isoformat()}" for one in event.days)
    if not isinstance(event, POSTINGS):
        return ()
    pool, day, _ = _day_of(event)
    return (f"{pool.key}/{day.isoformat()}",)


def _evolve(key: str, row: DayRow | None, recorded: Recorded) -> DayRow | None:
    event = recorded.event
    kgs, brought = (row.kgs, row.brought) if row else (NO_KGS, NOTHING_CAME)
    moved_on = row.moved_on if row else None
    if is_moved(event):
        moved_on = date.fromisoformat(recorded.envelope.recorded_at[:10])
    if isinstance(event, MovementsBooked):
        day = date.fromisoformat(key.rpartition("/")[2])
        ways = event.totals[day]
        came = pool_carrying.brought_together(brought, ways)
        return DayRow(key, event.pool.key, day, shifted_kg(kgs, ways), came, moved_on)
    if isinstance(event, StageFollowed):
        [one] = [each for each in event.days if key.endswith(f"/{each.day.isoformat()}")]
        more = entry(Account.NON_COC, minus(otherwise_of(one)))
        came = pool_carrying.came_beside(brought, (more,))
        return DayRow(key, event.pool.key, one.day, kgs, came, moved_on)
    if not isinstance(event, POSTINGS):
        return row
    pool, day, entries = _day_of(event)
    if isinstance(event, coc.MovementBooked) and event.document is None:
        if event.moves_as is not MovementKind.FROM_STAGE:
            brought = pool_carrying.brought(brought, entries)
    brought = pool_carrying.came_beside(brought, entries)
    return DayRow(key, pool.key, day, posted_kg(kgs, entries), brought, moved_on)


DAYS = Projection(
    "pool_days",
    5,
    DayRow,
    _keys,
    _evolve,
    (("pool", "pool_day"),),
    frozenset({*POSTINGS, MovementsBooked, StageFollowed}),
)
