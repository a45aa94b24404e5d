"""R-06 to R-08, R-24: what lies before the gate is counted, what is left out is little. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from contracts.inventory import Scope, Step
from services.ghg.activity.inventory import Datum
from services.ghg.activity.items import ITEMS, Family
from services.ghg.calculation.cells import made
from services.ghg.calculation.scrap import Kind
from services.ghg.calculation.supplies import supplies_of
from services.ghg.calculation.working import PERCENT

from .context import Context, Fault, listed, shown
from .survey import Survey

ZERO = Decimal(0)
OWN_SCRAP = frozenset({Kind.INTERNAL, Kind.DROSS})
Purchase = tuple[str, str]
"""An item that was bought, and its supplier; empty where none is named."""


def transport_missing(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-06: a bulk input from outside that nothing carried, at no emission, or hardly any way. A
    leg counts for the supplier of its load that it names, and for all where it names none or its
    carrier."""
    if not _counts_upstream(context):
        return
    items = context.policy.words("finding.bulk_items")
    bulk = [
        one
        for item in items
        for one in seen.data(item)
        if one.quantity > 0 and one.scrap_kind not in OWN_SCRAP
    ]
    moved = _moved(items, seen)
    ways = {one: _way(one, moved) for one in dict.fromkeys(map(_purchase, bulk))}
    missing = [one for one in bulk if ways[_purchase(one)] is None]
    if missing:
        titles = listed(ITEMS[one.item].title for one in missing)
        sentence = (
            f"Upstream transport missing (Mine-to-Metal needs cat. 1, 3, 4): no leg that gives"
            f" anything off carries {titles}."
        )
        yield Fault(sentence, [one.datum_id for one in missing])
    yield from _hardly_moved(bulk, ways, context)


def _purchase(one: Datum) -> Purchase:
    return one.item, one.supplier_id


def _moved(items: Sequence[str], seen: Survey) -> Mapping[str, Mapping[str, Decimal]]:
    """The t*km of the legs that give something off, by load and supplier; by no supplier what
    counts for all of them."""
    sold = {_purchase(one) for item in items for one in seen.data(item)}
    found: dict[str, dict[str, Decimal]] = {}
    for leg in seen.family(Family.TRANSPORT):
        if leg.datum_id in seen.moved:
            whose = leg.supplier_id if (leg.of, leg.supplier_id) in sold else ""
            by_supplier = found.setdefault(leg.of, {})
            by_supplier[whose] = by_supplier.get(whose, ZERO) + leg.quantity
    return found


def _way(purchase: Purchase, moved: Mapping[str, Mapping[str, Decimal]]) -> Decimal | None:
    """The t*km of the legs that count for a purchase, None where none do: its supplier's and those
    of all, or every leg of its item where it names no supplier."""
    item, supplier_id = purchase
    by_supplier = moved.get(item, {})
    names = {supplier_id, ""} if supplier_id else by_supplier.keys()
    legs = [by_supplier[name] for name in names if name in by_supplier]
    return sum(legs, ZERO) if legs else None


def _hardly_moved(
    bulk: Sequence[Datum], ways: Mapping[Purchase, Decimal | None], context: Context
) -> Iterator[Fault]:
    """Legs that carry a purchase less than anything from outside comes are as good as none: a way
    in kilometres alone, one ship of many, thousands that were dropped."""
    least = context.policy.decimal("finding.transport_km.low")
    tonnes: dict[Purchase, Decimal] = {}
    for one in bulk:
        tonnes[_purchase(one)] = tonnes.get(_purchase(one), ZERO) + one.quantity
    hardly = {
        one for one, t in tonnes.items() if (way := ways[one]) is not None and way < t * least
    }
    short = [one for one in bulk if _purchase(one) in hardly]
    if short:
        titles = listed(ITEMS[one.item].title for one in short)
        sentence = (
            "Upstream transport next to nothing (Mine-to-Metal needs cat. 1, 3, 4): the legs of"
            f" {titles} make less than {shown(least)} km a tonne. Give all of them, in tonnes times"
            " kilometres."
        )
        yield Fault(sentence, [one.datum_id for one in short])


def transport_unusual(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-07: a share of transport that similar sites do not have. It asks, it does not judge."""
    carried = seen.by_scope[Scope.TRANSPORT]
    if carried <= 0 or seen.total_kg <= 0:
        return
    share = carried * PERCENT / seen.total_kg
    if context.similar_transport is not None:
        low, high = context.similar_transport
        whose = "similar sites"
    else:
        low = context.policy.decimal("finding.transport_percent.low")
        high = context.policy.decimal("finding.transport_percent.high")
        whose = "what is usual"
    if not low <= share <= high:
        sentence = (
            f"Transport is {shown(share)} % of the emissions, outside {whose}"
            f" ({shown(low)} to {shown(high)} %): are all legs there, and their distances right?"
        )
        yield Fault(sentence)


def category_missing(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-08: nothing purchased, or nothing upstream of fuels and power, in an inventory that must
    have some: every step but mining buys, whoever uses energy has its upstream, and cells that
    made metal used power, which is not less than cells can do with, alumina and carbon."""
    if not _counts_upstream(context):
        return
    outputs, engine = list(seen.family(Family.OUTPUT)), context.result.engine
    cells = made(outputs, context.inventory, engine, [])
    metal_t = sum((one.quantity for one in cells), ZERO)
    missing: list[str] = []
    nothing_bought = (
        seen.by_scope[Scope.PURCHASED] == 0
        and any(one.step is not Step.BAUXITE_MINING for one in context.inventory.data)
        and not _old_scrap_alone(seen)
    )
    if nothing_bought:
        missing.append("category 1 (purchased goods)")
    if seen.by_scope[Scope.FUEL_AND_POWER] == 0 and (metal_t or _uses_energy(seen)):
        missing.append("category 3 (fuels and power)")
    if missing:
        sentence = f"Scope 3 {' and '.join(missing)} missing (Mine-to-Metal needs cat. 1, 3, 4)."
        yield Fault(sentence)
    yield from _power_of_cells(cells, metal_t, context, seen)
    if not nothing_bought:
        yield from _left_out(context, seen)


def _left_out(context: Context, seen: Survey) -> Iterator[Fault]:
    """Part of category 1 missing: what was made has needed something that nothing tells of."""
    made_by = context.result
    for one in supplies_of(context.inventory, seen.by_item, made_by.engine, made_by.melt_loss):
        if not one.told:
            sentence = (
                f"{shown(one.made_t)} t of {one.product} were made, and of {one.title} for it"
                " nothing is told, neither bought nor made here: what it gave off (scope 3"
                " category 1, or this site's own) is missing."
            )
            yield Fault(sentence, one.data)


def _old_scrap_alone(seen: Survey) -> bool:
    """Whether all that came from outside is post-consumer scrap: it enters with its collection
    alone, which may be nothing."""
    scrap = [
        one
        for one in seen.family(Family.SCRAP)
        if one.quantity > 0 and one.scrap_kind not in OWN_SCRAP
    ]
    bought = any(one.quantity > 0 for one in seen.family(Family.BOUGHT))
    old = all(one.scrap_kind == Kind.POST_CONSUMER for one in scrap)
    return bool(scrap) and old and not bought


def _power_of_cells(
    cells: Sequence[Datum], metal_t: Decimal, context: Context, seen: Survey
) -> Iterator[Fault]:
    """Power that is left out takes with it all of Scope 2, or what an own plant burns, and its
    part of category 3."""
    least = context.policy.decimal("finding.cell_power_kwh_per_t.low")
    supplies = [one for one in seen.family(Family.POWER) if one.quantity > 0]
    told = sum((one.quantity for one in supplies), ZERO)
    if told >= metal_t * least:
        return
    said = f"only {shown(told / metal_t)} kWh" if told else "no power"
    sentence = (
        f"Cells made {shown(metal_t)} t of metal, and {said} per t is given for them, where none"
        f" do with less than {shown(least)} kWh: what the power gave off (scopes 1 and 2) and scope"
        " 3 category 3 of it are missing. Give all power, that of an own plant too."
    )
    yield Fault(sentence, [one.datum_id for one in (*supplies, *cells)])


def cut_off(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-24: a cut-off that the regime's rule does not allow, by itself or with the others."""
    refused = [one for one in context.cut_offs if not one.allowed]
    for reason in dict.fromkeys(one.reason for one in refused):
        alike = [one for one in refused if one.reason == reason]
        whats = listed(f"{one.what} ({shown(one.percent)} %)" for one in alike)
        sentence = f"Not to be left out, since {reason}: {whats}."
        yield Fault(sentence, [name for one in alike for name in one.data])


def _counts_upstream(context: Context) -> bool:
    return context.regime in context.policy.words("finding.upstream_regimes")


def _uses_energy(seen: Survey) -> bool:
    used = (*seen.family(Family.FUEL), *seen.family(Family.POWER))
    return any(one.quantity > 0 for one in used)
