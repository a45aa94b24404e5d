"""What a period that is over and open would owe, as its pool says it to itself. Pure."""

from datetime import date
from typing import ClassVar, NamedTuple

from contracts.custody import MassOrNone, PoolKey
from contracts.envelope import Event
from contracts.values import MemberId


class Owing(NamedTuple):
    """What a period would leave if it were closed as it stands: an overdraft, and whether that
    stops claims."""

    kg: int = 0
    blocked: bool = False


NOT_OWED = Owing()


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
