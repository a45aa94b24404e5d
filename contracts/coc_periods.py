"""An overdraft is made good by the end of the next period, whenever books are closed: what a period
that is over and open would leave, and whether the books of the next one cover it.

Source: sources.md 5.4: an overdraft is made good by the end of the next period, whenever the books
of its own are closed. Streams `pool/<scope>:<stage>:<period>` of `coc_ledger`.
"""

from datetime import date
from typing import ClassVar

from .custody import Dated, MassOrNone, PoolKey, SignedMass
from .envelope import Event
from .values import MemberId


class OverdraftForeseen(Event):
    """The period before is over and not closed: closed as its books stand, it would leave an
    overdraft of `owed_kg` to this one, which counts here from now on; so much more, or less, than
    was told before. `stops` is whether it stops claims by itself, `blocked` whether anything does
    now. None is left of it once the period before is closed and carries what it leaves. `due` of it
    has a last day of its own, since a scope goes over."""

    TYPE: ClassVar[str] = "coc.overdraft_foreseen.v1"
    pool: PoolKey
    member_id: MemberId
    from_pool: PoolKey
    owed_kg: MassOrNone
    owed_change_kg: SignedMass
    stops: bool
    blocked: bool
    due: tuple[Dated, ...] = ()


class OverdraftMadeGood(Event):
    """What earlier periods left to be made good in this one, `owed_kg`, is covered by what its
    books carry and earn, as of `on`; or it is not any more, and `missing_kg` of it are. Said
    whenever that changes, until the period is closed: the close, and its corrections, tell what
    became of it. Where part of it has a last day of its own, since a scope goes over, `due_on` is
    the first day by which something that is missing is due (all covered: the last of them), and of
    what was not covered through such a day, `late_kg`, the first of those that were missed. All
    covered, the books cover it `since` a day: as of that one, and of every later one; said again
    where that becomes another day (older events do not say)."""

    TYPE: ClassVar[str] = "coc.overdraft_made_good.v1"
    pool: PoolKey
    member_id: MemberId
    owed_kg: MassOrNone
    missing_kg: MassOrNone
    on: date
    due_on: date | None = None
    late_kg: MassOrNone = 0
    since: date | None = None


EVENTS: tuple[type[Event], ...] = (OverdraftForeseen, OverdraftMadeGood)
