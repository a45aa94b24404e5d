"""Scrap that goes into a melt, as lines (3.1): its burden by kind, method and regime. Pure.

Source: sources.md 4.8; the rules are in `scrap`. A lot whose kind nobody told is taken as the kind
that carries most, pre-consumer scrap of an unknown source, and doubted (R-04). Under substitution,
scrap that leaves is credited what scrap that enters bears.
"""

from collections.abc import Mapping, Sequence

from contracts.inventory import DataKind, Regime, Scope
from services.ghg.activity.inventory import Datum
from services.ghg.activity.items import Family
from services.ghg.factors.tables import KG_PER_T, Tables, own

from .lines import Applied, Line, product
from .scrap import Burden, Kind, Lot, Method, burden
from .working import Doubt

KINDS = frozenset(kind.value for kind in Kind)


def scrap_lines(
    data: Mapping[Family, Sequence[Datum]], regime: Regime, method: Method, table: Tables
) -> list[Line]:
    """A line for each lot, in t; under substitution also one for each lot that leaves."""
    lines = [_line(datum, regime, method, table) for datum in data[Family.SCRAP]]
    if method is Method.SUBSTITUTION:
        leaving = [one for one in data[Family.OUTPUT] if one.item == "output.scrap"]
        lines += [_credit(datum, table) for datum in leaving]
    return lines


def _line(datum: Datum, regime: Regime, method: Method, table: Tables) -> Line:
    doubts: tuple[Doubt, ...] = ()
    kind = Kind.PRE_CONSUMER
    if datum.scrap_kind in KINDS:
        kind = Kind(datum.scrap_kind)
    else:
        sentence = (
            f"{datum.datum_id} is scrap of no kind: it was taken as pre-consumer scrap. Split it"
            " into pre-consumer and post-consumer scrap."
        )
        doubts = (Doubt("scrap_kind_missing", sentence, "sources.md 4.8, R-04"),)
    per_t = None if datum.factor is None else datum.factor / KG_PER_T
    lot = Lot(
        lot_id=datum.datum_id,
        kind=kind,
        mass_t=datum.quantity,
        bought=kind not in (Kind.INTERNAL, Kind.DROSS)
        or bool(datum.supplier_id)
        or datum.factor is not None,
        source_factor=None if kind is Kind.POST_CONSUMER else per_t,
        collection_factor=per_t if kind is Kind.POST_CONSUMER else None,
    )
    found = burden(lot, method, regime, table.reference, table.pinned.policy)
    factor = _applied(found, datum, table)
    taken = factor.primary or factor.value == 0
    return product(
        datum,
        Scope.PURCHASED,
        "t",
        factor,
        f"scrap, {found.kind}, {method}: {found.rule}",
        datum.kind if taken else DataKind.DEFAULT,
        doubts=(*doubts, *found.doubts),
    )


def _applied(found: Burden, datum: Datum, table: Tables) -> Applied:
    """The burden per tonne: the facility's own, nothing by rule, or what stands in for it."""
    value = found.factor * KG_PER_T
    if datum.factor is not None and value == datum.factor:
        return own(datum)
    name = f"scrap.{found.kind}.{found.method}"
    if value == 0:
        return Applied(value, "kg CO2e/t", name, "rule", "derived", "sources.md 4.8", True)
    reference = table.bought["bought.primary_metal"]
    return reference._replace(value=value, name=name)


def _credit(datum: Datum, table: Tables) -> Line:
    reference = table.reference
    per_t = (reference.primary - reference.recycling) * reference.melt_yield * KG_PER_T
    factor = table.bought["bought.primary_metal"]._replace(value=-per_t, name="scrap.credit")
    rule = "scrap, substitution: credited what a tonne of scrap in bears"
    return product(datum, Scope.PURCHASED, "t", factor, rule, DataKind.DEFAULT)
