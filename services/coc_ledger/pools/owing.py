"""What a period that is over and open would owe, as its pool says it to itself, and which closed
ones stop claims in a later one. Pure."""

from datetime import date
from typing import ClassVar, NamedTuple

from contracts.coc import BalanceCarried
from contracts.coc_corrections import BalanceCorrected
from contracts.custody import Dated, MassOrNone, PoolKey
from contracts.envelope import Event
from contracts.values import MemberId


class Owing(NamedTuple):
    """What a period would leave if it were closed as it stands: an overdraft, and whether that
    stops claims. `due` of it has a last day of its own."""

    kg: int = 0
    blocked: bool = False
    due: tuple[Dated, ...] = ()


NOT_OWED = Owing()


def stopped_by(before: frozenset[str], event: BalanceCarried | BalanceCorrected) -> frozenset[str]:
    """The closed periods that stop claims in a pool, by their pools, once one of them does, or does
    not. Older corrections say of all at once that none does."""
    stops = event.blocked
    if isinstance(event, BalanceCorrected) and event.stops is not None:
        stops = event.stops
    elif isinstance(event, BalanceCorrected) and not event.blocked:
        return frozenset()
    others = before - {event.from_pool.key}
    return others | {event.from_pool.key} if stops else others


class PeriodOver(Event):
    """Private: a period is over and not closed, and would leave so much overdraft if it were closed
    as its books stand. Said once by the clock, and `again` whenever it changes."""

    TYPE: ClassVar[str] = "coc.period_over.v1"
    pool: PoolKey
    member_id: MemberId
    ends_on: date
    owed_kg: MassOrNone
    blocked: bool
    again: bool
    due: tuple[Dated, ...] = ()
