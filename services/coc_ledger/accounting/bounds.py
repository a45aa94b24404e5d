"""How much a pool may hold in all: what is beyond is a mistyped number, and no row could tell it.
Pure.

Each movement is bounded by its form; the sums of many are bounded here, before anything is booked.
They stay within what every reader of JSON holds exactly (design: integers below 2^53). What comes
into a pool from elsewhere (a delivery, the product of an earlier stage, what a period leaves) is
asked for where it is sent: there it can still be refused, and nothing is half booked.
"""

from contracts.coc_movements import MOST_GRAMS
from contracts.custody import MOST_KG
from infra.errors import Refused
from services.coc_ledger.evidence import Held

from .accounts import Amount, Books


def turned(books: Books) -> tuple[int, int, int]:
    """All that has come in, in kilograms, and the grams of CO2e of what is known wholly and in
    part. The accounts add up to zero, so that no sum of some of them is above it."""
    held = books.values()
    return (
        sum(one.kg for one in held if one.kg > 0),
        sum(one.emission_g for one in held if one.emission_g > 0),
        sum(one.partial_g for one in held if one.partial_g > 0),
    )


def within(before: Books, after: Books) -> bool:
    """Whether a pool holds no more than it may, or no more than it did."""
    most = (MOST_KG, MOST_GRAMS, MOST_GRAMS)
    found = zip(turned(before), turned(after), most, strict=True)
    return all(then <= limit or then <= was for was, then, limit in found)


def check_within(before: Books, after: Books) -> None:
    """Refused `pool-too-large` where it is not so."""
    if not within(before, after):
        raise _too_large(turned(after))


def check_room(there: Held | None, more: Amount) -> None:
    """Refuse what another pool would get, where that holds too much with it (`pool-too-large`).
    `there` is None where it goes into no pool of ours."""
    if there is None:
        return
    kg, grams, partial = abs(more.kg), max(0, more.emission_g), max(0, more.partial_g)
    after = there.kg + kg, there.emission_g + grams, there.partial_g + partial
    most = (MOST_KG, MOST_GRAMS, MOST_GRAMS)
    if any(then > limit for then, limit in zip(after, most, strict=True)):
        raise _too_large(after)


def _too_large(turned_over: tuple[int, int, int]) -> Refused:
    kg, grams, partial = turned_over
    return Refused(
        "pool-too-large",
        f"With this, {kg} kg with {(grams + partial) // 10**6} t of CO2e would have come into"
        f" the pool; it takes {MOST_KG} kg and {MOST_GRAMS // 10**6} t. Look for a mistyped"
        " number or unit.",
        mass_kg=str(kg),
        most_kg=MOST_KG,
        emission_t=str((grams + partial) // 10**6),
        most_emission_t=MOST_GRAMS // 10**6,
    )
