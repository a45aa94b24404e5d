"""What a joint venture's partner has of a closed period's output: by documents that were claimed
there, and by corrections that were claimed later and keep kilograms there. Pure.

A correction that keeps kilograms leaves nothing in the closed pool: the pool in which it was
claimed tells of it, the document whom it is for. So the later pools are gone through. What was sold
before the venture was listed is not bound by it, and neither is what a correction for the same
partner keeps of that. Rules: sources.md 5.6 (4), 5.7.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from contracts.custody import PoolKey

from .accounting.period import ONE_DAY, period_of
from .pools.readings import Kept
from .scopes.state import evidence

States = Callable[[str], Any]
"""One of our own streams as folded now."""


def taken_of_closed(
    key: PoolKey,
    holders: frozenset[str],
    scopes: tuple[str, ...],
    through: date,
    state: States,
) -> int:
    """Kilograms of a closed pool's output that the `holders` of a share have. `scopes` are the
    pool's own and those into which that went over: their pools through a day, and later ones that
    were opened, are those in which corrections were claimed."""
    pool, kept = state(key.stream), dict(_kept(key, scopes, through, state))
    replaced = {one.replaces for one in kept.values()}
    first: int = sum(
        one.kg
        for number, one in pool.stakes.items()
        if one.holder in holders and one.counts and number not in replaced
    )
    return first + sum(
        kg
        for number, one in kept.items()
        if number not in replaced
        and _customer(number, one, state) in holders
        and _bound(number, key, holders, kept, state)
        for stream, _, kg in one.parts
        if stream == key.stream
    )


def _kept(
    key: PoolKey, scopes: tuple[str, ...], through: date, state: States
) -> Iterator[tuple[str, Kept]]:
    for scope_id in scopes:
        calendar = state(f"coc_scope/{scope_id}").calendar
        period = period_of(calendar, calendar[0].starts_on) if calendar else None
        while period is not None:
            there = PoolKey(scope_id=scope_id, stage=key.stage, period=period.starts_on)
            pool = state(there.stream)
            if pool.key is None and period.starts_on > through:
                break
            for number, one in pool.kept.items():
                if any(stream == key.stream for stream, _, _ in one.parts):
                    yield number, one
            period = period_of(calendar, period.ends_on + ONE_DAY)


def _customer(number: str, kept: Kept, state: States) -> str | None:
    """Whom a correction is for, as long as its claim counts: it is claimed before it is issued."""
    document = state(f"coc_document/{number}")
    if document.issued is not None:
        return document.issued.customer.scope_id if document.designated else None
    draft = document.drafts.get(kept.draft)
    return draft.customer.scope_id if draft is not None else None


def _bound(
    number: str,
    key: PoolKey,
    holders: frozenset[str],
    kept: dict[str, Kept],
    state: States,
) -> bool:
    """Whether what a correction keeps for a partner was taken by its share: the claim that it
    replaces took it, or was for somebody else, and the partner had a share on its day."""
    while number in kept:
        one = kept[number]
        if one.replaces is None:
            return False
        before = state(f"coc_document/{one.replaces}").issued
        if before is None or before.customer.scope_id not in holders:
            [day] = [day for stream, day, _ in one.parts if stream == key.stream]
            scope = evidence(state(f"coc_scope/{key.scope_id}"), day)
            return scope is not None and any(s.holder_scope_id in holders for s in scope.stakes)
        number = one.replaces
    return number in state(key.stream).stakes
