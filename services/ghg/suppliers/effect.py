"""What a supplier's answer would change: which inputs to ask about, and the new data. Pure.

`shares` ranks what is bought by its part of the footprint, `proposal` puts an answer in the place
of a default, `difference` shows what that does, datum by datum. Nothing is stored here: the
facility submits the proposal as a new version of its data, or does not. Source: sources.md 4.10,
R-01.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.ghg_claims import DatumAnswered
from contracts.inventory import DataKind, Scope
from infra.errors import Refused
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.activity.items import ITEMS, Family
from services.ghg.calculation.lines import Line, Result
from services.ghg.calculation.scrap import Kind
from services.ghg.calculation.working import PERCENT
from services.ghg.plans.rows import DatumRequestRow

from .commands import InputShare

ZERO = Decimal(0)
KINDS = frozenset(kind.value for kind in Kind)
ASKED_FOR = frozenset({Family.BOUGHT, Family.SCRAP})


class Bought(NamedTuple):
    """An input of a supplier (empty: nobody said of whom), with its share. `scrap_kind` is empty of
    what is no scrap. `primary` says that the supplier's own factor stands there already."""

    item: str
    supplier_id: str
    scrap_kind: str
    share: InputShare
    primary: bool


class ChangedDatum(NamedTuple):
    """A datum before and after: factor in kg CO2e per unit, kind, and what it gives off."""

    datum_id: str
    quantity: Decimal
    unit: str
    old_factor: Decimal
    new_factor: Decimal
    old_kind: DataKind
    new_kind: DataKind
    old_kg: Decimal
    new_kg: Decimal


class Difference(NamedTuple):
    """What an answer makes: by datum, in all, and in per cent of the footprint before."""

    data: tuple[ChangedDatum, ...]
    old_kg: Decimal
    new_kg: Decimal
    total_kg: Decimal

    @property
    def change_kg(self) -> Decimal:
        """More (above zero) or less than before."""
        return self.new_kg - self.old_kg

    @property
    def change_percent(self) -> Decimal:
        """The change in per cent of the footprint before."""
        return self.change_kg * PERCENT / self.total_kg if self.total_kg else ZERO


def shares(result: Result, data_version: int) -> tuple[Bought, ...]:
    """All that is bought, by item, supplier and kind of scrap, the largest share first. What is
    called a factor is the mean over its data, weighed by mass."""
    total, found = footprint_kg(result.lines), _by_input(result)
    every = [
        Bought(
            item=item,
            supplier_id=supplier_id,
            scrap_kind=kind,
            share=_share(lines, total, data_version, [kind]),
            primary=all(line.factor.primary for line in lines),
        )
        for (item, supplier_id, kind), lines in found.items()
    ]
    return tuple(
        sorted(every, key=lambda one: (-one.share.kg, one.item, one.supplier_id, one.scrap_kind))
    )


def share_of(
    result: Result,
    data_version: int,
    item: str,
    supplier_id: str,
    scrap_kind: str | None = None,
) -> InputShare | None:
    """The share of one input, by item, supplier and kind of scrap (None: all kinds together); None
    where it is not bought of that supplier."""
    found = {
        kind: lines
        for (of, supplier, kind), lines in _by_input(result).items()
        if (of, supplier) == (item, supplier_id) and scrap_kind in (None, kind)
    }
    if not found:
        return None
    every = [line for lines in found.values() for line in lines]
    return _share(every, footprint_kg(result.lines), data_version, sorted(found))


def _by_input(result: Result) -> Mapping[tuple[str, str, str], list[Line]]:
    """The lines of all that is bought, by item, supplier and kind of scrap."""
    of = {one.datum_id: (one.supplier_id, one.scrap_kind) for one in result.inventory.data}
    found: dict[tuple[str, str, str], list[Line]] = {}
    for line in _bought(result.lines):
        supplier_id, kind = of.get(line.data[0], ("", ""))
        found.setdefault((line.item, supplier_id, kind), []).append(line)
    return found


def proposal(inventory: Inventory, answer: DatumAnswered) -> Inventory:
    """The inventory with the answer in all data of that item, supplier and kind of scrap; others as
    they are. What was told of the factor before, its warming potentials and its reference, is not
    told of the new one (R-17, R-18).

    Refused `scrap-kind-not-said`: the answer is to a request of an earlier build, which asked about
    scrap of no kind, and the supplier delivers several.
    """
    alike = [
        one
        for one in inventory.data
        if (one.item, one.supplier_id) == (answer.item, answer.supplier_id)
    ]
    kinds = {one.scrap_kind for one in alike}
    if answer.scrap_kind is None and len(kinds) > 1:
        raise Refused(
            "scrap-kind-not-said",
            f"request {answer.request_id} did not say which kind of scrap it asks about, and"
            f" {answer.supplier_id} delivers {' and '.join(sorted(kinds))}: its answer is not for"
            " all of them. Ask again, in a request for each kind.",
            request_id=answer.request_id,
            scrap_kinds=kinds,
        )
    meant = {one.datum_id for one in alike if answer.scrap_kind in (None, one.scrap_kind)}
    data = tuple(
        datum._replace(
            factor=answer.factor,
            kind=answer.kind,
            factor_source=answer.source,
            factor_gwp_set=answer.factor_gwp_set or "",
            evidence=answer.evidence_ref or _kept_evidence(datum),
            data_year=answer.data_year,
        )
        if datum.datum_id in meant
        else datum
        for datum in inventory.data
    )
    return inventory._replace(data=data)


def _kept_evidence(datum: Datum) -> str:
    """The reference that stays where an answer has none: of scrap it proves where the lot is from
    (R-05); else it was the factor's, and proves nothing of another."""
    return datum.evidence if ITEMS[datum.item].family is Family.SCRAP else ""


def difference(before: Result, after: Result) -> Difference:
    """What changed between two results of one inventory, before and after an answer."""
    new = {line.data: line for line in _bought(after.lines)}
    pairs = [(line, new[line.data]) for line in _bought(before.lines) if line.data in new]
    changed = tuple(
        ChangedDatum(
            datum_id=one.data[0],
            quantity=one.activity,
            unit=one.unit,
            old_factor=one.factor.value,
            new_factor=other.factor.value,
            old_kind=one.kind,
            new_kind=other.kind,
            old_kg=one.kg,
            new_kg=other.kg,
        )
        for one, other in pairs
        if (one.factor, one.kind) != (other.factor, other.kind)
    )
    return Difference(
        data=changed,
        old_kg=sum((one.old_kg for one in changed), ZERO),
        new_kg=sum((one.new_kg for one in changed), ZERO),
        total_kg=footprint_kg(before.lines),
    )


def ranked(requests: Iterable[DatumRequestRow]) -> Sequence[DatumRequestRow]:
    """Open requests, the largest share of the footprint first."""
    still = [one for one in requests if one.state in ("open", "declined")]
    return sorted(still, key=lambda one: (-Decimal(one.share_percent), one.request_id))


def states(requests: Iterable[DatumRequestRow]) -> Mapping[tuple[str, str, str], str]:
    """How the latest request stands of each item, supplier and kind of scrap (empty: none said)."""
    return {(one.item, one.supplier_id, one.scrap_kind or ""): one.state for one in requests}


def footprint_kg(lines: Iterable[Line]) -> Decimal:
    """All that is given off, power as it was bought."""
    return sum((line.kg for line in lines if line.scope is not Scope.POWER_LOCATION), ZERO)


def _bought(lines: Iterable[Line]) -> Iterable[Line]:
    return (
        line
        for line in lines
        if line.scope is Scope.PURCHASED and ITEMS[line.item].family in ASKED_FOR
    )


def _share(
    lines: Sequence[Line], total: Decimal, data_version: int, kinds_of_scrap: Iterable[str]
) -> InputShare:
    kg = sum((line.kg for line in lines), ZERO)
    mass = sum((line.activity for line in lines), ZERO)
    kinds = {line.kind for line in lines}
    return InputShare(
        data=tuple(dict.fromkeys(name for line in lines for name in line.data)),
        unit=lines[0].unit,
        factor=kg / mass if mass else lines[0].factor.value,
        factor_kind=max(kinds, key=list(DataKind).index),
        kg=kg,
        total_kg=total,
        data_version=data_version,
        scrap_kinds=tuple(Kind(one) for one in kinds_of_scrap if one in KINDS),
    )
