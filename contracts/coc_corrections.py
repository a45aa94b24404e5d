"""A closed period was wrong: what was booked in it is taken back, and its close is worked out anew.

Nothing is edited: the close that was told stays, and a correction with its reason follows it. What
the period left to the next one changes by what is said here, through all periods that are closed.
Source: sources.md 5.4, 5.7. Streams `pool/<scope>:<stage>:<period>` of `coc_ledger`.
"""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from .custody import Dated, Entry, MadeGood, MassOrNone, PoolKey, Remark, ScopeId, SignedMass
from .envelope import Event
from .values import Id, MemberId


class PoolCorrected(Event):
    """A closed period as it should have ended; `correction_id` is the movement that corrects it, or
    the correction of the period before. The changes are what the next period gets more, or less;
    `passed` are the closed periods that they have come through, this one last. `lasting` and `due`
    are parts of what it leaves that have a last day of their own, `late_kg` was not made good by
    such a day, `ahead_kg` of what is owed the period made itself (`coc.pool_closed`). Of the stock
    `stepped_kg` have the step's emissions in: `stepped_change_kg` more than was told before.
    `made_good` is since when its books cover all that was owed (older events do not say)."""

    TYPE: ClassVar[str] = "coc.pool_corrected.v1"
    pool: PoolKey
    member_id: MemberId
    correction_id: Id
    reason: Id
    corrected_on: date
    ends_on: date
    inflow_kg: MassOrNone
    input_kg: MassOrNone
    output_kg: MassOrNone
    designated_kg: Annotated[int, Field(ge=-(10**13), le=10**13)]
    max_output_kg: MassOrNone
    balance_kg: MassOrNone
    expired_kg: MassOrNone
    owed_kg: MassOrNone
    unmet_kg: MassOrNone
    stock: tuple[Entry, ...]
    remarks: tuple[Remark, ...]
    next_period: date
    to_scope_id: ScopeId
    policy_id: Id
    balance_change_kg: SignedMass
    owed_change_kg: SignedMass
    stock_change: tuple[Entry, ...]
    passed: tuple[PoolKey, ...] = ()
    lasting: tuple[Dated, ...] = ()
    due: tuple[Dated, ...] = ()
    lasting_change: tuple[Dated, ...] = ()
    due_change: tuple[Dated, ...] = ()
    late_kg: MassOrNone = 0
    ahead_kg: MassOrNone | None = None
    stepped_kg: MassOrNone = 0
    stepped_change_kg: SignedMass = 0
    made_good: MadeGood | None = None


class BalanceCorrected(Event):
    """What the period before left was corrected: so much more, or less, was carried. `stops` is
    whether that period stops claims by now, `blocked` whether any does that leaves something here;
    older events do not tell them apart. `lasting_change` and `due_change` are the parts of the
    changes that have a last day of their own; `stepped_change_kg` more of the stock have the step's
    emissions in."""

    TYPE: ClassVar[str] = "coc.balance_corrected.v1"
    pool: PoolKey
    member_id: MemberId
    from_pool: PoolKey
    correction_id: Id
    reason: Id
    balance_change_kg: SignedMass
    owed_change_kg: SignedMass
    blocked: bool
    entries: tuple[Entry, ...]
    stops: bool | None = None
    lasting_change: tuple[Dated, ...] = ()
    due_change: tuple[Dated, ...] = ()
    stepped_change_kg: SignedMass = 0


EVENTS = (PoolCorrected, BalanceCorrected)
