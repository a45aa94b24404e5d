"""What comes late in a pool is shared with the lots that have left since. Pure.

Movements are booked as they come, alone or many together. Soon afterwards a reaction has what came
late shared; whatever is told of the metal (a document, a change of stage, a close) does so before.
Rules: sources.md 5.7, decisions/0010.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import ClassVar, TypedDict

from contracts.coc import BalanceCarried, DesignationReleased, MovementBooked
from contracts.coc_corrections import BalanceCorrected
from contracts.coc_late import (
    FollowedDay,
    LateShared,
    OnwardDay,
    StageFollowed,
    StepMore,
    ToldDay,
    ToldOtherwise,
)
from contracts.coc_movements import MovementsBooked
from contracts.custody import ZERO, PoolKey
from contracts.envelope import Recorded
from infra.decider import Command, Lookup, Reaction
from services.coc_ledger.accounting.accounts import GRAMS, Amount
from services.coc_ledger.accounting.day_order import shared
from services.coc_ledger.accounting.lots import Days
from services.coc_ledger.accounting.onward import ByDay

from .rows import PoolRow
from .state import Pool


class ShareLate(Command):
    """Ours: share what came late, if anything did."""

    NAME: ClassVar[str] = "share_late"
    FILLED: ClassVar[frozenset[str]] = frozenset()
    pool: PoolKey

    @property
    def stream(self) -> str:
        return self.pool.stream


def share(state: Pool, on: date) -> Sequence[LateShared]:
    """What came late, shared; nothing where nothing did."""
    if state.key is None or not state.lots.late:
        return ()
    return (_shared(state, state.key, on),)


def _shared(state: Pool, key: PoolKey, on: date) -> LateShared:
    found = shared(
        state.books,
        state.lots,
        state.onward,
        by_hand=bool(state.by_hand_g),
        stepped=state.stepped.gone_onward(state.lots.days, key.period),
    )
    stepped: Mapping[date, int] = {}  # where the step is booked by hand it is in all, as it stands
    if not state.by_hand_g:
        stepped = state.stepped.told_otherwise(state.lots.days, key.period)
    days = (
        ToldDay(day=day, kg=one.kg, stepped_kg=stepped.get(day, 0), **_otherwise(one))
        for day, one in found.by_day.items()
        if any(one[1:]) or stepped.get(day)
    )
    return LateShared(
        pool=key,
        member_id=state.member_id,
        shared_on=on,
        entries=found.entries,
        told_otherwise=otherwise(found.told_otherwise),
        days=tuple(sorted(days, key=lambda one: one.day)),
        onward=onward_days(found.onward, state.lots.days),
        went_on=otherwise(found.went_on),
    )


def onward_days(news: ByDay, days: Days) -> tuple[OnwardDay, ...]:
    """How what went on on some days stands by now, as events tell it."""
    return tuple(
        OnwardDay(
            day=day,
            made_kg=max(0, days[day].onward.made_kg) if day in days else 0,
            step=StepMore(
                known_kg=one.step.known_kg,
                emission_kgco2e=_kgco2e(one.step.emission_g),
                partial_kgco2e=_kgco2e(one.step.partial_g),
            ),
            enters=otherwise(one.enters),
            **_otherwise(one.left),
        )
        for day, one in news.items()
    )


def otherwise(amount: Amount) -> ToldOtherwise:
    """An amount without mass, as events tell it."""
    return ToldOtherwise(**_otherwise(amount))


def followed_day(day: date, more: Amount, made_kg: int) -> FollowedDay:
    """What came in on a day, so many kilograms, carries so much more."""
    return FollowedDay(day=day, made_kg=made_kg, **_otherwise(more))


class _Otherwise(TypedDict):
    known_kg: int
    emission_kgco2e: Decimal
    pre_kg: int
    post_kg: int
    partial_kgco2e: Decimal


def _otherwise(amount: Amount) -> _Otherwise:
    """An amount without mass, as an event tells it."""
    return _Otherwise(
        known_kg=amount.known_kg,
        emission_kgco2e=_kgco2e(amount.emission_g),
        pre_kg=amount.pre_kg,
        post_kg=amount.post_kg,
        partial_kgco2e=_kgco2e(amount.partial_g),
    )


def _kgco2e(grams: int) -> Decimal:
    return Decimal(grams) / GRAMS if grams else ZERO


BOOKED = (
    MovementBooked,
    MovementsBooked,
    DesignationReleased,
    BalanceCarried,
    BalanceCorrected,
    StageFollowed,
)


def share_late(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """After a booking that came late, or that gives back what was told otherwise."""
    event = recorded.event
    if not isinstance(event, BOOKED):
        return ()
    row: PoolRow | None = rows("pools", event.pool.key)
    if row is None or not row.late or row.closed_on is not None:
        return ()
    on = date.fromisoformat(recorded.envelope.recorded_at[:10])
    return [ShareLate(on=on, pool=event.pool)]


LATE_REACTIONS: tuple[Reaction, ...] = (Reaction("share_late", share_late, frozenset(BOOKED)),)
