"""Double entry in integer kilograms: what a pool holds, and how movements move it. Pure.

A movement is a balanced tuple of entries: in each component (mass, mass of known footprint, its
grams of CO2e, those known of the rest, recycled mass by kind) they add up to zero, so that the sum
over all accounts is zero after every movement. A lot that leaves an account takes its part of what
the account carries, rounded down to the unit; the rest stays, and nothing is lost. Accounts:
sources.md 5.3.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import sub
from typing import NamedTuple

from contracts.coc_movements import Ways
from contracts.custody import ZERO, Account, Carried, Entry

GRAMS = 1000


class Amount(NamedTuple):
    """What an account holds: mass, and what the mass carries. `known_kg` is the part of the mass
    whose footprint is wholly known, `emission_g` its emissions in grams of CO2e, `partial_g` what
    is known of those of the rest."""

    kg: int = 0
    known_kg: int = 0
    emission_g: int = 0
    pre_kg: int = 0
    post_kg: int = 0
    partial_g: int = 0


NOTHING = Amount()
_made = tuple.__new__  # an amount without its constructor: several of them are made of each row
Books = Mapping[Account, Amount]
Kgs = tuple[int, ...]
"""Mass by account, in the order of `ACCOUNTS`."""

ACCOUNTS: tuple[Account, ...] = tuple(Account)
PLACE: Mapping[Account, int] = {account: place for place, account in enumerate(ACCOUNTS)}
NO_KGS: Kgs = (0,) * len(ACCOUNTS)

ELIGIBLE_SCRAP = (Account.INPUT_PRE_CONSUMER, Account.INPUT_POST_CONSUMER, Account.INPUT_DROSS)
INPUTS = (Account.INPUT_COC, *ELIGIBLE_SCRAP)
"""The CoC part of what comes in."""
INFLOWS = (*INPUTS, Account.NON_COC)
OUTPUTS = (Account.OUTPUT_COC, Account.OUTFLOW, Account.OUTFLOW_SCRAP)


def plus(one: Amount, other: Amount) -> Amount:
    """The sum, component by component."""
    if other is NOTHING:
        return one
    kg, known, grams, pre, post, partial = other
    return _made(
        Amount,
        (
            one[0] + kg,
            one[1] + known,
            one[2] + grams,
            one[3] + pre,
            one[4] + post,
            one[5] + partial,
        ),
    )


def less(one: Amount, other: Amount) -> Amount:
    """The difference, component by component."""
    if other is NOTHING:
        return one
    kg, known, grams, pre, post, partial = other
    return _made(
        Amount,
        (
            one[0] - kg,
            one[1] - known,
            one[2] - grams,
            one[3] - pre,
            one[4] - post,
            one[5] - partial,
        ),
    )


def minus(amount: Amount) -> Amount:
    """The same with the other sign."""
    kg, known, grams, pre, post, partial = amount
    return Amount(-kg, -known, -grams, -pre, -post, -partial)


def part(held: Amount, kg: int) -> Amount:
    """What `kg` of a holding carry: their share of each component, rounded down; all of it when
    that is all there is, nothing where there is nothing to share."""
    if kg <= 0 or held.kg <= 0:
        return Amount(max(kg, 0))
    if kg >= held.kg:
        return held._replace(kg=kg)
    whole, known, grams, pre, post, partial = held
    return _made(
        Amount,
        (
            kg,
            known * kg // whole if known > 0 else 0,
            grams * kg // whole if grams > 0 else 0,
            pre * kg // whole if pre > 0 else 0,
            post * kg // whole if post > 0 else 0,
            partial * kg // whole if partial > 0 else 0,
        ),
    )


def bounded(amount: Amount) -> Amount:
    """The same with no more of anything than a lot of that mass can carry, and nothing below zero.
    A movement that is taken back to the gram after a claim had its part of the average may leave
    more recycled mass than mass in an account; what no lot can carry stays there."""
    kg, known, grams, pre, post, partial = amount
    pre = max(0, min(pre, kg))
    return Amount(
        kg, max(0, min(known, kg)), max(0, grams), pre, max(0, min(post, kg - pre)), max(0, partial)
    )


def amount_of(entry: Entry) -> Amount:
    """An entry's amount."""
    grams, partial = grams_of(entry.emission_kgco2e), grams_of(entry.partial_kgco2e)
    return Amount(entry.kg, entry.known_kg, grams, entry.pre_kg, entry.post_kg, partial)


def grams_of(kgco2e: Decimal) -> int:
    """Kilograms of CO2e in grams."""
    return int(kgco2e * GRAMS) if kgco2e else 0


def entry(account: Account, amount: Amount) -> Entry:
    """An amount as an entry of an account. Made of our own sums, so nothing is read again."""
    return Entry.model_construct(
        account=account,
        kg=amount.kg,
        known_kg=amount.known_kg,
        emission_kgco2e=Decimal(amount.emission_g) / GRAMS if amount.emission_g else ZERO,
        pre_kg=amount.pre_kg,
        post_kg=amount.post_kg,
        partial_kgco2e=Decimal(amount.partial_g) / GRAMS if amount.partial_g else ZERO,
    )


def carried_amount(kg: int, carried: Carried) -> Amount:
    """A lot with what it is told to carry."""
    grams, partial = grams_of(carried.emission_kgco2e), grams_of(carried.partial_kgco2e)
    return Amount(kg, carried.known_kg, grams, carried.pre_kg, carried.post_kg, partial)


def balanced(entries: Iterable[Entry]) -> bool:
    """Whether entries add up to zero in each component."""
    total = NOTHING
    for one in entries:
        total = plus(total, amount_of(one))
    return total == NOTHING


def posted(books: Books, entries: Iterable[Entry]) -> Books:
    """The books after some entries; the old ones are not touched."""
    after = dict(books)
    for one in entries:
        after[one.account] = plus(after.get(one.account, NOTHING), amount_of(one))
    return after


def posted_kg(kgs: Kgs, entries: Iterable[Entry]) -> Kgs:
    """The masses after some entries."""
    after = list(kgs)
    for one in entries:
        after[PLACE[one.account]] += one.kg
    return tuple(after)


def shifted(books: Books, ways: Ways) -> Books:
    """The books after amounts went from accounts to others."""
    after = dict(books)
    for (source, target), moved in ways.items():
        if any(moved):
            amount = Amount(*moved)
            after[source] = plus(after.get(source, NOTHING), minus(amount))
            after[target] = plus(after.get(target, NOTHING), amount)
    return after


def shifted_kg(kgs: Kgs, ways: Ways) -> Kgs:
    """The masses after the same."""
    after = list(kgs)
    for (source, target), moved in ways.items():
        after[PLACE[source]] -= moved[0]
        after[PLACE[target]] += moved[0]
    return tuple(after)


def added(one: Kgs, other: Kgs) -> Kgs:
    """The sum of masses, account by account."""
    return tuple(a + b for a, b in zip(one, other, strict=True))


def standings(total: Kgs, days: Mapping[date, Kgs], day: date) -> Iterator[tuple[date, Kgs]]:
    """The masses as they stood after each day from one on, the last day first: `total` less what
    was booked on later `days`. Days on which nothing was booked stand as the one before."""
    left = total
    for later in sorted((one for one in days if one > day), reverse=True):
        yield later, left
        left = tuple(map(sub, left, days[later]))
    yield day, left


def held(books: Books, account: Account) -> Amount:
    """What an account holds."""
    return books.get(account, NOTHING)


def reversed_entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries that take others back, to the gram."""
    return tuple(entry(one.account, minus(amount_of(one))) for one in entries)


# --- movements ---


def received(amount: Amount, from_accounts: Sequence[tuple[Account, int]]) -> tuple[Entry, ...]:
    """Metal comes in: stock is debited, each account of origin credited with its kilograms and
    its part of what the metal carries. The kilograms add up to the amount's."""
    left, made = amount, list[Entry]()
    for account, kg in from_accounts:
        if kg:
            share = part(left, kg)
            left = plus(left, minus(share))
            made.append(entry(account, minus(share)))
    return (*made, entry(Account.STOCK, amount))


def moved(books: Books, source: Account, target: Account, kg: int) -> tuple[Entry, ...]:
    """A lot goes from one account to another with its part of what the first carries."""
    share = part(held(books, source), kg)
    return entry(source, minus(share)), entry(target, share)


def lost(books: Books, kg: int) -> tuple[Entry, ...]:
    """Metal is lost from stock. Its emissions stay with what is left: the products bear them."""
    share = part(held(books, Account.STOCK), kg)._replace(emission_g=0, partial_g=0)
    return entry(Account.STOCK, minus(share)), entry(Account.LOSSES, share)


def counted(books: Books, counted_kg: int) -> tuple[Entry, ...]:
    """A physical count found another stock than the books: the difference is unexplained."""
    found = found_by_count(held(books, Account.STOCK), counted_kg)
    if not found.kg:
        return ()
    return entry(Account.UNEXPLAINED, minus(found)), entry(Account.STOCK, found)


def found_by_count(stock: Amount, counted_kg: int) -> Amount:
    """What a count adds to a stock. Where it finds less, that is gone like a loss, with its share
    of what the stock is known to be; where it finds more, of that nothing is known."""
    more = counted_kg - stock.kg
    if more >= 0:
        return Amount(more)
    return minus(part(stock, -more)._replace(emission_g=0, partial_g=0))


def processed(books: Books, grams: int) -> tuple[Entry, ...]:
    """Emissions of the step itself are added to what the stock carries: to the mass whose footprint
    is known, and to the rest, each its part."""
    stock = held(books, Account.STOCK)
    known = grams
    if 0 <= stock.known_kg < stock.kg:
        known = grams * stock.known_kg // stock.kg
    more = Amount(emission_g=known, partial_g=grams - known)
    return entry(Account.PROCESS, minus(more)), entry(Account.STOCK, more)


def reclassified(amount: Amount, *, as_coc: bool) -> tuple[Entry, ...]:
    """Metal that came in by a document counts as CoC after all, or does not."""
    source, target = (
        (Account.NON_COC, Account.INPUT_COC) if as_coc else (Account.INPUT_COC, Account.NON_COC)
    )
    return entry(source, amount), entry(target, minus(amount))
