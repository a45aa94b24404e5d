"""What an event says of its period, in kilograms and grams. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from contracts.coc import MovementBooked, OutputDesignated
from contracts.coc_late import LateShared
from contracts.custody import Account, MovementKind
from services.coc_ledger.accounting.accounts import amount_of
from services.coc_ledger.accounting.lots import news_of
from services.coc_ledger.accounting.onward import ByDay, step_more

BY_HAND = (MovementKind.PROCESS_EMISSIONS, MovementKind.REVERSAL)


class Taken(NamedTuple):
    """What a joint venture's holder took of this period's output by a document; whether the claim
    counts."""

    holder: str
    kg: int
    counts: bool


class Kept(NamedTuple):
    """A correction, in the words of its `draft`, of the document that it `replaces`; `parts` are
    the kilograms of it that stay in closed pools, by their streams and the days from which on they
    count."""

    draft: str
    replaces: str | None
    parts: tuple[tuple[str, date, int], ...]


def known_g(event: LateShared, followed: ByDay) -> int:
    """Grams of the step's own emissions that were found to be of known metal: without what its
    results add to what went on, which was `followed` before."""
    process = (one for one in event.entries if one.account is Account.PROCESS)
    added = step_more(followed, news_of(event.onward)).emission_g
    return -sum(amount_of(one).emission_g for one in process) - added


def by_hand_g(event: MovementBooked) -> int:
    """Grams of the step's own emissions that a movement books by hand, or takes back."""
    if event.moves_as not in BY_HAND:
        return 0
    process = (amount_of(one) for one in event.entries if one.account is Account.PROCESS)
    return -sum(one.emission_g + one.partial_g for one in process)


def claimed_here(event: OutputDesignated) -> int:
    """What of a claim is of this period: a correction keeps the rest where that was claimed."""
    return sum(one.kg for one in event.entries if one.account is Account.OUTPUT_COC)


def kept_by(event: OutputDesignated) -> Mapping[str, Kept]:
    """What a correction keeps in closed pools, by its number; nothing where it keeps nothing."""
    parts = tuple((one.pool.stream, one.day or event.day, one.kg) for one in event.from_closed)
    return {event.document: Kept(event.draft, event.replaces, parts)} if parts else {}
