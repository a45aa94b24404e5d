"""Rows of what suppliers brought whom nobody had looked at when it was booked. Pure.

Whether a supplier was looked at is asked at each receipt, and said of it where it was not (R-28).
So only such receipts have rows here: one for each supplier of a pool, by day, and one for each
receipt that is taken back, which does not say whose it was. Of a supplier with a valid record there
is nothing: a file of a million movements costs no more. Rules: sources.md 5.5, 5.6 (6).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from contracts.coc import MovementBooked
from contracts.coc_movements import MovementsBooked
from contracts.custody import Account, MovementKind, Origin, Remark
from contracts.envelope import Event, Recorded
from infra.readmodel import Projection

RULE = "R-28"


class UnlookedRow(NamedTuple):
    """What a supplier brought into a pool without a record (None: none was named): by day, how many
    receipts and kilograms. Or (`taken_back`) the id of a receipt that does not stand any more."""

    key: str
    pool: str
    supplier_id: str | None
    taken_back: str | None
    days: dict[str, list[int]]


class Brought(NamedTuple):
    """A receipt from a supplier that was not looked at."""

    supplier_id: str | None
    day: date
    kg: int


def brought(movement: MovementBooked) -> Brought | None:
    """What a movement brought from a supplier that was not looked at; None for any other."""
    if movement.kind is not MovementKind.RECEIPT:
        return None
    if not _is_told(movement.origin, movement.remarks):
        return None
    kg = sum(one.kg for one in movement.entries if one.account is Account.STOCK)
    return Brought(movement.counterparty, movement.day, kg)


def _is_told(origin: Origin | None, remarks: Sequence[Remark]) -> bool:
    """A mine of one's own has no supplier: R-28 says something else of it."""
    return origin is not Origin.OWN_MINE and any(one.rule == RULE for one in remarks)


def _brought(event: Event, named: str | None = None) -> Iterator[Brought]:
    """What an event says of all such suppliers, or of one that is `named` (empty: of those who are
    not)."""
    if isinstance(event, MovementBooked):
        found = brought(event)
        if found is not None:
            yield found
    elif isinstance(event, MovementsBooked) and any(event.remarks):
        columns = zip(
            event.remarks, event.kinds, event.origins, event.counterparties, event.days, event.kg,
            strict=True,
        )  # fmt: skip
        for remarks, kind, origin, supplier, day, kg in columns:
            if not remarks or (named is not None and (supplier or "") != named):
                continue
            if kind is MovementKind.RECEIPT and _is_told(origin, remarks):
                yield Brought(supplier, day, kg)


def _taken_back(event: Event) -> str | None:
    """The receipt without CoC status that a movement takes back."""
    if not isinstance(event, MovementBooked) or event.kind is not MovementKind.REVERSAL:
        return None
    if event.document is not None or event.undoes is not None:
        return None
    back = any(one.account is Account.NON_COC and one.kg > 0 for one in event.entries)
    return event.reverses if back else None


def _keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if not isinstance(event, MovementBooked | MovementsBooked):
        return ()
    pool = event.pool.key
    if (movement_id := _taken_back(event)) is not None:
        return (f"{pool}//{movement_id}",)
    return tuple({f"{pool}/{one.supplier_id or ''}": None for one in _brought(event)})


def _evolve(key: str, row: UnlookedRow | None, recorded: Recorded) -> UnlookedRow | None:
    event = recorded.event
    assert isinstance(event, MovementBooked | MovementsBooked)  # no other has a key
    pool, _, named = key.partition("/")
    if (movement_id := _taken_back(event)) is not None:
        return UnlookedRow(key, pool, None, movement_id, {})
    days = dict(row.days) if row is not None else {}
    for _, day, kg in _brought(event, named):
        count, before = days.get(day.isoformat(), (0, 0))
        days[day.isoformat()] = [count + 1, before + kg]
    return UnlookedRow(key, pool, named or None, None, days)


UNLOOKED = Projection(
    "unlooked",
    1,
    UnlookedRow,
    _keys,
    _evolve,
    (("pool", "key"),),
    frozenset({MovementBooked, MovementsBooked}),
    within="pool",
)
