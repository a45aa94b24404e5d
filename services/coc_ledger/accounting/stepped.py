"""Metal of a pool that has its step in already, since a period before booked it by hand. Pure.

A period may book the emissions of its step by hand: they are in all that it leaves in stock. In the
next one verified results add the step to what documents claim; to that metal it is added no second
time. It is mixed with all else in the pool, so each claim has its part of it, by mass: what is left
in the pool is what claims, losses and changes of stage have not taken. Rules: sources.md 5.7.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from contracts.coc import (
    BalanceCarried,
    DesignationReleased,
    MovementBooked,
    OutputDesignated,
)
from contracts.coc_corrections import BalanceCorrected
from contracts.coc_movements import MovementsBooked, added_up
from contracts.custody import Account, MovementKind
from contracts.envelope import Event

from .accounts import Amount, Books, held

MISSING = (Account.LOSSES, Account.UNEXPLAINED)


class Stepped(NamedTuple):
    """Kilograms with the step in, among the metal that no document claims; and of metal that was
    lost, missed or went on to the next stage since, how much there was and how much of it had the
    step in: it may come back."""

    kg: int = 0
    gone_kg: int = 0
    gone_stepped_kg: int = 0

    def of(self, kg: int, there_kg: int) -> int:
        """How many of some kilograms of the metal that is there have the step in."""
        left = max(0, self.kg)
        if kg <= 0 or not left:
            return 0
        return min(kg, left * kg // there_kg if kg < there_kg else left)

    def without(self, kg: int, there_kg: int) -> "Stepped":
        """After so much of what was there is gone; below zero, after it came back."""
        if kg >= 0:
            taken = self.of(kg, there_kg)
        elif self.gone_kg <= 0:
            return self
        else:
            kg = -min(-kg, self.gone_kg)
            taken = self.gone_stepped_kg * kg // self.gone_kg
        return Stepped(self.kg - taken, self.gone_kg + kg, self.gone_stepped_kg + taken)


NONE_STEPPED = Stepped()


def unclaimed_kg(books: Books, onward: Amount) -> int:
    """What lies in stock, or was shipped and no document claims: `onward` was not shipped."""
    there = (Account.STOCK, Account.OUTFLOW, Account.OUTFLOW_SCRAP)
    return sum(held(books, one).kg for one in there) - onward.kg


def stepped_part(stepped: Stepped, books: Books, onward: Amount) -> Fraction:
    """The part of the metal that lies there with the step in; none where there is no metal."""
    there_kg = unclaimed_kg(books, onward)
    return Fraction(stepped.of(there_kg, there_kg), there_kg) if there_kg > 0 else Fraction(0)


def stepped_after(before: Stepped, event: Event, books: Books, onward: Amount) -> Stepped:
    """After an event; `books` and what of the outflow went `onward` are the pool's after it."""
    if isinstance(event, BalanceCarried):
        return _more(before, event.stepped_kg)
    if isinstance(event, BalanceCorrected):
        return _more(before, event.stepped_change_kg)
    match event:
        case OutputDesignated():
            kept = sum(one.carried.stepped_kg for one in event.from_closed if one.carried)
            return _more(before, kept - event.carried.stepped_kg)
        case DesignationReleased():
            return _more(before, -event.stepped_kg if event.restored else event.stepped_kg)
        case MovementBooked() | MovementsBooked() if before != NONE_STEPPED:
            gone_kg = _gone(event)
            return before.without(gone_kg, unclaimed_kg(books, onward) + gone_kg)
        case _:
            return before


def _more(before: Stepped, kg: int) -> Stepped:
    return before._replace(kg=before.kg + kg) if kg else before


def _gone(event: MovementBooked | MovementsBooked) -> int:
    """What was lost, missed, or went on to the next stage; below zero where it came back."""
    return sum(_leaving(event))


def _leaving(event: MovementBooked | MovementsBooked) -> Iterable[int]:
    if isinstance(event, MovementsBooked):
        for (source, target), moved in added_up(event.totals.values()).items():
            yield moved[0] * ((target in MISSING) - (source in MISSING))
        return
    onward = event.moves_as is MovementKind.TO_STAGE
    for one in event.entries:
        if one.account in MISSING:
            yield one.kg
        elif onward and one.account is Account.STOCK:
            yield -one.kg
