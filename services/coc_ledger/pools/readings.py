"""What an event says of its period, in kilograms and grams. Pure."""

from contracts.coc import MovementBooked, OutputDesignated
from contracts.coc_late import LateShared
from contracts.custody import Account
from services.coc_ledger.accounting.accounts import amount_of


def known_g(event: LateShared) -> int:
    """Grams of the step's own emissions that were found to be of known metal."""
    process = (one for one in event.entries if one.account is Account.PROCESS)
    return -sum(amount_of(one).emission_g for one in process)


def added_g(event: MovementBooked) -> int:
    """Grams that a movement adds to the step's own emissions."""
    process = (amount_of(one) for one in event.entries if one.account is Account.PROCESS)
    return -sum(one.emission_g + one.partial_g for one in process)


def claimed_here(event: OutputDesignated) -> int:
    """What of a claim is of this period: a correction keeps the rest where that was claimed."""
    return sum(one.kg for one in event.entries if one.account is Account.OUTPUT_COC)
