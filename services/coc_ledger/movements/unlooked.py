"""Rows of what suppliers brought whom nobody had looked at when it was booked. Pure.

Whether a supplier was looked at is asked at each receipt, and said of it where it was not (R-28).
So only such receipts have rows here: one for each supplier of a pool, by day, and one for each
receipt that is taken back, which does not say whose it was. Of a supplier with a valid record there
is nothing: a file of a million movements costs no more.

Of a delivery by a document its issuer's scope is the supplier. Its check looks at certificates,
which is enough for the metal that counts; what does not, the rest of the shipment, or all of it
where the check failed, is material without CoC as any other. Rules: sources.md 5.5, 5.6 (3, 6).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from contracts.coc import MovementBooked
from contracts.coc_documents import DocumentChecked, DocumentEnded
from contracts.coc_movements import MovementsBooked
from contracts.custody import Account, MovementKind, Origin, PoolKey, Remark
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
    """What came from a supplier that was not looked at, in so many `receipts`; less than nothing,
    where what a document was said to bring is taken back."""

    supplier_id: str | None
    day: date
    kg: int
    receipts: int = 1


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


def _of_document(event: DocumentChecked | DocumentEnded) -> tuple[PoolKey, Brought] | None:
    """What a document's check changes of the material without CoC that its issuer brought into the
    customer's pool, or its end; None where nothing. What a member's other scope sends is its own.
    """
    if event.receiver is None or event.received_kg is None or event.received_on is None:
        return None
    if event.member_id == event.receiver_member_id:
        return None
    coc = min(event.mass_kg, event.received_kg)
    rest, whole = event.received_kg - coc, event.received_kg
    if isinstance(event, DocumentEnded):
        before, after = rest if event.counted else whole, 0
    else:
        after = rest if event.passed else whole
        before = 0 if event.check == 1 else rest + whole - after
    if before == after:
        return None
    count = bool(after) - bool(before)
    supplier = event.pool.scope_id
    return event.receiver, Brought(supplier, event.received_on, after - before, count)


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
    if isinstance(event, DocumentChecked | DocumentEnded):
        told = _of_document(event)
        return (f"{told[0].key}/{told[1].supplier_id}",) if told is not None else ()
    if not isinstance(event, MovementBooked | MovementsBooked):
        return ()
    pool = event.pool.key
    if (movement_id := _taken_back(event)) is not None:
        return (f"{pool}//{movement_id}",)
    return tuple({f"{pool}/{one.supplier_id or ''}": None for one in _brought(event)})


def _evolve(key: str, row: UnlookedRow | None, recorded: Recorded) -> UnlookedRow | None:
    event = recorded.event
    pool, _, named = key.partition("/")
    if (movement_id := _taken_back(event)) is not None:
        return UnlookedRow(key, pool, None, movement_id, {})
    days = dict(row.days) if row is not None else {}
    for one in _told(event, named):
        count, before = days.get(one.day.isoformat(), (0, 0))
        days[one.day.isoformat()] = [count + one.receipts, before + one.kg]
    return UnlookedRow(key, pool, named or None, None, days)


def _told(event: Event, named: str) -> Iterator[Brought]:
    """What an event says of one supplier."""
    if isinstance(event, DocumentChecked | DocumentEnded):
        told = _of_document(event)
        if told is not None:
            yield told[1]
    else:
        yield from _brought(event, named)


UNLOOKED = Projection(
    "unlooked",
    2,
    UnlookedRow,
    _keys,
    _evolve,
    (("pool", "key"),),
    frozenset({MovementBooked, MovementsBooked, DocumentChecked, DocumentEnded}),
    within="pool",
)
