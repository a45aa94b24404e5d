"""How much the pool holds that gets something from elsewhere, as evidence for who sends it. Pure.

A delivery, the product of an earlier stage and what a period leaves are booked by reactions, which
refuse nothing: there is room or not before the buyer confirms, the stage changes, the period is
closed. Rules: sources.md 5.3, 5.4.
"""

from contracts.custody import PoolKey, Stage

from .accounting.bounds import turned
from .accounting.period import ONE_DAY
from .accounting.stages import NEXT
from .evidence import Held, ScopeEvidence
from .knowledge import Knowledge, scope_on
from .pools.state import Pool

MOST_PASSED = 20
"""Closed periods that something passes through; there are not so many between two days of one."""


def held_in(at: PoolKey, known: Knowledge) -> Held:
    """What the pool holds that gets what comes for one: a later one where that is closed."""
    state = known.state(at.stream)
    for _ in range(MOST_PASSED):
        if not isinstance(state, Pool) or state.end is None:
            break
        scope_id, day = state.end.to_scope_id, state.end.next_period
        after = scope_on(scope_id, day, known)
        day = after.period if after is not None and after.period is not None else day
        at = PoolKey(scope_id=scope_id, stage=at.stage, period=day)
        state = known.state(at.stream)
    kg, grams, partial = turned(state.books) if isinstance(state, Pool) else (0, 0, 0)
    return Held(kg=kg, emission_g=grams, partial_g=partial)


def held_by(scope: ScopeEvidence | None, stage: Stage, known: Knowledge) -> Held | None:
    """What the pool of a scope holds in its period; None where it keeps no accounts."""
    if scope is None or scope.period is None:
        return None
    return held_in(PoolKey(scope_id=scope.scope_id, stage=stage, period=scope.period), known)


def held_onward(at: PoolKey, known: Knowledge) -> Held | None:
    """What the pool of the next stage holds; None where none follows."""
    if at.stage not in NEXT:
        return None
    return held_in(at.model_copy(update={"stage": NEXT[at.stage]}), known)


def held_after(at: PoolKey, scope: ScopeEvidence, known: Knowledge) -> Held | None:
    """What the pool holds that gets what a period leaves; None where nobody knows which."""
    to, day = scope.scope_id, scope.next_period
    if scope.ends_before and scope.ends_on and scope.ends_on + ONE_DAY >= scope.ends_before:
        to, day = scope.to_scope_id or to, scope.ends_before
    return held_by(scope_on(to, day, known) if day else None, at.stage, known)
