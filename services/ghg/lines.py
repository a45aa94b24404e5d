"""What a calculation gives: lines of activity times factor, each with its scope and its rule. Pure.

A result is its lines; totals, reports and intensities are sums over some of them and hold nothing
of their own. A line whose emission follows from more than a product carries the `Working` of its
equation; what would be wrong with a line for an auditor is in its doubts.
"""

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import DataKind, Scope, Step
from contracts.values import all_plain, plain
from infra.policy import Evidence

from .activity import PRIMARY, Datum, Inventory
from .working import Doubt, Working


class Applied(NamedTuple):
    """The factor of a line: kg CO2e per unit of its activity, by which name of which set, on what
    evidence. `primary` says that it is the facility's or a supplier's own, not a table's."""

    value: Decimal
    unit: str
    name: str
    factor_set: str
    evidence: Evidence | str
    source: str
    primary: bool = False
    uncertainty_percent: Decimal | None = None


class Line(NamedTuple):
    """One emission: `kg` of CO2e under the result's warming potentials. `data` are the datum ids
    that it rests on; `rule` says which equation or choice made it."""

    data: tuple[str, ...]
    step: Step
    scope: Scope
    item: str
    activity: Decimal
    unit: str
    factor: Applied
    rule: str
    kg: Decimal
    kind: DataKind
    working: tuple[Working, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    uncertainty_percent: Decimal | None = None

    @property
    def primary(self) -> bool:
        """Whether activity and factor are both primary data (sources.md 4.10)."""
        return self.kind in PRIMARY and (self.factor.primary or self.scope is not Scope.PURCHASED)


_made = tuple.__new__  # a NamedTuple without its constructor: there are millions


def product(
    datum: Datum,
    scope: Scope,
    unit: str,
    factor: Applied,
    rule: str,
    kind: DataKind | None = None,
    working: tuple[Working, ...] = (),
    doubts: tuple[Doubt, ...] = (),
) -> Line:
    """The line of one datum times a factor; of the datum's own kind unless another is given."""
    quantity = datum.quantity
    kg = quantity * factor.value
    return line_of(datum, scope, unit, quantity, factor, rule, kg, kind, working, doubts)


def line_of(
    datum: Datum,
    scope: Scope,
    unit: str,
    activity: Decimal,
    factor: Applied,
    rule: str,
    kg: Decimal,
    kind: DataKind | None = None,
    working: tuple[Working, ...] = (),
    doubts: tuple[Doubt, ...] = (),
) -> Line:
    """A line that rests on one datum, of its own kind unless another is given."""
    return _made(
        Line,
        (
            (datum.datum_id,),
            datum.step,
            scope,
            datum.item,
            activity,
            unit,
            factor,
            rule,
            kg,
            datum.kind if kind is None else kind,
            working,
            doubts,
            datum.uncertainty_percent,
        ),
    )


class Result(NamedTuple):
    """The lines of one facility and year, and under what they were calculated. `scrap_method` is
    disclosed with them. `doubts` are those of no single line."""

    inventory: Inventory
    lines: Sequence[Line]
    gwp_set: str
    factor_sets: tuple[str, ...]
    policy_id: str
    engine: str
    doubts: tuple[Doubt, ...] = ()
    scrap_method: str = ""

    def working_hash(self) -> str:
        """SHA-256 over all lines in order: what was multiplied by what and what came out."""
        digest = hashlib.sha256()
        head = (
            self.inventory.site.facility_id,
            str(self.inventory.year),
            self.gwp_set,
            self.scrap_method,
            *self.factor_sets,
            self.policy_id,
            self.engine,
        )
        digest.update("|".join(head).encode())
        if self.lines:
            digest.update(_spelled(self.lines).encode())
        return digest.hexdigest()


def _spelled(lines: Sequence[Line]) -> str:
    """All lines as one text. They are gone through column by column, and a factor, which many
    lines share, is spelled once: a hash is made of every result."""
    data, steps, scopes, items, activities, units, factors, rules, kgs, *_ = zip(
        *lines, strict=True
    )
    spelled: dict[int, str] = {}
    for factor in factors:
        if id(factor) not in spelled:
            cells = (plain(factor.value), factor.name, factor.factor_set)
            spelled[id(factor)] = "|".join(cells)
    columns = (
        map(" ".join, data),
        steps,
        scopes,
        items,
        all_plain(activities),
        units,
        [spelled[id(factor)] for factor in factors],
        rules,
        all_plain(kgs),
    )
    return "\n" + "\n".join(map("|".join, zip(*columns, strict=True)))


def total_kg(lines: Iterable[Line]) -> Decimal:
    """The sum of some lines, in kg CO2e. Give one side of Scope 2 only."""
    return sum((line.kg for line in lines), Decimal(0))
