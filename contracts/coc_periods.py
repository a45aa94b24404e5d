"""A period is over and its books are open: what it would leave is to be made good all the same.

Source: sources.md 5.4: an overdraft is made good by the end of the next period, whenever the books
of its own are closed. Streams `pool/<scope>:<stage>:<period>` of `coc_ledger`.
"""

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


EVENTS: tuple[type[Event], ...] = (OverdraftForeseen,)
