"""A scope's periods changed while one was running, or it goes over into another scope: its pools
end earlier than they said.

Source: sources.md 5.4, 5.6 (7). Streams `pool/<scope>:<stage>:<period>` of `coc_ledger`.
"""

from datetime import date
from typing import ClassVar

from .custody import PoolKey
from .envelope import Event
from .values import Id, MemberId


class PoolShortened(Event):
    """A pool that was opened before its scope's periods changed, or before it was to go over into
    another one, ends on `ends_on`; by `close_by` it should be closed."""

    TYPE: ClassVar[str] = "coc.pool_shortened.v1"
    pool: PoolKey
    member_id: MemberId
    ends_on: date
    close_by: date
    policy_id: Id


EVENTS = (PoolShortened,)
