"""What went on to the next stage, day by day, and what it should have carried by what is known now.
Pure.

A change of stage takes its part of what the stock carries at that moment, its own step changes it,
and the pool of the next stage gets it. What comes late makes that another part: by how much more
each day's should have carried is found in the order of days, and what of that enters the next pool:
the masses in proportion to what was made of it; known, as far as the step was. Grams are conserved.
Rules: sources.md 5.3, 5.7, decisions/0010.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from contracts.coc import MovementBooked
from contracts.custody import Account

from .accounts import NOTHING, Amount, amount_of, less, minus, plus

STEP_UNKNOWN = "5.7"
"""The rule of the remark by which a change of stage says that nothing is known of its step."""


class Onward(NamedTuple):
    """What went on to the next stage on a day: what it carried out of the `stock`, what its `step`
    changed of that, how many kilograms were made of it; of how many the step was not known, and of
    how many it was booked by hand, so that it was in the stock."""

    stock: Amount = NOTHING
    step: Amount = NOTHING
    made_kg: int = 0
    unknown_kg: int = 0
    hand_kg: int = 0

    def with_(self, more: "Onward") -> "Onward":
        """The sum."""
        if more is NONE_ONWARD:
            return self
        return Onward(
            plus(self.stock, more.stock),
            plus(self.step, more.step),
            self.made_kg + more.made_kg,
            self.unknown_kg + more.unknown_kg,
            self.hand_kg + more.hand_kg,
        )


NONE_ONWARD = Onward()


class Followed(NamedTuple):
    """By how much more what went on on a day should have carried: out of the stock, and into the
    next pool. No mass."""

    left: Amount = NOTHING
    enters: Amount = NOTHING


NOT_FOLLOWED = Followed()
ByDay = Mapping[date, Followed]
NO_NEWS: ByDay = {}


def onward_of(event: MovementBooked, before: Onward, *, by_hand: bool) -> Onward:
    """What a change of stage, or one that is taken back, adds to its day as it was before. Who is
    taken back has its part of what the day knew of the step: it does not say so itself."""
    by = {one.account: amount_of(one) for one in event.entries}
    stock = minus(by.get(Account.STOCK, NOTHING))
    step = minus(by.get(Account.PROCESS, NOTHING))
    if event.undoes is not None:
        kg = before.stock.kg
        parts = (before.made_kg, before.unknown_kg, before.hand_kg)
        made, unknown, hand = (one * stock.kg // kg if kg > 0 else 0 for one in parts)
        return Onward(stock, step, -(event.produced_kg or -made), unknown, hand)
    unknown = stock.kg if any(one.rule == STEP_UNKNOWN for one in event.remarks) else 0
    return Onward(stock, step, event.produced_kg or 0, unknown, stock.kg if by_hand else 0)


def followed(told: Onward, should: Amount, *, by_hand: bool) -> Followed:
    """What a day's should have carried more; `by_hand`: the step is booked by hand by now, so that
    it is in what the stock carries. Where it was then and is no more, nothing is known of it."""
    kg, made_kg = told.stock.kg, told.made_kg
    if kg <= 0:
        return NOT_FOLLOWED
    left = less(should, told.stock)._replace(kg=0)
    if told.unknown_kg if by_hand else told.hand_kg:
        unknown_kg = 0 if by_hand else told.unknown_kg + told.hand_kg
        known = less(_known(told, should, unknown_kg), plus(told.stock, told.step))
    elif any(left):
        known = _known(told, left, told.unknown_kg)
    else:
        return NOT_FOLLOWED
    enters = Amount(
        0,
        known.known_kg * made_kg // kg,
        known.emission_g,
        left.pre_kg * made_kg // kg,
        left.post_kg * made_kg // kg,
        left.emission_g + left.partial_g - known.emission_g,
    )
    return Followed(left, enters)


def _known(told: Onward, amount: Amount, unknown_kg: int) -> Amount:
    """What is known of an amount behind the step: that is added to what is known; where nothing is
    known of it, nothing that goes on is wholly known."""
    kg = told.stock.kg
    sure = Fraction(kg - max(0, min(kg, unknown_kg)), kg)
    per_kg = Fraction(told.step.emission_g + told.step.partial_g, kg)
    known_kg = amount.known_kg * sure
    grams = amount.emission_g * sure + amount.known_kg * per_kg
    return Amount(known_kg=round(known_kg), emission_g=round(grams))


def changed(before: ByDay, after: ByDay) -> ByDay:
    """The days on which it is otherwise than it was told before, as it is now."""
    days = sorted({*before, *after})
    pairs = ((day, before.get(day, NOT_FOLLOWED), after.get(day, NOT_FOLLOWED)) for day in days)
    return {day: now for day, was, now in pairs if now != was}


def left_more(before: ByDay, news: ByDay) -> Amount:
    """By how much more went out of the stock, over all days of the news."""
    total = NOTHING
    for day, now in news.items():
        total = plus(total, less(now.left, before.get(day, NOT_FOLLOWED).left))
    return total
