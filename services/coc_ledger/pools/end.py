"""How a pool's period ended. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from contracts.coc import PoolClosed
from contracts.coc_corrections import PoolCorrected
from contracts.custody import Account, Remark, Switched
from services.coc_ledger.accounting.accounts import NOTHING, Amount, amount_of
from services.coc_ledger.accounting.lasting import with_more
from services.coc_ledger.accounting.period import UNLOOKED


class End(NamedTuple):
    """How the period ended: where what comes later goes, what it left, and what was remarked of
    suppliers that were not looked at."""

    closed_on: date
    next_period: date
    to_scope_id: str
    balance_kg: int = 0
    owed_kg: int = 0
    stock: Amount = NOTHING
    policy_id: str = ""
    lasting: Mapping[date, int] = {}
    due: Mapping[date, int] = {}
    switched: Switched | None = None
    stepped_kg: int = 0
    unlooked: tuple[Remark, ...] = ()


def end_of(event: PoolClosed | PoolCorrected, closed_on: date, switched: Switched | None) -> End:
    """By a close, or its correction; `switched` as the close told it."""
    held = [amount_of(one) for one in event.stock if one.account is Account.STOCK]
    return End(
        closed_on,
        event.next_period,
        event.to_scope_id,
        event.balance_kg,
        event.owed_kg,
        held[0] if held else NOTHING,
        event.policy_id,
        with_more({}, event.lasting),
        with_more({}, event.due),
        switched,
        event.stepped_kg,
        tuple(one for one in event.remarks if one.rule == UNLOOKED),
    )
