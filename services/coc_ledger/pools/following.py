"""What came in from the earlier stage follows what came late, or was verified later, there. Pure.

The earlier pool tells by days how what went on stands by now (`onward`). The next one books what is
new of that to those days, without mass: late for lots that have left since, as all that comes late,
so that it is shared with them, its documents are told otherwise, and the stage after it follows in
turn. A closed period stays closed, and its correction goes on into the next one.
Rules: sources.md 5.3, 5.7, decisions/0010.
"""

from collections.abc import Sequence
from datetime import date
from functools import reduce

from contracts.coc_late import LateShared, StageFollowed, StepToldAnew
from contracts.custody import Account, PoolKey
from contracts.envelope import Event, Recorded
from infra.decider import Command, Lookup, Reaction
from infra.policy import Policies
from services.coc_ledger.accounting.accounts import NOTHING, Amount, entry, less, minus, plus
from services.coc_ledger.accounting.lots import otherwise_of
from services.coc_ledger.accounting.period_end import corrected
from services.coc_ledger.accounting.stages import NEXT

from .commands import ApplyChange
from .follow import Follow
from .late import followed_day, share
from .rows import PoolRow
from .state import Pool, evolve

WHY = "earlier-stage-corrected"
"""Why a close is worked out anew."""


def follow(command: ApplyChange, state: Pool, told: Follow, policies: Policies) -> Sequence[Event]:
    """What is new of it; nothing where nothing is."""
    if state.key is None:
        return ()
    news = dict[date, Amount]()
    for one in told.days:
        more = less(otherwise_of(one.enters), state.lots.entered.get(one.day, NOTHING))
        if any(more):
            news[one.day] = more
    if not news:
        return ()
    made = {one.day: one.made_kg for one in told.days}
    total = reduce(plus, news.values(), NOTHING)
    entries = (entry(Account.NON_COC, minus(total)), entry(Account.STOCK, total))
    event = StageFollowed(
        pool=command.pool,
        member_id=command.member_id,
        from_pool=told.from_pool,
        followed_on=command.on,
        entries=entries if any(total) else (),
        days=tuple(followed_day(day, more, made[day]) for day, more in news.items()),
    )
    if state.end is None:
        return (event,)
    after = evolve(state, event)
    late = share(after, command.on)
    after = reduce(evolve, late, after)
    return event, *late, corrected(after, state.end, told.change_id, WHY, command.on, policies)


def follow_onward(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """What went on to the next stage stands otherwise: so does what came in there."""
    event = recorded.event
    if not isinstance(event, (LateShared, StepToldAnew)):
        return ()
    stage = NEXT.get(event.pool.stage)
    if stage is None or not event.onward:
        return ()
    pool: PoolKey = event.pool.model_copy(update={"stage": stage})
    row: PoolRow | None = rows("pools", pool.key)
    if row is None:
        return ()
    change_id = f"onward:{event.pool.stage.value}:{recorded.envelope.version}"
    return [
        ApplyChange(
            on=date.fromisoformat(recorded.envelope.recorded_at[:10]),
            pool=pool,
            member_id=row.member_id,
            ends_on=row.ends_on,
            follow=Follow(from_pool=event.pool, change_id=change_id, days=event.onward),
        )
    ]


FOLLOW_REACTIONS: tuple[Reaction, ...] = (
    Reaction("follow_onward", follow_onward, frozenset({LateShared, StepToldAnew})),
)
