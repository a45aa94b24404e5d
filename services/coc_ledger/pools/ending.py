"""A period is over and its books are open: what it would leave counts in the next one already.
Pure.

An overdraft is made good by the end of the next period, so that one has to know of it from its
first day on, whether its member closes the books or not. When a period is over the clock has its
pool say what it would owe; whatever changes that later is said again, until it is closed. A balance
is not counted ahead: that is told by the close alone. Rules: sources.md 5.4.
"""

from collections.abc import Sequence
from datetime import date

from contracts.coc import (
    BalanceCarried,
    DesignationReleased,
    MovementBooked,
    OutputDesignated,
    PoolOpened,
)
from contracts.coc_calendar import PoolShortened
from contracts.coc_corrections import BalanceCorrected
from contracts.coc_movements import MovementsBooked
from contracts.coc_periods import OverdraftForeseen, OverdraftMadeGood
from contracts.custody import PoolKey
from contracts.envelope import Event
from infra.policy import Policies
from services.coc_ledger.accounting.balance import closing, figures, rule_of
from services.coc_ledger.accounting.lasting import Ending, by_day, dated
from services.coc_ledger.accounting.made_good import Covered, Told, covered, missing
from services.coc_ledger.accounting.period import blocked, close_remarks

from .commands import ApplyChange, Foreseen
from .owing import NOT_OWED, Owing, PeriodOver
from .recent import change_key, remembered
from .state import Pool, PoolEvent, evolve

PERIOD_OVER = "period_over"


def due(state: Pool) -> dict[str, date]:
    """When the clock asks what an open pool would owe: once, when its last day is over."""
    if state.key is None or state.ends_on is None or state.end or state.told is not None:
        return {}
    return {PERIOD_OVER: state.ends_on}


def period_over(state: Pool, policies: Policies) -> Sequence[Event]:
    """What a period that is over would owe, said for the first time."""
    return [_told(state, _owing(state, policies))] if due(state) else []


def told_again(
    on: date, state: Pool, events: Sequence[Event], policies: Policies
) -> Sequence[PeriodOver]:
    """The same after events of a day behind its last one, where they change it."""
    if not events or state.end is not None:
        return ()
    first = events[0]
    opened = first.ends_on if isinstance(first, PoolOpened) else state.ends_on
    shorter = [one.ends_on for one in events if isinstance(one, PoolShortened)]
    last = shorter[-1] if shorter else opened
    if last is None or on <= last:
        return ()
    after = state
    for event in events:
        assert isinstance(event, PoolEvent)
        after = evolve(after, event)
    if after.end is not None:
        return ()
    owing = _owing(after, policies)
    return () if owing == (after.told or NOT_OWED) else (_told(after, owing),)


def _owing(state: Pool, policies: Policies) -> Owing:
    assert state.key is not None  # it has events
    assert state.ends_on is not None
    gone = state.lapsed(state.terms, state.ends_on)
    ending = Ending(state.ends_on, gone, state.switched, state.blocked)
    rule = rule_of(policies.on(state.key.period))
    ended = closing(figures(state.kgs), state.terms, rule, ending)
    due = dated(by_day(ended.due))
    return Owing(ended.owed_kg, blocked(close_remarks(ended)), due)


def _told(state: Pool, owing: Owing) -> PeriodOver:
    assert state.key is not None  # it has events
    assert state.ends_on is not None
    return PeriodOver(
        pool=state.key,
        member_id=state.member_id,
        ends_on=state.ends_on,
        owed_kg=owing.kg,
        blocked=owing.blocked,
        again=state.told is not None,
        due=owing.due,
    )


# --- in the next period ---

OWING = (BalanceCarried, BalanceCorrected, OverdraftForeseen)


def made_good(
    on: date, state: Pool, events: Sequence[Event], policies: Policies
) -> Sequence[OverdraftMadeGood]:
    """Whether what is owed is covered, and since when, after events of a day that change it; when
    the period is over, said once more of what was covered before that was told."""
    owing = state.owed_kg > 0 or any(isinstance(one, OWING) for one in events)
    if not events or not owing or state.end is not None:
        return ()
    after = state
    for event in events:
        assert isinstance(event, PoolEvent)
        after = evolve(after, event)
    if after.key is None or after.ends_on is None or after.end is not None:
        return ()
    rule = rule_of(policies.on(after.key.period))
    found = covered(after, after.terms, after.switched, on, rule, _told_before(state, events))
    if found is None:
        return ()
    first = any(isinstance(one, PeriodOver) and not one.again for one in events)
    met, before = found.missing_kg == 0, missing(state, state.terms, state.switched, on, rule)
    same = found.since == state.made_good
    if not (first and met) and same and _is_told(before, found, events):
        return ()
    last = after.ends_on
    if found.due_on is not None and met and not found.late_kg:
        last = min(last, found.due_on)  # booked later, for a day in time
    told = OverdraftMadeGood(
        pool=after.key,
        member_id=after.member_id,
        owed_kg=after.owed_kg,
        missing_kg=found.missing_kg,
        on=min(on, last),
        due_on=found.due_on,
        late_kg=found.late_kg,
        since=found.since,
    )
    return (told,)


def _is_told(before: Covered | None, after: Covered, events: Sequence[Event]) -> bool:
    """Whether who has read all that was told knows it: what is owed anew is by the first day of
    all until another one is told."""
    was = before or Covered(1)
    anew = any(isinstance(one, (*OWING, PoolShortened)) for one in events)
    due_on = after.first_on if anew or before is None else was.due_on
    same = (was.missing_kg == 0) == (after.missing_kg == 0)
    return same and due_on == after.due_on and (was.late_kg > 0) == (after.late_kg > 0)


def _told_before(state: Pool, events: Sequence[Event]) -> Told | None:
    """Since when all was covered before some events, and from which day on they book; None where it
    was not, or where they change what is owed, or carried."""
    days = []
    for event in events:
        match event:
            case OverdraftForeseen() | BalanceCarried() | BalanceCorrected() | PoolShortened():
                return None
            case MovementBooked() | OutputDesignated() | DesignationReleased():
                days.append(event.day)
            case MovementsBooked():
                days.append(min(event.days))
            case _:
                continue  # it books no mass
    return Told(state.made_good, min(days, default=date.max)) if state.made_good else None


def foreseen(command: ApplyChange, state: Pool, told: Foreseen) -> Sequence[OverdraftForeseen]:
    """What the period before would owe; nothing once it is closed, or where it was told before. A
    closed pool gets it with what the period before carries."""
    carried = remembered(state.recent, change_key(f"carry:{told.from_pool.key}"))
    owing = Owing(told.owed_kg, told.blocked, told.due)
    if state.end or carried or owing == state.foreseen.get(told.from_pool.key, NOT_OWED):
        return []
    return [_foreseen(command, state, told.from_pool, owing)]


def no_longer_foreseen(
    command: ApplyChange, state: Pool, from_pool: PoolKey
) -> Sequence[OverdraftForeseen]:
    """The period before is closed: what it carries stands in the place of what was foreseen."""
    if from_pool.key not in state.foreseen:
        return []
    return [_foreseen(command, state, from_pool, NOT_OWED)]


def _foreseen(
    command: ApplyChange, state: Pool, from_pool: PoolKey, owing: Owing
) -> OverdraftForeseen:
    before = state.foreseen.get(from_pool.key, NOT_OWED)
    others = (one.blocked for key, one in state.foreseen.items() if key != from_pool.key)
    return OverdraftForeseen(
        pool=command.pool,
        member_id=command.member_id,
        from_pool=from_pool,
        owed_kg=owing.kg,
        owed_change_kg=owing.kg - before.kg,
        stops=owing.blocked,
        blocked=bool(state.stopped_by) or owing.blocked or any(others),
        due=owing.due,
    )
