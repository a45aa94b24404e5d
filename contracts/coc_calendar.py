"""A scope's periods change while one is running, or it goes over into another scope: its pools end
on another day than they said.

Source: sources.md 5.4, 5.6 (7). Streams `coc_scope/<scope>` and `pool/<scope>:<stage>:<period>` of
`coc_ledger`.
"""

from datetime import date
from typing import ClassVar

from .coc import Months
from .custody import PoolKey, ScopeId, Switched
from .envelope import Event
from .values import Id, MemberId


class PeriodChanged(Event):
    """From `starts_on` on periods have `months`; the one before ends the day before. What was to
    change from `replaces` on, and later, and has not begun yet, does not: this stands in its place
    (older events replace nothing)."""

    TYPE: ClassVar[str] = "coc.period_changed.v1"
    scope_id: ScopeId
    member_id: MemberId
    starts_on: date
    months: Months
    replaces: date | None = None


class PoolShortened(Event):
    """A pool that was opened before its scope's periods changed, or before it was to go over into
    another one, ends on `ends_on`: earlier, or later again where a change was replaced before it
    began. By `close_by` it should be closed. `switched`: it ends since its scope goes over."""

    TYPE: ClassVar[str] = "coc.pool_shortened.v1"
    pool: PoolKey
    member_id: MemberId
    ends_on: date
    close_by: date
    policy_id: Id
    switched: Switched | None = None


EVENTS = (PeriodChanged, PoolShortened)
