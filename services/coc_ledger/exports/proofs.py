"""Proofs of origin that are named in more than one scope of a member, or for more than one
supplier. Pure.

A supplier's declaration covers many deliveries, so that to name one often is no fault, and no
booking is refused for it. One that is named in two scopes, or for two suppliers, may be right (a
lot that was divided, a dealer for a yard) and may count the same scrap twice: that is for a clerk
and an auditor to look at. So it is found when it is asked for, from the bookings of a calendar
year, and costs a booking nothing. Rules: sources.md 5.5 (evidence of origin).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from contracts.coc import MovementBooked
from contracts.coc_movements import MovementsBooked
from contracts.custody import Account
from contracts.envelope import Event

TWO_SCOPES = "proof-in-more-than-one-scope"
TWO_SUPPLIERS = "proof-of-more-than-one-supplier"


class Line(NamedTuple):
    """A proof as one scope names it for one supplier in a year: how many movements, with what mass,
    from the first day through the last; what was taken back does not count. `remarks` are about the
    proof, the same in each of its lines. Of a scope that is not the viewer's to see it says no more
    than that there is one (`masked`)."""

    origin_ref: str
    remarks: tuple[str, ...]
    scope_id: str | None
    supplier_id: str | None
    movements: int | None
    mass_kg: int | None
    first_on: date | None
    last_on: date | None
    masked: bool = False


COLUMNS = Line._fields
By = tuple[str, str]
"""A scope, and its supplier (empty: none was told)."""


class _Named:
    """What names a proof in one scope for one supplier."""

    __slots__ = ("first", "kg", "last", "movements")

    def __init__(self, day: date) -> None:
        self.movements, self.kg, self.first, self.last = 0, 0, day, day

    def add(self, day: date, kg: int, count: int) -> None:
        self.movements += count
        self.kg += kg
        self.first, self.last = min(self.first, day), max(self.last, day)


class Proofs:
    """All proofs of a year, as far as the bookings have been gone through."""

    def __init__(self, year: int) -> None:
        self._year = year
        self._found: dict[str, dict[By, _Named]] = {}
        self.taken_back: list[tuple[str, str]] = []
        """Movements that were taken back, each with its pool: what they were is in rows."""

    def add(self, event: Event) -> None:
        """With a booking."""
        if isinstance(event, MovementsBooked):
            self._add_all(event)
        elif isinstance(event, MovementBooked):
            if event.origin_ref is not None:
                kg = sum(one.kg for one in event.entries if one.account is Account.STOCK)
                by = event.pool.scope_id, event.counterparty or ""
                self._name(event.origin_ref, by, event.day, kg, 1)
            if event.reverses is not None and event.day.year == self._year:
                self.taken_back.append((event.pool.key, event.reverses))

    def take_back(self, movement: Mapping[str, Any]) -> None:
        """Without a movement, as its row tells it."""
        proof, pool = movement.get("origin_ref"), movement["pool"]
        if proof is None:
            return
        kg = sum(one["kg"] for one in movement["entries"] if one["account"] == Account.STOCK.value)
        by = pool["scope_id"], movement["counterparty"] or ""
        self._name(proof, by, date.fromisoformat(movement["day"]), -kg, -1)

    def _add_all(self, event: MovementsBooked) -> None:
        columns = zip(
            event.origin_refs, event.counterparties, event.days, event.kg, strict=False
        )  # without any proof the first is empty
        for proof, supplier, day, kg in columns:
            if proof is not None:
                self._name(proof, (event.pool.scope_id, supplier or ""), day, kg, 1)

    def _name(self, proof: str, by: By, day: date, kg: int, count: int) -> None:
        if day.year != self._year:
            return
        named = self._found.setdefault(proof, {})
        one = named.get(by)
        if one is None:
            one = named[by] = _Named(day)
        one.add(day, kg, count)

    def lines(self, scope_id: str, seen: Iterable[str]) -> Iterator[Line]:
        """Those that a scope names and that are remarked on, by proof; `seen` are the scopes that
        the viewer may see."""
        seen = frozenset(seen)
        for proof in sorted(self._found):
            named = {by: one for by, one in self._found[proof].items() if one.movements > 0}
            remarks = _remarks(named)
            if remarks and any(scope == scope_id for scope, _ in named):
                yield from _lines(proof, remarks, named, seen)


def _remarks(named: Iterable[By]) -> tuple[str, ...]:
    by = list(named)
    found = [TWO_SCOPES] if len({scope for scope, _ in by}) > 1 else []
    if len({supplier for _, supplier in by if supplier}) > 1:
        found.append(TWO_SUPPLIERS)
    return tuple(found)


def _lines(
    proof: str, remarks: tuple[str, ...], named: Mapping[By, _Named], seen: frozenset[str]
) -> Iterator[Line]:
    for (scope_id, supplier), one in sorted(named.items(), key=lambda each: each[0]):
        if scope_id in seen:
            yield Line(
                proof, remarks, scope_id, supplier or None, one.movements, one.kg, one.first,
                one.last,
            )  # fmt: skip
    if any(scope_id not in seen for scope_id, _ in named):
        yield Line(proof, remarks, None, None, None, None, None, None, masked=True)
