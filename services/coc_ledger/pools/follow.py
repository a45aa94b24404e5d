"""What the pool of an earlier stage tells the next one of metal that went on. Pure."""

from contracts.coc_late import OnwardDay
from contracts.custody import PoolKey
from contracts.values import Id, Value


class Follow(Value):
    """How what went on from `from_pool` stands by now, on the days of which that is new;
    `change_id` names it where a close is corrected by it."""

    from_pool: PoolKey
    change_id: Id
    days: tuple[OnwardDay, ...]
