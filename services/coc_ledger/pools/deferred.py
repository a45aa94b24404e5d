"""What came for a period that is closed, and is booked in a later one. Pure."""

from datetime import date
from typing import ClassVar

from contracts.custody import PoolKey
from contracts.envelope import Event
from contracts.values import Id, MemberId

from .commands import Carry, ClaimChange, DeliveryChange


class ChangeDeferred(Event):
    """Private: a change came for a period that is closed; it is booked in the next, `to`, with a
    note of the day it is about. `passed` are the closed pools that it came to, this one last."""

    TYPE: ClassVar[str] = "coc.change_deferred.v1"
    pool: PoolKey
    member_id: MemberId
    to: PoolKey
    late_for: date
    change_id: Id
    delivery: DeliveryChange | None = None
    claim: ClaimChange | None = None
    carry: Carry | None = None
    passed: tuple[PoolKey, ...] = ()
