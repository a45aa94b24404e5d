"""What the metal of a pool carries, as kept in its row: by account where it lies or may still be
claimed, and by kind of source where it came without a document. Pure.
"""

from collections.abc import Iterable
from typing import NamedTuple

from contracts.coc_late import LateShared
from contracts.coc_movements import Moved, Ways
from contracts.custody import Account, Entry
from services.coc_ledger.accounting.accounts import NOTHING, Amount, amount_of, minus, plus
from services.coc_ledger.accounting.lots import otherwise_of

Carrying = dict[str, list[int]]
"""Amounts (`accounts.Amount`) by account, and by source."""
KEPT = frozenset({Account.STOCK, Account.OUTFLOW, Account.OUTFLOW_SCRAP})
ONWARD = "onward"
"""Under which name lies what of the outflow went on to the next stage without CoC status."""
OTHERWISE = "told_otherwise"
"""Under which name lies what belongs to lots that were told otherwise; kept from then on."""
KIND_OF = {
    Account.INPUT_COC: "own_mine",
    Account.INPUT_POST_CONSUMER: "post_consumer_scrap",
    Account.INPUT_DROSS: "recovered_from_dross",
}
"""Where CoC input that came without a document is booked, by kind."""
BESIDE = {Account.NON_COC: "non_coc_metal", Account.OPENING: "opening_stock"}
"""Where metal is booked that came in and is no CoC input: its average is the pool's as well."""


NAMES = {**KIND_OF, **BESIDE}


class Carries(NamedTuple):
    """What a lot of so many kilograms carries; `known_kg` of them with a footprint that is wholly
    known, of `emission_g`; `partial_g` is what is known of the rest."""

    kg: int
    known_kg: int
    emission_g: int
    partial_g: int


def posted(carrying: Carrying, entries: Iterable[Entry], source: str | None) -> Carrying:
    """After a movement. `source` is the kind in whose name it came in, where the account does not
    say it; empty where what came has a document of its own."""
    after = dict(carrying)
    for one in entries:
        amount = amount_of(one)
        if one.account in KEPT:
            _add(after, one.account.value, amount)
        elif one.account in KIND_OF and source != "":
            _add(after, source or KIND_OF[one.account], minus(amount))
        elif one.account in BESIDE:
            _add(after, BESIDE[one.account], minus(amount))
    return after


def went_on(carrying: Carrying, amount: Amount) -> Carrying:
    """After that of the outflow went on to the next stage, or came back from there."""
    if not any(amount):
        return carrying
    after = dict(carrying)
    _add(after, ONWARD, amount)
    return after


def in_order(carrying: Carrying, event: LateShared) -> Carrying:
    """After what came late was shared."""
    after = posted(carrying, event.entries, "")
    amount = otherwise_of(event.told_otherwise)
    if any(amount) or OTHERWISE in after:
        _add(after, OTHERWISE, amount)
    return after


def waiting(carrying: Carrying, account: Account) -> Amount:
    """What lies in an account; of the outflow what was shipped, and no document claims yet."""
    there = held(carrying, account.value)
    gone = held(carrying, ONWARD) if account is Account.OUTFLOW else NOTHING
    return plus(there, minus(gone))


def moved(carrying: Carrying, ways: Ways) -> Carrying:
    """After many movements, none of which came by a document or from another stage."""
    after = dict(carrying)
    for (source, target), shift in ways.items():
        if source in KEPT:
            _add(after, source.value, minus(Amount(*shift)))
        elif source in NAMES:
            _add(after, NAMES[source], Amount(*shift))
        if target in KEPT:
            _add(after, target.value, Amount(*shift))
    return after


def brought(before: Carrying, entries: Iterable[Entry]) -> Carrying:
    """What came from mines and as scrap, by kind, after a movement that has no document."""
    after = dict(before)
    for one in entries:
        if one.account in KIND_OF:
            _add(after, KIND_OF[one.account], minus(amount_of(one)))
    return after


def came_beside(before: Carrying, entries: Iterable[Entry]) -> Carrying:
    """What came in that is no CoC input, by kind, after any posting."""
    after = dict(before)
    for one in entries:
        if one.account in BESIDE:
            _add(after, BESIDE[one.account], minus(amount_of(one)))
    return after


def brought_together(before: Carrying, ways: Ways) -> Carrying:
    """What came without a document, and beside CoC input, after many movements."""
    after = dict(before)
    for (source, _), shift in ways.items():
        if source in NAMES:
            _add(after, NAMES[source], Amount(*shift))
    return after


def _add(after: Carrying, name: str, more: Amount | Moved) -> None:
    after[name] = list(plus(Amount(*after.get(name, NOTHING)), Amount(*more)))


def held(carrying: Carrying, name: str) -> Amount:
    """What is carried under a name."""
    return Amount(*carrying.get(name, NOTHING))


def carries(carrying: Carrying, name: str) -> Carries | None:
    """The same for a trace; None where nothing is kept under it."""
    found = carrying.get(name)
    if found is None:
        return None
    kg, known_kg, emission_g, _, _, partial_g = found
    return Carries(kg, known_kg, emission_g, partial_g)
