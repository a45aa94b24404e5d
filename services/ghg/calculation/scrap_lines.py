"""Scrap that goes into a melt, as lines (3.1): its burden by kind, method and regime. Pure.

Source: sources.md 4.8; the rules are in `scrap`. A lot whose kind nobody told is taken as the kind
that carries most, pre-consumer scrap of an unknown source, and doubted (R-04).

Under substitution scrap that leaves is credited what pre-consumer scrap that enters bears, tonne
for tonne, and as many tonnes as of such scrap came in: to the step that it leaves, or to one whose
metal goes on to it. So nothing is won by taking post-consumer scrap in at its collection and giving
it away as primary metal, nor by a clean smelter's scrap at the world's average. The first four
engines credited all that left (decision 0011).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from contracts.inventory import DataKind, Regime, Scope, Step
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.activity.items import Family
from services.ghg.factors.pinned import BEFORE_FIFTH
from services.ghg.factors.tables import KG_PER_T, Tables, own

from .flows import Flows, flows_of
from .lines import Applied, Line, line_of, product
from .melts import ONE, ZERO
from .scrap import Burden, Kind, Lot, Method, burden
from .working import Doubt

KINDS = frozenset(kind.value for kind in Kind)
NEVER_CREDITED = frozenset({Kind.POST_CONSUMER.value, Kind.INTERNAL.value})
"""Scrap that leaves as what bears nothing of its metal when it enters."""
LEFT_BY = (Step.REMELTING, Step.CASTING, Step.SEMI_FABRICATION)
"""Steps that scrap leaves, those whose metal goes on to others first."""
ByFamily = Mapping[Family, Sequence[Datum]]


def scrap_lines(
    data: ByFamily, inventory: Inventory, regime: Regime, method: Method, table: Tables
) -> list[Line]:
    """A line for each lot, in t; under substitution also one for each lot that leaves, in the
    tonnes of it that are credited."""
    earlier = table.pinned.engine in BEFORE_FIFTH
    lots = [_lot(datum) for datum in data[Family.SCRAP]]
    pairs = list(zip(data[Family.SCRAP], lots, strict=True))
    lines = [_line(datum, lot, regime, method, table) for datum, lot in pairs]
    if method is not Method.SUBSTITUTION:
        return lines
    out = [one for one in data[Family.OUTPUT] if one.item == "output.scrap"]
    if earlier:
        return lines + [_credit(datum, datum.quantity, CREDIT, table) for datum in out]
    came: dict[Step, Decimal] = {}
    for datum, lot in pairs:
        if lot.bought and lot.kind is not Kind.POST_CONSUMER:
            came[datum.step] = came.get(datum.step, ZERO) + datum.quantity
    parts = _credited(out, came, flows_of(inventory, table.pinned.engine)) if out else {}
    return lines + [
        _credit(datum, datum.quantity * _part(datum, parts), CREDIT_OF_PRE, table) for datum in out
    ]


CREDIT = "scrap, substitution: credited what a tonne of scrap in bears"
CREDIT_OF_PRE = f"{CREDIT}, as far as pre-consumer scrap came in"


def _lot(datum: Datum) -> Lot:
    kind = Kind(datum.scrap_kind) if datum.scrap_kind in KINDS else Kind.PRE_CONSUMER
    per_t = None if datum.factor is None else datum.factor / KG_PER_T
    return Lot(
        lot_id=datum.datum_id,
        kind=kind,
        mass_t=datum.quantity,
        bought=kind not in (Kind.INTERNAL, Kind.DROSS)
        or bool(datum.supplier_id)
        or datum.factor is not None,
        source_factor=None if kind is Kind.POST_CONSUMER else per_t,
        collection_factor=per_t if kind is Kind.POST_CONSUMER else None,
    )


def _line(datum: Datum, lot: Lot, regime: Regime, method: Method, table: Tables) -> Line:
    doubts: tuple[Doubt, ...] = ()
    if datum.scrap_kind not in KINDS:
        sentence = (
            f"{datum.datum_id} is scrap of no kind: it was taken as pre-consumer scrap. Split it"
            " into pre-consumer and post-consumer scrap."
        )
        doubts = (Doubt("scrap_kind_missing", sentence, "sources.md 4.8, R-04"),)
    pinned = table.pinned
    earlier = pinned.engine in BEFORE_FIFTH
    found = burden(lot, method, regime, table.reference, pinned.policy, post_substituted=earlier)
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


def _credited(
    out: Sequence[Datum], came: Mapping[Step, Decimal], flows: Flows
) -> Mapping[Step, Decimal]:
    """The part of the scrap leaving each step that is credited. `came` are the tonnes of scrap that
    bears its metal, by the step that it went into; what is credited at one step is not there for
    another."""
    left, parts = dict(came), dict[Step, Decimal]()
    for step in LEFT_BY:
        out_t = sum((one.quantity for one in out if one.step is step and _may(one)), ZERO)
        if not out_t:
            continue
        carried = {**flows.shares(step), step: ONE}  # what leaves a step is carried as it is
        here_t = sum((left[one] * min(carried.get(one, ZERO), ONE) for one in left), ZERO)
        if out_t <= here_t:
            parts[step] = ONE
        elif here_t:
            parts[step] = here_t / out_t
        used = min(out_t / here_t, ONE) if here_t else ZERO
        left = {one: t * (ONE - used) if carried.get(one) else t for one, t in left.items()}
    return parts


def _may(datum: Datum) -> bool:
    return datum.scrap_kind not in NEVER_CREDITED


def _part(datum: Datum, parts: Mapping[Step, Decimal]) -> Decimal:
    return parts.get(datum.step, ZERO) if _may(datum) else ZERO


def _credit(datum: Datum, credited_t: Decimal, rule: str, table: Tables) -> Line:
    per_t = table.reference.substituted * KG_PER_T
    factor = table.bought["bought.primary_metal"]._replace(value=-per_t, name="scrap.credit")
    kg = ZERO - credited_t * per_t
    kind = DataKind.DEFAULT
    return line_of(datum, Scope.PURCHASED, "t", credited_t, factor, rule, kg, kind)
