"""What went on to the next stage, day by day, and what it should have carried by what is known now.
Pure.

A change of stage takes its part of what the stock carries at that moment, its own step changes it,
and the pool of the next stage gets it. What comes late makes that another part: by how much more
each day's should have carried is found in the order of days, and what of that enters the next pool:
the masses in proportion to what was made of it; known, as far as the step was. Grams are conserved.
What the step adds follows as well where verified results tell it, whenever they were verified: it
is found anew on what should have gone on, without what had the step in already. Older books do not
say what they told, and keep the average that was added.
Rules: sources.md 5.3, 5.7, decisions/0010.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Literal, NamedTuple

from contracts.coc import MovementBooked
from contracts.custody import Account, StepEmissions

from .accounts import NOTHING, Amount, amount_of, bounded, less, minus, plus
from .own_emissions import step_in

STEP_UNKNOWN = "5.7"
"""The rule of the remark by which a change of stage says that nothing is known of its step."""


class Rate(NamedTuple):
    """What is known of the step of a day: its kilograms of CO2e per kilogram, where results verify
    it; `mixed`, where it was told differently of several changes of stage."""

    how: Literal["verified", "booked", "unknown", "mixed"]
    kgco2e_per_kg: Decimal | None = None

    @property
    def step(self) -> StepEmissions:
        """The same for `own_emissions.step_in`."""
        assert self.how != "mixed"  # that is of what was told, never of what is known
        return StepEmissions(how=self.how, kgco2e_per_kg=self.kgco2e_per_kg)


BOOKED, MIXED = Rate("booked"), Rate("mixed")


def rate_of(step: StepEmissions) -> Rate:
    """What matters of it here."""
    return Rate(step.how, step.kgco2e_per_kg)


class Onward(NamedTuple):
    """What went on to the next stage on a day: what it carried out of the `stock`, what its `step`
    changed of that, how many kilograms were made of it; of how many the step was not known, and of
    how many it was booked by hand, so that it was in the stock; how many had it in, since a period
    before booked it (`stepped_kg`). `told_as` is by what the step was added (None: not told)."""

    stock: Amount = NOTHING
    step: Amount = NOTHING
    made_kg: int = 0
    unknown_kg: int = 0
    hand_kg: int = 0
    stepped_kg: int = 0
    told_as: Rate | None = None

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
            self.stepped_kg + more.stepped_kg,
            more.told_as if self.told_as == more.told_as or self == NONE_ONWARD else MIXED,
        )


NONE_ONWARD = Onward()


class Followed(NamedTuple):
    """By how much more what went on on a day should have carried: out of the stock, into the next
    pool, and of that what its `step` should have changed more. No mass."""

    left: Amount = NOTHING
    enters: Amount = NOTHING
    step: Amount = NOTHING


NOT_FOLLOWED = Followed()
ByDay = Mapping[date, Followed]
NO_NEWS: ByDay = {}


def onward_of(
    event: MovementBooked, before: Onward, *, by_hand: bool, stepped_kg: int = 0
) -> Onward:
    """What a change of stage, or one that is taken back, adds to its day as it was before; so much
    of it has the step in. Who is taken back has its part of what the day knew of the step: it does
    not say so itself."""
    by = {one.account: amount_of(one) for one in event.entries}
    stock = minus(by.get(Account.STOCK, NOTHING))
    step = minus(by.get(Account.PROCESS, NOTHING))
    if event.undoes is not None:
        kg = before.stock.kg
        parts = (before.made_kg, before.unknown_kg, before.hand_kg, before.stepped_kg)
        made, unknown, hand, stepped_kg = (one * stock.kg // kg if kg > 0 else 0 for one in parts)
        made = -(event.produced_kg or -made)
        return Onward(stock, step, made, unknown, hand, stepped_kg, before.told_as)
    unknown = stock.kg if any(one.rule == STEP_UNKNOWN for one in event.remarks) else 0
    told = rate_of(event.step) if event.step is not None else None
    return Onward(
        stock,
        step,
        event.produced_kg or 0,
        unknown,
        stock.kg if by_hand else 0,
        stepped_kg,
        BOOKED if told and by_hand else told,
    )


def followed(
    told: Onward,
    should: Amount,
    *,
    by_hand: bool,
    rate: Rate | None = None,
    stepped_kg: int = 0,
) -> Followed:
    """What a day's should have carried more; `by_hand`: the step is booked by hand by now, so that
    it is in what the stock carries. Otherwise it is as verified results tell it by now (`rate`),
    on what has it not in yet; where they never did, as it was added. Where it was booked by hand
    then and is no more, nothing is known of it."""
    if told.stock.kg <= 0:
        return NOT_FOLLOWED
    left = less(should, told.stock)._replace(kg=0)
    if rate is not None:
        return step_followed(told, left, BOOKED if by_hand else rate, stepped_kg)
    return _as_added(told, should, left, by_hand=by_hand)


ROUNDED_KG = 1
"""Metal with the step in is told in whole kilograms: so much more or less of it is rounding."""
ROUNDED_G = 200
"""Each change of stage of a day rounded its grams, where books do not say by what it was told."""


def step_followed(told: Onward, left: Amount, rate: Rate, stepped_kg: int) -> Followed:
    """The same of what should have carried so much more out of the stock, of which so many
    kilograms have the step in, by what is known of that."""
    same = abs(stepped_kg - told.stepped_kg) <= ROUNDED_KG
    stepped_kg = max(0, min(told.stepped_kg if same else stepped_kg, told.stock.kg))
    if same and rate == told.told_as and not any(left):
        return NOT_FOLLOWED
    metal = bounded(plus(told.stock, left))
    step = less(step_in(rate.step, metal, stepped_kg).change, told.step)
    if told.told_as is None and same and not any(left) and _rounded(step):
        return NOT_FOLLOWED
    whole, made_kg, kg = plus(left, step), told.made_kg, told.stock.kg
    enters = whole._replace(
        known_kg=whole.known_kg * made_kg // kg,
        pre_kg=whole.pre_kg * made_kg // kg,
        post_kg=whole.post_kg * made_kg // kg,
    )
    return Followed(left, enters, step)


def _rounded(step: Amount) -> bool:
    return not step.known_kg and abs(step.emission_g) + abs(step.partial_g) <= ROUNDED_G


def _as_added(told: Onward, should: Amount, left: Amount, *, by_hand: bool) -> Followed:
    """The same of books that do not say by what the step was added."""
    kg, made_kg = told.stock.kg, told.made_kg
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
    return _more((less(now.left, _was(before, day).left) for day, now in news.items()))


def step_more(before: ByDay, news: ByDay) -> Amount:
    """By how much more its step changed, over all days of the news."""
    return _more((less(now.step, _was(before, day).step) for day, now in news.items()))


def _was(before: ByDay, day: date) -> Followed:
    return before.get(day, NOT_FOLLOWED)


def _more(amounts: Iterable[Amount]) -> Amount:
    return reduce(plus, amounts, NOTHING)
